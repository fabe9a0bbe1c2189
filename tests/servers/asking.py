"""Ask a chat endpoint with the standard library only: a judge that shares no code with corechat."""

import json
import urllib.error
import urllib.request
from typing import Any

SECONDS = 30.0


def post(
    base_url: str, body: dict[str, Any] | bytes, *, path: str = "/chat/completions", key: str = ""
) -> tuple[int, Any]:
    """Post one body.

    Args:
        base_url: the endpoint's base.
        body: an object to send as JSON, or the bytes themselves.
        path: the path below the base.
        key: a key to send, "" for none.

    Returns:
        The status, and the answer's JSON.
    """
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    request = urllib.request.Request(base_url + path, data, headers)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:  # noqa: S310 - loopback
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
