from faas_stream.testing import Cut, HttpError, Reasoning, call, load_handler

handler = load_handler(__file__)
CHAT = "/v1/chat/completions"
BODY = {"model": "gpt-4o-mini", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}


def test_upstreams_chunks_are_relayed():
    answer = call(handler, BODY, path=CHAT, upstream=["Hi", " there"])
    assert (answer.status, answer.text, answer.finish_reason) == (200, "Hi there", "stop")
    assert answer.events[0].data["object"] == "chat.completion.chunk"


def test_the_key_stays_on_the_server():
    answer = call(handler, BODY, path=CHAT, upstream=["Hi"], headers={"Authorization": "Bearer a caller's"})
    assert answer.requests[0].headers["Authorization"] == "Bearer test-openai-api-key"
    assert answer.requests[0].json == BODY


def test_a_whole_answer_is_relayed():
    answer = call(handler, {**BODY, "stream": False}, path=CHAT, upstream=["Hi", " there"])
    assert answer.json["choices"][0]["message"]["content"] == "Hi there"
    assert answer.finish_reason == "stop"


def test_a_refusal_keeps_its_status_and_code():
    answer = call(handler, BODY, path=CHAT, upstream=HttpError(400, code="context_length_exceeded"))
    assert (answer.status, answer.error_code) == (400, "context_length_exceeded")


def test_a_cut_ends_in_an_error():
    answer = call(handler, BODY, path=CHAT, upstream=["Hi", Cut()])
    assert answer.text == "Hi"
    assert answer.error_code


def test_a_disconnect_ends_the_call_upstream():
    answer = call(handler, BODY, path=CHAT, upstream=["Hi"], disconnect_after=1)
    assert answer.requests[0].was_cancelled


def test_a_model_that_is_not_allowed_is_refused():
    limited = load_handler(__file__, settings={"allowed_models": "gpt-4o-mini"})
    assert call(limited, BODY, path=CHAT, upstream=["Hi"]).text == "Hi"
    assert call(limited, {**BODY, "model": "gpt-5"}, path=CHAT).status == 403


def test_anthropics_messages_are_relayed():
    body = {**BODY, "max_tokens": 9}
    answer = call(handler, body, path="/v1/messages", upstream=[Reasoning("Hm"), "Hi"])
    assert (answer.reasoning, answer.text, answer.finish_reason) == ("Hm", "Hi", "stop")
    assert answer.requests[0].headers["x-api-key"] == "test-anthropic-api-key"
