import pytest

from faas_stream.testing import Cut, FinishReason, HttpError, call, load_handler

handler = load_handler(__file__)  # once per process, because Django can be configured once
ROUTES = ("/completion", "/completionChat")


def ask(route, message="Hello", **arguments):
    return call(handler, method="GET", path=route, query={"message": message}, **arguments)


@pytest.mark.parametrize("route", ROUTES)
def test_answer_streams(route):
    answer = ask(route, upstream=["Hi", " there\n", "\r\n!"])
    assert (answer.status, answer.media_type, answer.outcome) == (200, "text/event-stream", "complete")
    assert [event.data for event in answer.events] == ["Hi", " there\n", "\n!", "[DONE]"]


def test_each_route_has_its_api():
    old, chat = (ask(route, message="", upstream=["Hi"]).requests[0] for route in ROUTES)
    assert (old.path, old.json["prompt"]) == ("/v1/completions", "Hello world")
    assert (chat.path, chat.json["messages"][-1]["content"]) == ("/v1/chat/completions", "Hello world")


@pytest.mark.parametrize("route", ROUTES)
def test_a_failure_is_an_event(route):
    for upstream, text, code in (
        (HttpError(429), "", "upstream_rate_limited"),
        (["Hi", Cut()], "Hi", "upstream_unreachable"),
        (["Hi", FinishReason("")], "Hi", "upstream_unreachable"),
    ):
        answer = ask(route, upstream=upstream)
        assert (answer.status, answer.text, answer.error_code) == (200, text, code)


@pytest.mark.parametrize("route", ROUTES)
def test_a_disconnect_ends_the_call_upstream(route):
    answer = ask(route, upstream=["Hi", " there"], disconnect_after=1)
    assert answer.outcome == "client_disconnected"
    assert answer.requests[0].was_cancelled


def test_the_page_is_public():
    locked = {"settings": {"auth_secret": "my-tokens"}, "secrets": {"my-tokens": "abc"}}
    page = call(handler, method="GET", accept="text/html", **locked)
    assert (page.status, page.media_type) == (200, "text/html")
    assert ask("/completion", **locked).status == 401
