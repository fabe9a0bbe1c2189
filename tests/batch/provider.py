"""A provider of batches, as the API reference of OpenAI and Groq describes one."""

import json
import re
from typing import Any

from corechat.testing._kit.connection import Connection, ReceivedRequest
from corechat.transport import HttpResponse
from tests.core.support import answer, on_the_wire

KEY = "sk-batch-0123456789abcdef"


class Provider:
    """Hold files and one batch, which goes on by a step each time it is looked at."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.batch: dict[str, Any] = {}
        self.polls = ["validating", "in_progress", "finalizing", "completed"]
        self.seen: list[ReceivedRequest] = []
        self.troubles: list[HttpResponse] = []
        self.url = ""

    def script(self, connection: Connection) -> None:
        """Answer the requests of a connection."""
        while True:
            request = connection.read_request()
            self.seen.append(request)
            trouble = self.troubles.pop(0) if self.troubles else None
            connection.send(on_the_wire(trouble or self.answer(request)))

    def answer(self, request: ReceivedRequest) -> HttpResponse:
        """Answer one request."""
        if request.values("authorization") != [f"Bearer {KEY}"]:
            return answer({"error": {"message": f"wrong key {KEY}"}}, 401)
        path = request.target.removeprefix("/v1")
        if request.method == "POST":
            taken = {
                "/chat/completions": lambda _: answer(),
                "/files": self.take_file,
                "/batches": self.take_batch,
            }
            return taken[path](request)
        if (request.method, path) == ("GET", "/batches/batch_1"):
            return answer(self.poll())
        content = re.fullmatch(r"/files/([\w-]+)/content", path)
        if request.method == "GET" and content and content[1] in self.files:
            return answer(self.files[content[1]], headers={"content-type": "application/jsonl"})
        return answer({"error": {"message": f"No such thing: {path}"}}, 404)

    def take_file(self, request: ReceivedRequest) -> HttpResponse:
        """Take an upload: multipart, with the purpose and the file."""
        boundary = request.values("content-type")[0].partition("boundary=")[2].encode()
        parts = {}
        for part in request.body.split(b"--" + boundary)[1:-1]:
            head, _, content = part.partition(b"\r\n\r\n")
            name = re.search(rb' name="(\w+)"', head)
            assert name is not None
            parts[name[1]] = content.removesuffix(b"\r\n")
        assert parts[b"purpose"] == b"batch"
        self.files["file-1"] = parts[b"file"]
        return answer({"id": "file-1", "object": "file", "purpose": "batch"})

    def take_batch(self, request: ReceivedRequest) -> HttpResponse:
        """Take a batch."""
        self.batch = {
            "id": "batch_1",
            "object": "batch",
            **json.loads(request.body),
            "status": "validating",
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
        }
        return answer(self.batch)

    def poll(self) -> dict[str, Any]:
        """Go on by one step; at the end there are an output and an error file."""
        self.batch["status"] = self.polls.pop(0) if len(self.polls) > 1 else self.polls[0]
        if self.batch["status"] == "completed":
            asked = [json.loads(one) for one in self.files["file-1"].splitlines()]
            lines = [
                json.dumps(
                    {
                        "id": f"batch_req_{number}",
                        "custom_id": one["custom_id"],
                        "response": {"status_code": 200, "request_id": "r", "body": {}},
                        "error": None,
                    }
                ).encode()
                for number, one in enumerate(asked)
            ]
            self.files["file-out"] = b"\n".join(lines[:-1]) + b"\n"
            self.files["file-err"] = lines[-1]  # without a newline
            self.batch |= {
                "output_file_id": "file-out",
                "error_file_id": "file-err",
                "request_counts": {"total": len(asked), "completed": len(asked) - 1, "failed": 1},
            }
        return self.batch
