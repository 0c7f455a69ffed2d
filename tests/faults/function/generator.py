"""A plain generator of text that calls upstream by itself, with the standard library."""

import json
import os
from collections.abc import Iterator
from urllib.request import Request, urlopen

import flask

from faas_stream import stream


def handle(req: str) -> flask.Response:
    return stream(deltas(req))


def deltas(prompt: str) -> Iterator[str]:
    body = json.dumps({"stream": True, "messages": [{"role": "user", "content": prompt}]}).encode()
    request = Request(os.environ["openai_base_url"] + "/chat/completions", data=body)
    with urlopen(request, timeout=30) as response:
        for line in response:
            if not line.startswith(b"data: {"):
                continue
            for choice in json.loads(line[6:])["choices"]:
                if text := choice["delta"].get("content"):
                    yield text
