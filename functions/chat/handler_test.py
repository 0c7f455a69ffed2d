from faas_stream.testing import HttpError, call, load_handler

handler = load_handler(__file__)
CONVERSATION = {"messages": [{"role": "user", "content": "Hello"}]}


def test_an_answer_is_sent_as_named_events():
    answer = call(handler, CONVERSATION, upstream=["Hi", " there"])
    assert (answer.text, answer.finish_reason) == ("Hi there", "stop")
    assert [event.event for event in answer.events] == ["start", "message", "message", "end"]


def test_an_event_source_has_the_prompt_in_its_address():
    answer = call(handler, method="GET", query={"message": "Hello"}, upstream=["Hi"])
    assert answer.text == "Hi"
    assert answer.requests[0].json["messages"] == CONVERSATION["messages"]


def test_the_page_needs_no_token():
    locked = {"settings": {"auth_secret": "tokens"}, "secrets": {"tokens": "abc"}}
    page = call(handler, method="GET", accept="text/html", **locked)
    assert (page.status, page.media_type) == (200, "text/html")
    assert call(handler, CONVERSATION, **locked).status == 401


def test_a_prompt_that_comes_twice_is_sent_once():
    again = {"Idempotency-Key": "one prompt"}
    assert call(handler, CONVERSATION, headers=again, upstream=["Hi"]).text == "Hi"
    assert call(handler, CONVERSATION, headers=again).error_code == "already_received"


def test_a_long_conversation_is_trimmed():
    short = load_handler(__file__, settings={"chat_history_tokens": "10"})
    messages = [{"role": role, "content": "word " * 9} for role in ("user", "assistant", "user")]
    answer = call(short, {"messages": messages}, upstream=["Hi"])
    assert answer.events[1].event == "trimmed"
    assert len(answer.requests[0].json["messages"]) == 1


def test_a_model_that_is_not_on_offer_is_refused():
    answer = call(handler, {**CONVERSATION, "model": "another"})
    assert (answer.status, answer.error_code) == (400, "model_not_offered")


def test_an_image_goes_to_the_model_unless_it_is_switched_off():
    image = {"type": "image_url", "image_url": {"url": "data:image/gif;base64,R0lGODlh"}}
    conversation = {"messages": [{"role": "user", "content": [image]}]}
    answer = call(handler, conversation, upstream=["A dot"])
    assert answer.requests[0].json["messages"] == conversation["messages"]
    without_images = load_handler(__file__, settings={"chat_images": "false"})
    assert call(without_images, conversation).error_code == "images_not_accepted"


def test_the_temperature_is_fixed_unless_it_is_editable():
    assert call(handler, {**CONVERSATION, "temperature": 0}).error_code == "temperature_fixed"
    free = load_handler(__file__, settings={"chat_temperature_editable": "true"})
    assert call(free, {**CONVERSATION, "temperature": 0}, upstream=["Hi"]).requests[0].json["temperature"] == 0


def test_an_error_of_the_provider_reaches_the_page():
    assert call(handler, CONVERSATION, upstream=HttpError(429)).error_code == "upstream_rate_limited"
