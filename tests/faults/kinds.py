"""The kinds of sources, by the path that leads to each: modules of the function next to this file."""

CLOSED_AT_ONCE = [
    "openai_handler", "langchain_handler", "async_openai", "async_openai/iterated",
    "sync_openai", "sync_openai/iterated", "wsgi",
]  # fmt: skip
"""Their upstream's connection is closed as soon as the answer ends: async sources, and sync ones on `http_client()`."""

CLOSED_LATER = ["default_retries", "generator", "relayed"]
"""Their thread waits in a read that nothing can end, and closes upstream's connection when upstream sends something."""

KINDS = [*CLOSED_AT_ONCE, *CLOSED_LATER]
STREAMED = [kind for kind in KINDS if kind not in ("relayed", "wsgi")]
"""Those that use `stream()`."""

SDKS = ["openai_handler", "async_openai", "sync_openai", "default_retries", "langchain_handler"]
"""Those that return what an SDK returned."""
