"""Answers questions about a folder of Markdown, with LangChain, and cites the sections that the model has got."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from langchain_core.messages import AIMessageChunk

from faas_stream import ClientError, chat_messages, stream

from .model import make_model
from .options import Options
from .prompt import ANSWER_PROMPT, REWRITE_PROMPT, Message, conversation_text, recent_messages, sections_text
from .search import Index, read_sections

NOTHING_FOUND = "I found nothing about that in the documents."

options = Options.of()
index = Index(
    read_sections(options.docs_dir, options.docs_url, options.docs_section_chars), min_match=options.docs_min_match
)
model = make_model()
answer_chain = ANSWER_PROMPT | model
rewrite_chain = REWRITE_PROMPT | model


def handle(req):
    messages = recent_messages(chat_messages(req))
    if not messages or messages[-1]["role"] != "user":
        raise ClientError("The last message must be the user's question, as text.", code="no_question")
    return stream(answer(messages))


async def answer(messages: list[Message]) -> AsyncIterator[Any]:
    """The sections that were found, then the model's answer. messages: the conversation, the question last."""
    *history, last = messages
    question = last["content"]
    query = question
    if history:
        rewritten = await rewrite_chain.ainvoke({"conversation": conversation_text(messages)})
        query = rewritten.text.strip() or question
        # The rewritten question is no part of the answer, but its tokens are part of the usage.
        yield AIMessageChunk(content="", id=rewritten.id, usage_metadata=rewritten.usage_metadata)
    sections = await index.asearch(query, options.docs_sections)
    if not sections:
        yield AIMessageChunk(content=NOTHING_FOUND, response_metadata={"finish_reason": "stop"})
        return
    yield {"context": sections}
    prompt = {
        "system_prompt": options.system_prompt,
        "sections": sections_text(sections),
        "history": history,
        "question": question,
    }
    chunks: Any = answer_chain.astream(prompt)
    async with aclosing(chunks):
        async for chunk in chunks:
            yield chunk
