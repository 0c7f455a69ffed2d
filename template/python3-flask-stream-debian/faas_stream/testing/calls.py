"""`call`: one request to a handler, and everything around it."""

import json
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from faas_stream.testing import environment, guard
from faas_stream.testing.answer import Answer
from faas_stream.testing.client import Client
from faas_stream.testing.function import Functions, Running
from faas_stream.testing.handlers import importable
from faas_stream.testing.replies import Replies, ScriptError
from faas_stream.testing.script import Script, counted
from faas_stream.testing.upstream import UPSTREAM

CANCEL_S = 10.0
"""How long the test waits for upstream's connection to close, after the client has disconnected."""

FREE_S = 10.0
"""How long the request's thread may be busy after the answer's end, with `on_end` for example."""

_LOOK_S = 0.1
_ONE_CALL = threading.Lock()
_functions = cache(Functions)


def call(
    handler: Any,
    body: str | bytes | dict[str, Any] | list[Any] = "",
    *,
    upstream: Replies | None = None,
    method: str = "POST",
    path: str = "/",
    query: Mapping[str, Any] | None = None,
    format: str | None = None,
    accept: str | None = "text/event-stream",
    headers: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
    secrets: Mapping[str, str | None] | None = None,
    disconnect_after: int | None = None,
    allow_network: bool = False,
    timeout_s: float = 60,
) -> Answer:
    """The answer of a handler to one request, as a client sees it.

    The request takes the same way as in production: the template's server, application and event loop, in this
    process. Calls from several threads run one after another.

    handler: the handler's module, as `load_handler` returns it, or its function `handle`.
    body: text, bytes, or what is sent as JSON.
    upstream: what the scripted upstream replies. A list of deltas is one reply: `["Hi", " there"]`. Other items of a
    reply are Reasoning, ToolCall, FinishReason, Usage, Silence, Cut and StreamError. A handler that sends several
    requests needs a list of replies: `[["Hi"], ["Bye"]]`. HttpError and HttpResponse stand for a whole reply. A
    function gets each UpstreamRequest and returns its reply. None: the handler may not send requests upstream.
    method, path, query, headers: of the request. format: `text`, `json`, `openai` or `ai-sdk`, as `?format=`. accept:
    the Accept header; None for none.
    settings: variables as in `environment:` of stack.yaml, the template's and the handler's own, during this call.
    secrets: values by name; None for one that is missing. Every other secret is `test-<name>`.
    disconnect_after: the client disconnects after this many events; 0: as soon as upstream has the request. Upstream
    holds its reply open meanwhile, and `answer.requests[0].was_cancelled` says whether its connection was closed.
    allow_network: the handler may connect to other machines than this one.
    timeout_s: how long all of this may take.

    Raises ScriptError, an AssertionError, if the handler sent fewer or more requests upstream than were scripted, if it
    connected to another machine, or if the answer took too long. Raises SettingError, TypeError or ValueError for
    arguments that cannot be read.
    """
    __tracebackhide__ = True  # pytest then shows the author's line
    if disconnect_after is not None and disconnect_after < 0:
        raise ValueError(f"disconnect_after is {disconnect_after}, but it is a number of events: 0 or more")
    holds = "" if disconnect_after is None else "end" if disconnect_after else "first"
    script = Script(upstream, holds)
    sent_headers, sent_body = _request(body, accept, headers or {})
    sent_query = {**({"format": format} if format else {}), **(query or {})}
    encoded = urlencode(sent_query, doseq=True)
    target = quote(path if path.startswith("/") else f"/{path}", safe="/%:@!$&'()*+,;=~-._") + (
        encoded and f"?{encoded}"
    )
    with _ONE_CALL, ExitStack() as stack:
        stack.enter_context(environment.having(settings or {}, secrets or {}))
        stack.enter_context(importable(handler))
        running = _functions().serve(handler, settings or {})
        if not allow_network:
            stack.enter_context(guard.refusing_real_hosts(lambda host: script.fail(_other_machine(host))))
        stack.enter_context(UPSTREAM.replying(script))
        client = Client(running.port, disconnect_after)
        script.text_at_client = lambda: Answer(client.status, client.headers, client.body, "", None, ()).text
        client.start(method, target, sent_headers, sent_body)
        _wait(client, script, running, disconnect_after, time.monotonic() + timeout_s)
        if client.failure is not None:
            raise client.failure
        record = running.records[0] if running.records else None
        answer = Answer(client.status, client.headers, client.body, client.break_reason, record, script.requests)
    _check(answer, script, disconnect_after, has_disconnected=client.has_disconnected)
    return answer


