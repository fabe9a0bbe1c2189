"""LlamaServer: llama.cpp's own HTTP server on loopback, in a process of its own."""

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Self

RUNNER = Path(__file__).with_name("llama_runner.py")
START_SECONDS = 60.0
STOP_SECONDS = 10.0


class LlamaServer:
    """Run llama.cpp's server on 127.0.0.1 until closed; it ends by itself if this process dies.

    Args:
        model_path: a GGUF file.
        api_key: the one key that the server accepts; "" for a server that asks for none.
        n_parallel: how many requests are answered at once; the others wait.
        n_ctx: the most tokens of one request, prompt and answer together.
        port: the port, 0 for a free one.
        alias: the model's name in the answers.
        chat_template: a Jinja template in place of the model's own, "" for that one.
        temperature: of requests that give none.

    Attributes:
        base_url: what a client takes, for example ``http://127.0.0.1:40001/v1``.
        api_key: the key that it accepts, or "".
        pid: the server's process.

    Raises:
        RuntimeError: the server did not become healthy; the message ends with what it said.
    """

    def __init__(  # noqa: PLR0913 - one each of the server's own settings
        self,
        model_path: Path,
        *,
        api_key: str = "",
        n_parallel: int = 4,
        n_ctx: int = 4096,
        port: int = 0,
        alias: str = "tiny",
        chat_template: str = "",
        temperature: float = 0.8,
    ) -> None:
        settings = {
            "model_path": str(model_path),
            "api_key": api_key,
            "n_parallel": n_parallel,
            "n_ctx": n_ctx,
            "port": port,
            "alias": alias,
            "chat_template": chat_template,
            "temperature": temperature,
        }
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        self._process = subprocess.Popen(  # noqa: S603 - our own runner
            [sys.executable, str(RUNNER), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
        )
        self.api_key = api_key
        self.pid = self._process.pid
        try:
            address = self._read_address()
            self.base_url = f"{address}/v1"
            self._wait_until_healthy(f"{address}/health")
        except BaseException:
            self.close()
            raise

    def _read_address(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()  # ends: the runner prints it, or dies
        if not line:
            self._process.wait(STOP_SECONDS)
            self._stderr.seek(0)
            said = self._stderr.read()[-2000:].decode(errors="replace")
            raise RuntimeError(f"llama.cpp's server did not start: {said}")
        return line.decode().strip()

    def _wait_until_healthy(self, url: str) -> None:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - loopback
                    if response.status == 200:
                        return
            except OSError as error:
                if time.monotonic() > until:
                    raise RuntimeError(f"llama.cpp's server is not healthy: {error}") from None
            time.sleep(0.05)

    def close(self) -> None:
        """Stop the server. May be called more than once."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
        self._process.stdout.close()
        self._stderr.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
