"""Which hosts a handler may connect to while `call` runs it."""

import socket
from typing import Any

import openai
import pytest

from faas_stream import stream
from faas_stream.testing import ScriptError, call
from tests.testing.handler import prompt


@pytest.mark.parametrize("base_url", ["https://api.openai.com/v1", "https://192.0.2.1/v1", "http://[2001:db8::1]/v1"])
@pytest.mark.parametrize("kind", [openai.AsyncOpenAI, openai.OpenAI])
def test_a_real_host_is_never_contacted(kind: Any, base_url: str) -> None:
    real_client = kind(api_key="sk-real", base_url=base_url)

    def handle(req: str) -> Any:
        return stream(real_client.chat.completions.create(model="m", messages=prompt(req), stream=True))

    host = base_url.split("/")[2].strip("[]")
    with pytest.raises(ScriptError, match=rf"connects to {host} and not to the scripted upstream.*nothing was sent"):
        call(handle, "x", upstream=["Hi"])


def test_a_real_host_is_never_contacted_by_aiohttp() -> None:
    real_client = openai.AsyncOpenAI(
        api_key="sk", base_url="https://api.openai.com/v1", http_client=openai.DefaultAioHttpClient()
    )
    with pytest.raises(ScriptError, match=r"connects to api\.openai\.com"):
        call(lambda _req: stream(real_client.responses.create(model="m", input="x", stream=True)), "x", upstream=["Hi"])


def test_other_machines_can_be_allowed() -> None:
    def handle(_req: str) -> str:
        try:
            socket.create_connection(("192.0.2.1", 9), 0.01)
        except OSError as error:
            return "refused" if "faas_stream" in str(error) else "tried"
        return "connected"

    assert call(handle, allow_network=True).text != "refused"
    with pytest.raises(ScriptError, match=r"connects to 192.0.2.1.*allow_network=True"):
        call(handle)


def test_loopback_is_allowed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def handle(_req: str) -> str:
            socket.create_connection(("localhost", server.getsockname()[1])).close()
            return "connected"

        assert call(handle).text == "connected"
