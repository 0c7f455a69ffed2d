from faas_stream.testing import call, load_handler

handler = load_handler(__file__)
KEY = {"Authorization": "Bearer mock"}
CHAT = "/v1/chat/completions"


def body(prompt, model="mock-fast", **more):
    return {"model": model, "messages": [{"role": "user", "content": prompt}], **more}


def test_a_prompt_is_answered_in_chunks():
    answer = call(handler, body("echo: Hi there", stream=True), path=CHAT, headers=KEY)
    assert (answer.text, answer.error_code) == ("Hi there", "")
    assert len(answer.events) > 3


def test_a_whole_answer_is_a_document():
    answer = call(handler, body("echo: Hi there"), path=CHAT, headers=KEY)
    assert answer.json["choices"][0]["message"]["content"] == "Hi there"


def test_a_fault_is_named_by_a_header():
    answer = call(handler, body("Hello", stream=True), path=CHAT, headers={**KEY, "x-mock-fault": "429"})
    assert answer.status == 429


def test_a_key_is_needed():
    answer = call(handler, body("Hello"), path=CHAT)
    assert (answer.status, answer.error.message[:24]) == (401, "You didn't provide an AP")
