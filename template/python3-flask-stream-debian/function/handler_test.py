from faas_stream.testing import HttpError, call, load_handler

handler = load_handler(__file__)


def test_answer_streams():
    answer = call(handler, "Hello", upstream=["Hi", " there"])
    assert (answer.status, answer.text, answer.finish_reason) == (200, "Hi there", "stop")
    assert answer.requests[0].json["messages"] == [{"role": "user", "content": "Hello"}]


def test_an_error_of_the_provider_reaches_the_client():
    answer = call(handler, "Hello", upstream=HttpError(429, headers={"Retry-After": "7"}))
    assert (answer.status, answer.error_code) == (429, "upstream_rate_limited")
    assert answer.headers["Retry-After"] == "7"