def _request(body: Any, accept: str | None, headers: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
    if isinstance(body, bytes):
        data, kind = body, "application/octet-stream"
    elif isinstance(body, str):
        data, kind = body.encode(), "text/plain; charset=utf-8"
    else:
        data, kind = json.dumps(body).encode(), "application/json"
    named = {name.lower() for name in headers}
    usual = {"Content-Type": kind if data else None, "Accept": accept}
    more = {name: value for name, value in usual.items() if value is not None and name.lower() not in named}
    return {**more, **headers}, data


def _wait(client: Client, script: Script, running: Running, disconnect_after: int | None, until: float) -> None:
    """Returns once the answer is over for client, upstream and handler, or when the call has failed."""
    while not client.is_finished.wait(_LOOK_S) and not script.problem:
        _functions().loop.report_if_blocked()
        if disconnect_after == 0 and script.has_request.is_set():
            client.disconnect()
        if time.monotonic() > until:
            script.fail(_too_long(script))
    if script.problem:
        client.disconnect()
    elif client.has_disconnected:
        script.wait_for_cancellation(CANCEL_S)
    script.close()
    if running.has_request and not running.is_done.wait(FREE_S):
        script.fail(
            f"the request's thread is still busy {FREE_S:.0f} s after the answer's end, with the handler, its source "
            "or its on_end"
        )


def _check(answer: Answer, script: Script, disconnect_after: int | None, *, has_disconnected: bool) -> None:
    """Raises ScriptError if the handler did not do what the script says."""
    __tracebackhide__ = True
    if script.problem:
        ending = f". The answer: {answer!r}" if answer.status else ""
        raise ScriptError(script.problem + ending)
    if disconnect_after is not None and not has_disconnected:
        raise ScriptError(
            f"the answer ended before the client could disconnect after {disconnect_after} events: {answer!r}"
        )
    if script.scripted is None or script.replies_used >= script.scripted or disconnect_after is not None:
        return
    scripted = counted(script.scripted, "reply is", "replies are")
    message = (
        f"{scripted} scripted, but the handler sent {counted(script.replies_used, 'request', 'requests')} upstream"
    )
    if not script.requests:
        message += (
            ". If it should send one: a handler has to be imported after faas_stream.testing, best with "
            "load_handler(__file__), and its client has to take its address from the environment (openai_base_url) or "
            f"from UPSTREAM_URL, which is {UPSTREAM.url}. If it failed before, stderr has its traceback. If it should "
            "not, leave `upstream` out"
        )
    raise ScriptError(f"{message}. The answer: {answer!r}")


def _other_machine(host: str) -> str:
    return (
        f"the handler connects to {host} and not to the scripted upstream. The connection was refused, so nothing was "
        "sent. A client that was made before faas_stream.testing was imported does not know the scripted upstream: "
        "import faas_stream.testing first, or load the handler with load_handler(__file__). A client with an address "
        f"of its own needs UPSTREAM_URL ({UPSTREAM.url}) or a setting such as openai_base_url in its place. If the "
        "handler is meant to use another machine in this test: call(…, allow_network=True)"
    )


def _too_long(script: Script) -> str:
    open_requests = [request for request in script.requests if not request.is_over.is_set()]
    reason = f"; upstream still holds {open_requests}" if open_requests else ""
    return (
        f"the answer has not ended within timeout_s{reason}. After a Silence the setting upstream_idle_timeout ends an "
        'answer, after 60 s by default: settings={"upstream_idle_timeout": "1s"}'
    )
