"""Asynchronous calls (T16): whatever the caller's client sends as Accept, the callback gets one JSON document."""

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.fronts import FUNCTIONS, lay_out, serve
from tests.platform.gateways import FUNCTION, Gateway
from tests.platform.plugin import obtain
from tests.platform.running import Running
from tests.platform.upstream import Call as Callback
from tests.platform.upstream import Upstream as Receiver
from tests.upstream import USAGE, Call, Upstream

DELTAS = ["Calorie", " dense\n", "🥜"]


def answer(call: Call) -> None:
    call.delta(*DELTAS)
    call.finish()


SCRIPT = answer


@pytest.fixture(scope="module", params=["stream-openai", "stream-langchain"])
def chain(
    request: pytest.FixtureRequest, gateway: Gateway, server: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    folder = lay_out(tmp_path_factory.mktemp("build") / "fn", FUNCTIONS / request.param)
    with (
        serve(obtain("standin"), folder, openai_base_url=server.url) as function,
        gateway.start({FUNCTION: function.url}) as running,
    ):
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


def call_back(chain: Running, receiver: Receiver, query: str = "", **headers: str) -> Callback:
    """The call of the callback for one prompt."""
    request_headers = {"X-Callback-Url": f"{receiver.url}/done", "X-Call-Id": "call-7", **headers}
    url = f"http://127.0.0.1:{urlsplit(chain.url).port}/async-function/{FUNCTION}{query}"
    assert httpx.post(url, content="hi", headers=request_headers, timeout=60).status_code == 202
    called = receiver.accept()
    called.answer()
    return called


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "text/event-stream", "application/json, text/event-stream", "text/html, */*"]
)
@pytest.mark.parametrize("query", ["", "?format=openai"])
def test_the_callback_gets_one_document(
    chain: Running, upstream: Upstream, receiver: Receiver, accept: str, query: str
) -> None:
    called = call_back(chain, receiver, query, Accept=accept)
    assert called.headers["Content-Type"] == "application/json"
    assert called.headers["X-Function-Status"] == "200"
    assert called.headers["X-Call-Id"] == "call-7"
    document = json.loads(called.body)
    assert document["text"] == "".join(DELTAS)
    assert document["finish_reason"] == "stop"
    assert document["usage"]["total_tokens"] == USAGE["total_tokens"]
    assert len(upstream.calls) == 1


@pytest.mark.usefixtures("upstream")
def test_a_callback_that_accepts_plain_text_gets_it(chain: Running, receiver: Receiver) -> None:
    called = call_back(chain, receiver, Accept="text/plain")
    assert called.headers["Content-Type"].startswith("text/plain")
    assert called.body.decode() == "".join(DELTAS)


def refuse(call: Call) -> None:
    call.refuse(429, headers=[("Retry-After", "7")])


def break_off(call: Call) -> None:
    call.delta(*DELTAS)
    call.cut()


@pytest.mark.parametrize(
    ("script", "status", "code"),
    [(refuse, "429", "upstream_rate_limited"), (break_off, "502", "upstream_unreachable")],
)
def test_a_failure_has_its_status_and_never_looks_like_an_answer(
    chain: Running, upstream: Upstream, receiver: Receiver, script: object, status: str, code: str
) -> None:
    upstream.script = script  # type: ignore[assignment]
    called = call_back(chain, receiver, Accept="*/*")
    assert called.headers["X-Function-Status"] == status
    assert json.loads(called.body)["error"]["code"] == code


@pytest.mark.usefixtures("upstream")
def test_a_refused_request_has_its_status_and_code(chain: Running, receiver: Receiver) -> None:
    called = call_back(chain, receiver, "?format=unknown", Accept="*/*")
    assert called.headers["X-Function-Status"] == "400"
    assert json.loads(called.body)["error"]["code"] == "unknown_format"
