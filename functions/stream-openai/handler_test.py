from faas_stream.testing import UPSTREAM_URL, Cut, HttpError, Usage, call, load_handler

handler = load_handler(__file__)


def test_answer_streams():
    answer = call(handler, "Hello", upstream=["Hi", " there", Usage(3, 2)])
    assert (answer.status, answer.text, answer.finish_reason) == (200, "Hi there", "stop")
    assert answer.usage["total_tokens"] == 5


def test_the_prompt_follows_the_system_prompt():
    settings = {"system_prompt": "Be brief.", "openai_model": "my-model", "temperature": "0.5"}
    answer = call(handler, {"prompt": "Hello"}, upstream=["Hi"], settings=settings)
    body = answer.requests[0].json
    assert body["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
    assert (body["model"], body["temperature"]) == ("my-model", 0.5)


def test_a_request_that_fails_is_not_sent_again():
    answer = call(handler, "Hello", upstream=HttpError(500))
    assert (answer.status, answer.error_code) == (502, "upstream_error")


def test_a_cut_answer_does_not_look_complete():
    answer = call(handler, "Hello", upstream=["Hi", Cut()])
    assert (answer.text, answer.error_code) == ("Hi", "upstream_unreachable")


def test_a_client_that_disconnects_costs_no_more_tokens():
    answer = call(handler, "Hello", upstream=["Hi", " there"], disconnect_after=1)
    assert answer.requests[0].was_cancelled


def test_the_path_of_a_request_to_azure_names_the_deployment():
    azure = load_handler(__file__, settings={"azure_endpoint": UPSTREAM_URL})
    answer = call(azure, "Hello", upstream=["Hi"])
    assert answer.text == "Hi"
    assert answer.requests[0].path == "/openai/deployments/gpt-4o-mini/chat/completions"
    assert answer.requests[0].headers["api-key"] == "test-openai-api-key"
