"""The search in a collection of sections, built once and in the background."""

import asyncio
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from .bm25 import Ranking
from .words import question_terms, terms


class Index:
    """Finds sections by the words of a question, and ranks them with BM25.

    A thread of its own begins to build the index when the object is made. min_match: from 0 to 1, how much of a
    question's weight a section must have to be found at all; a rare word weighs more than a common one.
    """

    def __init__(self, sections: Sequence[Document], *, min_match: float = 0.25) -> None:
        builder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="index")
        self._retriever = builder.submit(_retriever, sections, min_match)
        builder.shutdown(wait=False)

    async def asearch(self, question: str, most: int) -> list[Document]:
        """The same as `search`. The event loop is free while the index is built and while it is searched."""
        await asyncio.shield(asyncio.wrap_future(self._retriever))
        return await asyncio.to_thread(self.search, question, most)

    def search(self, question: str, most: int) -> list[Document]:
        """The sections that match best, at most this number, each with its `score` in the metadata; [] if none does.

        Waits until the index is built.
        """
        retriever = self._retriever.result()
        return retriever.model_copy(update={"k": most}).invoke(question) if retriever else []


def _retriever(sections: Sequence[Document], min_match: float) -> BaseRetriever | None:
    """The retriever of the sections; None if they have no word, because rank-bm25 cannot index that."""
    # langchain-community warns at its import that it is no longer developed. The README of ask-docs says what to use in
    # its place, so the log of a function need not repeat the warning at each start.
    warnings.filterwarnings("ignore", message="`langchain-community` is being sunset", category=DeprecationWarning)
    # Imported here, in the thread that builds the index, because this import takes longer than any other.
    from langchain_community.retrievers import BM25Retriever

    texts = [f"{section.metadata['title']}\n{section.page_content}" for section in sections]
    if not any(map(terms, texts)):
        return None
    ranking = Ranking(map(terms, texts), min_match)
    return BM25Retriever(vectorizer=ranking, docs=list(sections), preprocess_func=question_terms)
