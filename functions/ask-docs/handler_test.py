from faas_stream.testing import Usage, call, load_handler

handler = load_handler(__file__)


def test_the_answer_cites_sections_of_the_documents():
    answer = call(handler, "Why is max_inflight unset?", upstream=["It loses slots", " [1]."], format="json")
    assert (answer.status, answer.text, answer.finish_reason) == (200, "It loses slots [1].", "stop")
    citation = next(event.data for event in answer.events if event.event == "citation")
    assert (citation["file"], citation["anchor"]) == ("platform.md", "t5-max_inflight-loses-slots")
    assert '<section number="1"' in answer.requests[0].json["messages"][-1]["content"]


def test_without_a_matching_section_the_model_is_not_called():
    answer = call(handler, "What is the capital of France?")
    assert (answer.text, answer.finish_reason) == ("I found nothing about that in the documents.", "stop")
    assert answer.requests == []


def test_a_follow_up_question_is_rewritten_and_its_tokens_count():
    conversation = {
        "messages": [
            {"role": "user", "content": "What is max_inflight?"},
            {"role": "assistant", "content": "A limit of the watchdog."},
            {"role": "user", "content": "Why is it unset?"},
        ]
    }
    rewritten = ["Why is max_inflight unset?", Usage(prompt_tokens=50, completion_tokens=5)]
    replies = [rewritten, ["It loses slots.", Usage(prompt_tokens=100, completion_tokens=10)]]
    answer = call(handler, conversation, upstream=replies, format="json")
    assert (answer.text, answer.usage["total_tokens"]) == ("It loses slots.", 165)
