"""corechat chat: one question, one answer; errors as one line and an exit code."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from corechat import __version__
from corechat._cli.chat import chat
from corechat.transport import HttpResponse
from tests.cli.support import BOUND, run, run_on_terminal, run_process
from tests.core.support import KEY, answer, completion, serve

STEERING = "before\x1b[2J\x1b]0;title\x07\x9b31m\u202eafter\ttab\nline"


def ask(*args: str, turn: HttpResponse | None = None, **options: Any) -> tuple[Any, Any]:
    """Run the command against a server: what came of it, and what the server received."""
    with serve(turn or answer()) as server:
        result = run("chat", "--base-url", f"{server.url}/v1", *args, **options)
        return result, [json.loads(request.body) for request in server.received]


def test_the_answer_is_printed_and_nothing_else() -> None:
    result, sent = ask("Say hello.")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "Hello!\n", "")
    assert sent == [{"messages": [{"role": "user", "content": "Say hello."}]}]


@pytest.mark.parametrize("args", [[], ["-"]])
def test_the_prompt_may_come_from_standard_input(args: list[str]) -> None:
    result, sent = ask(*args, stdin="Grüße\nfrom a pipe\n")
    assert result.exit_code == 0
    assert sent[0]["messages"][0]["content"] == "Grüße\nfrom a pipe"


@pytest.mark.parametrize("ending", ["\n", "\r\n", ""])
def test_a_pipe_goes_before_the_prompt_and_loses_one_final_newline(ending: str) -> None:
    _, sent = ask("Sum it up.", stdin=f"One.\n\nTwo.\n{ending}")
    text = "One.\n\nTwo.\n" if ending else "One.\n\nTwo."
    assert sent[0]["messages"][0]["content"] == f"{text}\nSum it up."


def test_a_schema_makes_the_answer_the_json_that_fits_it(tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    properties = {"city": {"type": "string"}}
    file.write_text(json.dumps({"type": "object", "properties": properties}), encoding="utf-8")
    turn = answer(completion(choices=[{"message": {"content": '{"city": "Ulm"}'}}]))
    result, sent = ask("Where?", "--schema", str(file), turn=turn)
    assert (result.exit_code, result.stdout) == (0, '{"city":"Ulm"}\n')
    assert sent[0]["response_format"]["json_schema"]["schema"]["properties"] == properties
    turn = answer(completion(choices=[{"message": {"content": '{"city": 5}'}}]))
    result, _ = ask("Where?", "--schema", str(file), turn=turn)
    assert result.exit_code == 1
    assert "city" in result.stderr


@pytest.mark.parametrize(
    ("text", "words"), [(None, "No such file"), ("{", "not JSON"), ("[]", "not a JSON object")]
)
def test_a_schema_that_cannot_be_read_is_wrong_usage(
    tmp_path: Path, text: str | None, words: str
) -> None:
    file = tmp_path / "schema.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    result, sent = ask("Where?", "--schema", str(file))
    assert (result.exit_code, sent) == (2, [])
    assert words in result.stderr


def test_a_call_may_be_recorded_and_is_then_answered_offline(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    first, sent = ask("Hi", "--record", str(file))
    assert (first.exit_code, len(sent)) == (0, 1)
    again = run("chat", "Hi", "--cassette", str(file))
    assert (again.exit_code, again.stdout) == (0, "Hello!\n")


def test_a_missing_model_is_told_in_the_commands_words() -> None:
    result = run("chat", "Hi", env={"GROQ_API_KEY": KEY})
    assert result.exit_code == 2
    assert "Name a model: --model NAME, or set CORECHAT_MODEL." in result.stderr


def test_a_shell_completes_commands_options_and_names() -> None:
    for words, found in (("corechat ch", b"chat"), ("corechat chat --provider gr", b"groq")):
        env = {"_CORECHAT_COMPLETE": "bash_complete", "COMP_WORDS": words}
        done = run_process(env={**env, "COMP_CWORD": str(words.count(" "))})
        assert found in done.stdout


def test_python_runs_the_package_as_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "corechat", "--version"],
        capture_output=True,
        timeout=BOUND,
        check=True,
    )
    assert __version__.encode() in done.stdout


def test_a_warning_is_one_line() -> None:
    with serve(answer()) as server:
        asked = ["chat", "Hi", "--base-url", f"{server.url}/v1", "--reasoning-effort", "hgih"]
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "corechat", *asked],
            capture_output=True,
            input=b"",
            timeout=BOUND,
            check=True,
        )
    told = b"corechat: reasoning_effort: 'hgih': did you mean 'high'? It is sent as it is.\n"
    assert (done.stdout, done.stderr) == (b"Hello!\n", told)


def test_every_option_arrives() -> None:
    options = (
        "--system Be.brief --model m --temperature 0.5 --top-p 0.9 --max-tokens 7 --seed -3 "
        "--stop a --stop b --reasoning-effort low -p n=1 -p user=me "
        '-p metadata={"k":"v"} --param logprobs=true'
    )
    _, sent = ask("Hi", *options.split())
    assert sent == [
        {
            "messages": [
                {"role": "system", "content": "Be.brief"},
                {"role": "user", "content": "Hi"},
            ],
            "model": "m",
            "temperature": 0.5,
            "top_p": 0.9,
            "max_completion_tokens": 7,
            "seed": -3,
            "stop": ["a", "b"],
            "reasoning_effort": "low",
            "n": 1,
            "user": "me",
            "metadata": {"k": "v"},
            "logprobs": True,
        }
    ]


def test_the_model_may_come_from_the_environment() -> None:
    _, sent = ask("Hi", env={"CORECHAT_MODEL": "from-env"})
    assert sent[0]["model"] == "from-env"


def test_json_is_the_servers_own() -> None:
    body = completion("é \u2028", brand_new={"a": [1.0, None]})
    result, _ = ask("Hi", "--json", turn=answer(body))
    assert json.loads(result.stdout) == body


def test_details_tell_prompt_answer_tokens_and_origin() -> None:
    result, _ = ask("Say hello.", "--details", turn=answer(headers={"x-request-id": "req_1"}))
    for word in ("Say hello.", "Hello!", "some-model", "3 prompt + 2 answer = 5", "stop", "req_1"):
        assert word in result.stdout
    assert "127.0.0.1" in result.stdout


@pytest.mark.parametrize(
    "odd",
    [
        {"usage": "none"},
        {"usage": {"total_tokens": "x"}},
        {"usage": None, "model": 5, "choices": [{"message": {"content": "a", "refusal": 5}}]},
        {"choices": [{"message": {"content": None, "refusal": {"a": 1}}}]},
        {"choices": [{"message": {"content": None, "refusal": "No."}}]},
        {"choices": [{"message": {"content": None}, "finish_reason": "length"}]},
        {"choices": [{"message": {"tool_calls": [{"function": {"name": "f"}}, None]}}]},
        {"choices": [{"message": {"tool_calls": [{"function": {"name": 5, "arguments": {}}}]}}]},
    ],
    ids=str,
)
@pytest.mark.parametrize("flag", ["--details", "--json", "--retries=0"])
def test_a_careless_server_does_not_break_the_command(odd: dict[str, Any], flag: str) -> None:
    result, _ = ask("Hi", flag, turn=answer(completion(**odd)))
    assert result.exit_code == 0, result.output
    assert result.stdout.strip()


def test_a_tool_call_or_a_refusal_is_shown_where_there_is_no_text() -> None:
    call = {"id": "1", "function": {"name": "f", "arguments": '{"a": 1}'}}
    asked, _ = ask("Hi", turn=answer({"choices": [{"message": {"tool_calls": [call]}}]}))
    assert asked.stdout == 'f({"a": 1})\n'
    refused, _ = ask("Hi", turn=answer({"choices": [{"message": {"refusal": "No."}}]}))
    assert refused.stdout == "No.\n"


@pytest.mark.parametrize(
    ("args", "stdin", "words"),
    [
        (["chat"], "", "empty"),
        (["chat", "  "], None, "empty"),
        (["chat", "Hi", "--nothing"], None, "nothing"),
        (["chat", "Hi", "--temperature", "hot"], None, "hot"),
        (["chat", "Hi", "-p", "n"], None, "NAME=JSON"),
        (["chat", "Hi", "--api-key", "x"], None, "--api-key"),
        (["chat"], b"\xff\xfe", "UTF-8"),
        (["nothing"], None, "nothing"),
    ],
    ids=str,
)
def test_wrong_usage_ends_with_2(args: list[str], stdin: str | bytes | None, words: str) -> None:
    result = run(*args, stdin=stdin)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["Hi"], "GROQ_API_KEY"),
        (["Hi", "--provider", "opnai"], "Did you mean 'openai'"),
        (["Hi", "--backend", "htpx", "--base-url", "http://127.0.0.1:1"], "Did you mean 'httpx'"),
        (["Hi", "--base-url", "http://example.com/v1"], "allow_insecure"),
        (["Hi", "--base-url", "http://127.0.0.1:1/v1", "--retries", "0"], "127.0.0.1"),
        (["Hi", "--base-url", "http://127.0.0.1:1/v1", "--temperature", "3"], "temperature"),
        (["Hi", "--base-url", "http://127.0.0.1:1/v1", "-p", "temprature=1"], "temperature"),
        (["Hi", "--base-url", "http://127.0.0.1:1/v1", "-p", "stream=true"], "does not stream"),
        (["Hi", "--base-url", "http://127.0.0.1:1/v1", "--timeout", "0"], "timeout"),
        (["Hi", "--cassette", "nowhere.yaml"], "nowhere.yaml"),
    ],
    ids=str,
)
def test_an_error_of_a_call_is_one_line_and_ends_with_1(args: list[str], words: str) -> None:
    result = run("chat", *args)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_a_servers_error_is_shown_clean_and_without_the_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    turn = answer({"error": {"message": f"\x1b[31mbad key {KEY}"}}, 401)
    result, _ = ask("Hi", "--provider", "openai", "-m", "m", turn=turn)
    assert result.exit_code == 1
    assert "bad key [api key]" in result.stderr
    assert "\x1b" not in result.output
    assert KEY not in result.output


def test_the_key_is_no_argument() -> None:
    names = {name for option in chat.params for name in option.opts} - {"--max-tokens"}
    assert not [name for name in names if "key" in name or "token" in name]
    assert "GROQ_API_KEY" in run("chat", "--help").stdout


def test_the_command_works_in_a_process_of_its_own() -> None:
    with serve(answer(completion(STEERING))) as server:
        url = f"{server.url}/v1"
        done = run_process("chat", "--base-url", url, stdin="Grüße".encode())
        bad = run_process("chat", "--base-url", url, stdin=b"\xff\xfe")
        nothing = run_process("chat", "--base-url", url)
        ascii_only = run_process("chat", "Hi", "--base-url", url, env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == f"{STEERING}\n".encode()  # a pipe gets the text as it is
    assert bad.returncode == nothing.returncode == 2
    assert b"Traceback" not in bad.stderr + nothing.stderr + ascii_only.stderr
    assert ascii_only.returncode == 0
    assert b"before" in ascii_only.stdout


def test_help_and_version_are_told() -> None:
    assert "Carry chat requests" in run("--help").stdout
    assert __version__ in run("--version").stdout


@pytest.mark.parametrize("flag", ["--retries=0", "--details", "--json"])
def test_what_could_steer_a_terminal_is_escaped_there(flag: str) -> None:
    turn = answer(completion(STEERING, model=STEERING), headers={"x-request-id": STEERING[:6]})
    with serve(turn) as server:
        code, written = run_on_terminal("chat", "Hi", "--base-url", f"{server.url}/v1", flag)
    text = written.decode()
    assert code == 0
    assert "before" in text
    assert "after" in text
    for evil in ("\x1b[2J", "\x1b]0;", "\x07", "\x9b", "\u202e"):
        assert evil not in text


def test_an_error_is_escaped_on_a_terminal_and_a_prompt_is_asked_for() -> None:
    with serve(answer({"error": {"message": STEERING}}, 400)) as server:
        code, written = run_on_terminal("chat", "Hi", "--base-url", f"{server.url}/v1")
    assert code == 1
    assert b"\x1b[2J" not in written
    code, written = run_on_terminal("chat")
    assert code == 2
    assert b"PROMPT" in written


def test_the_log_goes_to_standard_error() -> None:
    with serve(answer(b"", 503, {"retry-after": "0"}), answer()) as server:
        done = run_process("--log", "chat", "Hi", "--base-url", f"{server.url}/v1")
    assert done.stdout == b"Hello!\n"
    assert b"attempt 1" in done.stderr
    assert b"attempt 2" in done.stderr


@pytest.mark.parametrize("option", ["--cassette", "--record"])
def test_a_prompt_that_was_not_recorded_is_told_how_to_record_it(option: str) -> None:
    hello = str(Path(__file__).parents[2] / "cassettes" / "hello.json")
    result = run("chat", "Hi there", option, hello, "--model", "SmolLM2-135M-Instruct")
    assert result.exit_code == 1
    assert "Hi there" in result.stderr
    assert "--record FILE" in result.stderr
