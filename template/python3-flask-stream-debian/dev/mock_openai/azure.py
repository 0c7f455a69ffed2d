"""What Azure OpenAI adds to OpenAI's shapes: the results of its content filter."""

HARMLESS: dict[str, object] = {
    name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")
}

PROMPT_FILTER_RESULTS = [
    {
        "prompt_index": 0,
        "content_filter_results": {**HARMLESS, "jailbreak": {"filtered": False, "detected": False}},
    }
]

# Azure judges the prompt before there is an answer: this chunk has neither an id nor choices.
FIRST_CHUNK = {
    "choices": [],
    "created": 0,
    "id": "",
    "model": "",
    "object": "",
    "prompt_filter_results": PROMPT_FILTER_RESULTS,
}
