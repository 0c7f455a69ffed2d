"""The Express server of docs/express, against the mock: what its README promises, and what its README says it lacks."""

import json
import re
import shlex
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from benchmarking import packages
from tests.express.server import install, running
from tests.mock_openai.live import serving

README = (packages.EXPRESS / "README.md").read_text()
Serve = Callable[[str], httpx2.Client]
Ask = Callable[[httpx2.Client, str], httpx2.Response]


@pytest.fixture(scope="module")
def folder() -> Path:
    return install()


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    """The address of the mock upstream."""
    with serving() as address:
        yield address


@pytest.fixture
def serve(folder: Path, mock: str) -> Iterator[Serve]:
    """Starts the server with a model of the mock, and gives a client whose base URL is the server."""
    with ExitStack() as stack:

        def start(model: str) -> httpx2.Client:
            url, _ = stack.enter_context(running(folder, f"{mock}/v1", model))
            return stack.enter_context(httpx2.Client(base_url=url, timeout=60))

        yield start


def chat(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


def events(body: str) -> list[tuple[str, str]]:
    """The event and the data of each frame."""
    frames = []
    for block in body.removesuffix("\n\n").split("\n\n"):
        fields = [line.partition(": ")[::2] for line in block.split("\n")]
        event = next((value for name, value in fields if name == "event"), "message")
        frames.append((event, "\n".join(value for name, value in fields if name == "data")))
    return frames


def text_of(body: str) -> str:
    """The text of a complete answer."""
    *deltas, last = events(body)
    assert last == ("message", "[DONE]")
    return "".join(data for _, data in deltas)


@pytest.fixture(params=["eventsource", "fetch"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Sends a question to one of the two routes."""
    if request.param == "eventsource":
        return lambda client, text: client.get("/completion", params={"message": text})
    return lambda client, text: client.post("/completions/chat", json=chat(text))


def test_an_answer_arrives_whole_with_its_line_breaks(serve: Serve, ask: Ask) -> None:
    response = ask(serve("mock-fast"), "echo: one\ntwo\n\n  three")
    assert response.headers["content-type"] == "text/event-stream"
    assert text_of(response.text) == "one\ntwo\n\n  three"


def test_a_completion_without_a_message_has_a_default(serve: Serve, mock: str) -> None:
    assert text_of(serve("mock-fast").get("/completion").text)
    last = httpx2.get(f"{mock}/mock/calls").json()["last"]
    assert json.loads(last["body"])["prompt"] == "Hello world"


def test_the_page_is_served_and_the_source_is_not(serve: Serve) -> None:
    client = serve("mock-fast")
    assert "EventSource" in client.get("/").text
    assert client.get("/server.mjs").status_code == 404


@pytest.mark.parametrize(("model", "status", "code"), [
    ("mock-429", 429, "rate_limit_exceeded"),
    ("mock-500", 502, "upstream_error"),
    ("mock-401", 502, "upstream_error"),
])  # fmt: skip
def test_an_error_before_the_first_delta_is_reported(serve: Serve, model: str, status: int, code: str) -> None:
    client = serve(model)
    refused = client.post("/completions/chat", json=chat("hi"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)
    # An EventSource could not read the status.
    stream = client.get("/completion")
    ((event, data),) = events(stream.text)
    assert stream.headers["content-type"] == "text/event-stream"
    assert (event, json.loads(data)["code"]) == ("error", code)


@pytest.mark.parametrize("model", ["mock-broken-fast", "mock-error-midstream-fast"])
def test_an_error_in_midstream_is_an_event(serve: Serve, ask: Ask, model: str) -> None:
    *_, (event, data) = events(ask(serve(model), "long").text)
    assert (event, json.loads(data)["code"]) == ("error", "upstream_error")


@pytest.mark.parametrize("body", ["{", "{}", "[]", '"text"', '{"messages": []}'])
def test_a_request_without_messages_is_refused(serve: Serve, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    refused = serve("mock-fast").post("/completions/chat", content=body, headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("route", ["GET /completion?message=long", "POST /completions/chat"])
@pytest.mark.parametrize("model", ["mock-slow", "mock-silence", "mock-silence-first"])
def test_a_client_disconnect_cancels_the_call_upstream(serve: Serve, mock: str, model: str, route: str) -> None:
    url = serve(model).base_url
    wait_for_answers(mock, "open=0")
    httpx2.delete(f"{mock}/mock/calls")
    body = json.dumps(chat("long 2000")) if route.startswith("POST") else ""
    head = f"{route} HTTP/1.1\r\nHost: {url.host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    with socket.create_connection((url.host, url.port), timeout=60) as client:
        client.sendall(f"{head}\r\n\r\n{body}".encode())
        assert wait_for_answers(mock, "open=1")["open"] == 1
    assert wait_for_answers(mock, "open=0&abandoned=1") == {"open": 0, "finished": 0, "abandoned": 1}


def wait_for_answers(mock: str, counts: str) -> dict[str, int]:
    """The mock's counts of its answers, once they are as the query says, or after ten seconds."""
    answers: dict[str, int] = httpx2.get(f"{mock}/mock/calls?{counts}&wait=10s", timeout=60).json()["answers"]
    return answers


def test_lacks_a_truncated_answer_looks_complete(serve: Serve, ask: Ask) -> None:
    assert text_of(ask(serve("mock-truncated-fast"), "long").text)


def test_lacks_sigterm_cuts_open_answers(folder: Path, mock: str) -> None:
    with (
        running(folder, f"{mock}/v1", "mock-slow") as (url, server),
        httpx2.stream("POST", f"{url}/completions/chat", json=chat("long"), timeout=60) as response,
    ):
        server.send_signal(signal.SIGTERM)
        with pytest.raises(httpx2.RemoteProtocolError):
            response.read()


def test_the_readme_s_curl_line_streams(serve: Serve) -> None:
    shown = re.search(r"```console\n\$ (.*?)\n(data:.*?)```", README, re.DOTALL)
    assert shown is not None
    client = serve("mock-fast")
    command = shlex.split(shown[1].replace("\\\n", "").replace("localhost:3000", str(client.base_url).rstrip("/")))
    output = subprocess.run([*command, "--max-time", "20"], capture_output=True, text=True, check=True).stdout
    assert output.splitlines()[:3] == shown[2].splitlines()[:3]
    assert output.endswith("data: [DONE]\n\n")
