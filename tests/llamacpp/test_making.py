"""What can be wrong when the backend llamacpp is made is said in one clear error, and quietly."""

import errno
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

import corechat
from corechat._cli.plugins import list_plugins
from corechat.errors import ConfigurationError, MissingDependencyError
from corechat.transport import TransportOptions
from corechat_llamacpp.factories import llamacpp
from tests.llamacpp.local import HELLO, ask, text

ROOT = Path(__file__).parents[2]


def test_the_model_must_be_named() -> None:
    with pytest.raises(ConfigurationError, match=r"model_path='model\.gguf'"):
        corechat.Client("llamacpp")


def test_an_unknown_option_is_refused_by_name(tiny_model_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="n_threds"):
        corechat.Client("llamacpp", model_path=tiny_model_path, n_threds=2)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=rf"nowhere\.gguf.*{os.strerror(errno.ENOENT)}"):
        llamacpp(TransportOptions(), model_path=tmp_path / "nowhere.gguf")


@pytest.mark.parametrize("wrong", [7, "a\0b"])
def test_a_path_that_is_none_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="model_path must"):
        llamacpp(TransportOptions(), model_path=wrong)


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=os.strerror(errno.EISDIR)):
        llamacpp(TransportOptions(), model_path=tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip file", b"GGU"])
def test_a_file_of_another_kind_is_no_model(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.bin"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"other\.bin.*is not a GGUF file"):
        llamacpp(TransportOptions(), model_path=path)


@pytest.mark.parametrize("size", [4, 24, 10_000, 500_000])
def test_a_damaged_file_is_named(
    tmp_path: Path, tiny_model_path: Path, size: int, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "damaged.gguf"
    path.write_bytes(tiny_model_path.read_bytes()[:size])
    with pytest.raises(ConfigurationError, match=r"cannot load the model '.*damaged\.gguf'"):
        llamacpp(TransportOptions(), model_path=path)
    assert capfd.readouterr() == ("", "")


def test_a_wrong_chat_template_is_refused(tiny_model_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="chat_template"):
        llamacpp(TransportOptions(), model_path=tiny_model_path, chat_template="{% if %}")


def test_a_chat_template_replaces_the_one_in_the_file(tiny_model_path: Path) -> None:
    template = "<|user|>{{ messages[-1].content }}<|end|>["
    transport = llamacpp(
        TransportOptions(), model_path=str(tiny_model_path), chat_template=template
    )
    assert text(ask(transport, HELLO)) == "]"
    transport.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_ctx": 0},
        {"n_ctx": 2.5},
        {"n_ctx": 2**30},
        {"n_parallel": 0},
        {"n_threads": True},
        {"seed": -1},
        {"seed": 2**32},
    ],
    ids=str,
)
def test_a_number_out_of_range_is_refused_by_name(
    tiny_model_path: Path, wrong: dict[str, Any]
) -> None:
    [name] = wrong
    with pytest.raises(ConfigurationError, match=f"{name} must be a whole number"):
        llamacpp(TransportOptions(), model_path=tiny_model_path, **wrong)


def test_nothing_is_left_behind_by_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "damaged.gguf").write_bytes(b"GGUF")
    with tempfile.TemporaryDirectory(prefix="t") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        with pytest.raises(ConfigurationError, match="cannot load"):
            llamacpp(TransportOptions(), model_path=tmp_path / "damaged.gguf")
        assert not list(Path(folder).iterdir())


def test_a_folder_with_too_long_a_name_for_a_socket_is_refused(
    tmp_path: Path, tiny_model_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 120)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with pytest.raises(ConfigurationError, match="Set TMPDIR"):
        llamacpp(TransportOptions(), model_path=tiny_model_path)


def test_without_xllamacpp_the_pip_line_is_given(
    tiny_model_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'corechat\[llamacpp\]'"):
        llamacpp(TransportOptions(), model_path=tiny_model_path)


def test_without_xllamacpp_a_client_and_the_list_of_plugins_say_so(
    tiny_model_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'corechat\[llamacpp\]'"):
        corechat.Client("llamacpp", model_path=tiny_model_path)
    (state,) = (row["state"] for row in list_plugins() if row["name"] == "llamacpp")
    assert state.startswith("not usable: The backend 'llamacpp' needs the library xllamacpp")


def test_an_xllamacpp_that_does_not_load_is_told_apart(
    tiny_model_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "xllamacpp.py").write_text("raise ImportError('libomp.so: cannot open')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "xllamacpp", raising=False)
    with pytest.raises(MissingDependencyError, match=r"does not load here: libomp\.so"):
        llamacpp(TransportOptions(), model_path=tiny_model_path)


def test_registering_does_not_import_xllamacpp() -> None:
    code = (
        "import sys; from corechat.plugins._named import find_backend; find_backend('llamacpp');"
        "assert 'xllamacpp' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)  # noqa: S603


def test_it_prints_nothing(tiny_model_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    transport = llamacpp(TransportOptions(), model_path=tiny_model_path)
    nonsense = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "no"}}}
    for body in (HELLO, {}, {**HELLO, "n": 99}, {**HELLO, "response_format": nonsense}):
        ask(transport, body)
    transport.close()
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs Linux's /proc")
def test_it_opens_no_port(tiny_model_path: Path) -> None:
    transport = llamacpp(TransportOptions(), model_path=tiny_model_path)
    ask(transport, HELLO)
    listening = {
        line.split()[9]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        if Path(table).exists()
        for line in Path(table).read_text().splitlines()[1:]
        if line.split()[3] == "0A"  # LISTEN
    }
    ours: set[str] = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            ours.add(str(entry.readlink()))
        except OSError:  # the one that lists the folder
            continue
    assert not {f"socket:[{inode}]" for inode in listening} & ours
    transport.close()


def test_a_client_pickles_and_loads_the_model_where_it_lands(tiny_model_path: Path) -> None:
    with corechat.Client("llamacpp", model_path=tiny_model_path) as client:
        pickled = pickle.dumps(client)
    with pickle.loads(pickled) as again:  # noqa: S301 - our own
        assert again.complete(model="tiny", messages=HELLO["messages"]).text == "Hi!"
