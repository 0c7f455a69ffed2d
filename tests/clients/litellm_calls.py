"""A program: calls a function through LiteLLM, and prints the result of each call as one JSON document.

LiteLLM is slow to import and warns of its own packages, so it has no place in the process of the tests.
"""

import json
import os
import sys
from importlib import import_module
from typing import Any

MESSAGES = [{"role": "user", "content": "hi"}]


def ask(litellm: Any, model: str, base: str, *, stream: bool = False) -> str:
    """The answer's text, or the name of the exception."""
    how = {"api_base": base, "api_key": "token-of-ann", "num_retries": 0, "max_tokens": 9}
    try:
        answer = litellm.completion(model=model, messages=MESSAGES, stream=stream, **how)
        if stream:
            return "".join(chunk.choices[0].delta.content or "" for chunk in answer)
        return str(answer.choices[0].message.content)
    except Exception as error:
        return type(error).__name__


def main(url: str) -> None:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # otherwise it fetches prices from the network
    litellm = import_module("litellm")
    results = {}
    for provider, base in (("openai", f"{url}/v1"), ("anthropic", url)):
        results[provider] = [
            ask(litellm, f"{provider}/cheap", base),
            ask(litellm, f"{provider}/cheap", base, stream=True),
            ask(litellm, f"{provider}/dear", base),
        ]
    print(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1])
