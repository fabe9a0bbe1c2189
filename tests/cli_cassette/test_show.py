import base64
import gzip
import json
from pathlib import Path
from typing import Any

from tests.cassettes.support import URL, chat, completion, interaction, write
from tests.cli_cassette.support import run

ROOT = Path(__file__).resolve().parents[2]


def test_a_transcript_tells_prompts_answers_tool_calls_tokens_and_time() -> None:
    shown = run("show", ROOT / "cassettes" / "tools.json").stdout
    for words in (
        "What's the weather like in Berlin today?",
        '→ get_weather({"city": "Berlin"})',
        "temperature 0",
        "tools get_weather",
        "= 183 tokens",
        "tool_calls",
        "1.964 s",
        "2 interactions",
    ):
        assert words in shown, words


def test_errors_are_shown_with_status_and_message() -> None:
    shown = run("show", ROOT / "cassettes" / "errors.json").stdout
    assert "→ 400 Bad Request" in shown
    assert "error\tField 'n'" in shown


def test_one_interaction_can_be_picked(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", *(interaction(chat(f"q{n}"), f"a{n}") for n in range(3)))
    shown = run("show", path, "-n", 2)
    assert shown.exit_code == 0
    assert "q1" in shown.stdout
    assert "q0" not in shown.stdout
    missing = run("show", path, "-n", 4)
    assert missing.exit_code == 1
    assert "There is no interaction 4" in missing.stderr


def test_what_could_steer_a_terminal_is_escaped(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", interaction(chat("\x1b[2J\u202e"), "\x1b]0;x\x07"))
    shown = run("show", path).stdout
    assert "\\x1b[2J" in shown
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "\u202e" not in shown


def test_markup_in_an_answer_is_text(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", interaction(chat("[bold]q[/bold]"), "[red]a[/nothing]"))
    shown = run("show", path).stdout
    assert "[bold]q[/bold]" in shown
    assert "[red]a[/nothing]" in shown


def test_parts_reasoning_refusals_and_several_choices_are_shown(tmp_path: Path) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    sent = {
        "model": "m",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Look"}, image]}],
        "response_format": {"type": "json_object"},
    }
    recorded = interaction(sent, "")
    answer = completion("first")
    answer["choices"][0]["message"]["reasoning"] = "because"
    answer["choices"].append({"index": 1, "message": {"role": "assistant", "refusal": "No."}})
    recorded["response"]["body"]["string"] = json.dumps(answer)
    recorded["response"]["headers"]["openai-processing-ms"] = ["1234"]
    recorded["response"]["headers"]["x-request-id"] = ["req_1"]
    shown = run("show", write(tmp_path / "a.json", recorded)).stdout
    for words in (
        "Look",
        "[image_url: ",
        "(reasoning) because",
        "assistant 0",
        "(refusal) No.",
        "response_format json_object",
        "1.234 s",
        "request id req_1",
    ):
        assert words in shown, words


def test_a_compressed_answer_and_another_api_are_shown(tmp_path: Path) -> None:
    recorded = interaction(chat("zipped?"), "")
    packed = base64.b64encode(gzip.compress(json.dumps(completion("unzipped")).encode()))
    recorded["response"]["body"] = {"base64_string": packed.decode()}
    recorded["response"]["headers"]["Content-Encoding"] = ["gzip"]
    other = interaction([], "", url="https://api.groq.com/openai/v1/models")
    other["request"] |= {"method": "GET", "body": ""}
    other["response"]["body"]["string"] = "<h1>no JSON</h1>"
    shown = run("show", write(tmp_path / "a.json", recorded, other)).stdout
    assert "unzipped" in shown
    assert "#2  GET https://api.groq.com/openai/v1/models → 200 OK" in shown
    assert "<h1>no JSON</h1>" in shown


def test_whatever_was_recorded_can_be_shown(tmp_path: Path) -> None:
    odd: list[dict[str, Any]] = [
        {"messages": "none", "tools": [1], "choices": 4},
        {"messages": [None, {"content": 5, "tool_calls": [None, {"function": 2}]}]},
        {"messages": [], "response_format": []},
    ]
    for number, body in enumerate(odd):
        recorded = interaction(body, "", url=URL)
        recorded["response"]["body"]["string"] = json.dumps({**body, "error": body, "usage": 3})
        path = write(tmp_path / f"{number}.json", recorded)
        assert run("show", path).exit_code == 0


def test_a_damaged_file_is_an_error_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"interactions": [')
    result = run("show", path)
    assert result.exit_code == 1
    assert f"The cassette '{path}' cannot be used" in result.stderr
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output


def test_every_cassette_of_the_corpus_can_be_shown(corpus_dir: Path) -> None:
    for path in sorted((corpus_dir / "yaml").iterdir()):
        result = run("show", path)
        assert result.exit_code == 0, path
        assert "tokens" in result.stdout or "error" in result.stdout, path
