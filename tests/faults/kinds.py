"""The kinds of sources, by the path that leads to each: modules of the function beside this file."""

SDKS = ["openai_handler", "default_retries", "langchain_handler"]
STREAMED = [*SDKS, "generator"]
KINDS = [*STREAMED, "relayed"]
