"""Each rule is in one module: its literals occur in no other module that has to do with upstream or the wire."""

import ast
from pathlib import Path

import pytest

import faas_stream.sources

PACKAGE = Path(faas_stream.sources.__file__).parents[1]

# How upstream is read.
READING: dict[str, tuple[str | bytes, ...]] = {
    "sources/sse.py": (b"data: ", b"event:", b"data", b"event", b"\xef\xbb\xbf", b"\r\n"),
    "sources/completeness.py": ("null", "abort", "end_turn", "stop_sequence", "max_tokens", "completed", "incomplete"),
    "sources/failures.py": ("error_code", "detail", "request_id"),
    "sources/objects.py": ("ping", "keepalive"),
    "sources/chat.py": ("choices", "chat.completion.chunk"),
    "sources/responses.py": ("response.", "output_text.annotation", "function_call_arguments"),
    "sources/anthropic.py": ("message_stop", "content_block_delta", "text_delta", "message_start"),
    "sources/media.py": ("speech.audio.", "transcript.text"),
    "sources/langchain.py": ("model_provider", "done_reason", "ToolMessageChunk", "usage_metadata"),
    "sources/graph_parts.py": ("langgraph_node", "langgraph_checkpoint_ns", "__interrupt__", "ns", "triggers"),
    "sources/graph_tools.py": ("tool-started", "tool-finished", "goto"),
    "sources/message_events.py": ("content-block-delta", "text-delta", "message-finish"),
    "sources/run_events.py": ("on_", "run_id", "parent_ids", "chat_model"),
    "sources/steps.py": ("started", "finished"),
    "sources/documents.py": ("source", "relevance_score", "chat_history"),
    "sources/content.py": ("reasoning_details", "reasoning.text", "reasoning_content", "images", "transcript"),
    "sources/refusals.py": ("invoke", "http_response", "astream"),
    "sources/citations.py": ("document_title", "cited_text", "encrypted_index"),
    "sources/values.py": ("NaN", "Infinity", "\ufffd", "[\ud800-\udfff]"),
    "sources/json_events.py": ("tool_result", "step"),
    "framing.py": ("[DONE]",),
}
# What a request says.
ASKING: dict[str, tuple[str | bytes, ...]] = {
    "web/body.py": ("+json", "stream"),
    "web/prompts.py": ("developer", "tool_call_id", "prompt", "parts"),
    "web/reconnect.py": ("Last-Event-ID", "lastEventId"),
    "web/negotiation.py": ("application/x-ndjson",),
}
# How answers are written.
WRITING: dict[str, tuple[str | bytes, ...]] = {
    "formats/openai.py": ("url_citation", "prompt_tokens", "input_tokens", "chat.completion.chunk"),
    "formats/ai_sdk.py": ("tool-calls", "tool-input-available", "finish-step", "abort"),
    "framing.py": ("[DONE]",),
}


def literals(module: Path) -> set[str | bytes]:
    """The strings and bytes in a module's code, without docstrings' words."""
    constants = (node.value for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str | bytes)}


@pytest.mark.parametrize(("folder", "rules"), [("sources", READING), ("formats", WRITING), ("web", ASKING)])
def test_the_literals_of_each_rule_are_in_one_module(folder: str, rules: dict[str, tuple[str | bytes, ...]]) -> None:
    paths = [*(PACKAGE / folder).glob("*.py"), PACKAGE / "framing.py"]
    modules = {str(path.relative_to(PACKAGE)): literals(path) for path in paths}
    for module, expected in rules.items():
        for literal in expected:
            assert [name for name, words in modules.items() if literal in words] == [module], literal
