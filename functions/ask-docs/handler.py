"""Answers questions about a folder of Markdown, with LangChain, and cites the sections that the answer rests on."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from langchain_core.messages import AIMessageChunk

from faas_stream import ClientError, chat_messages, stream

from .model import make_model
from .options import Options
from .prompt import ANSWER, STANDALONE, Message, conversation_text, sections_text, spoken
from .search import Index, read_sections

NOTHING_FOUND = "I found nothing about that in the documents."

options = Options.of()
index = Index(
    read_sections(options.docs_dir, options.docs_url, options.docs_section_chars), min_match=options.docs_min_match
)
model = make_model()
answering = ANSWER | model
rewriting = STANDALONE | model


def handle(req):
    messages = spoken(chat_messages(req))
    if not messages or messages[-1]["role"] != "user":
        raise ClientError("The last message must be the user's question, as text.", code="no_question")
    return stream(answer(messages))


async def answer(messages: list[Message]) -> AsyncIterator[Any]:
    """The sections that were found, then the model's answer. messages: the conversation, the question last."""
    *history, last = messages
    question = last["content"]
    searched = question
    if history:
        rewritten = await rewriting.ainvoke({"conversation": conversation_text(messages)})
        searched = rewritten.text.strip() or question
        # Not its text, which is no part of the answer; its cost is.
        yield AIMessageChunk(content="", id=rewritten.id, usage_metadata=rewritten.usage_metadata)
    sections = await index.asearch(searched, options.docs_sections)
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
    chunks: Any = answering.astream(prompt)
    async with aclosing(chunks):
        async for chunk in chunks:
            yield chunk
