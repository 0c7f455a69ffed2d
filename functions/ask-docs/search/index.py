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
    """Sections by the words of a question, ranked with BM25.

    The index is built in a thread of its own from the moment on in which the object is made. min_match: from 0 to 1,
    how much of a question's weight a section must have to be found at all; a rare word weighs more than a common one.
    """

    def __init__(self, sections: Sequence[Document], *, min_match: float = 0.25) -> None:
        builder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="index")
        self._retriever = builder.submit(_retriever, sections, min_match)
        builder.shutdown(wait=False)

    async def asearch(self, question: str, most: int) -> list[Document]:
        """As `search`, once the index is built. The event loop is free meanwhile."""
        await asyncio.shield(asyncio.wrap_future(self._retriever))
        return await asyncio.to_thread(self.search, question, most)

    def search(self, question: str, most: int) -> list[Document]:
        """The sections that match best, at most this number, each with its `score` in the metadata; [] if none does.

        Waits until the index is built.
        """
        retriever = self._retriever.result()
        return retriever.model_copy(update={"k": most}).invoke(question) if retriever else []


def _retriever(sections: Sequence[Document], min_match: float) -> BaseRetriever | None:
    """The retriever of the sections; None if there is no word in them, which rank-bm25 cannot index."""
    # langchain-community warns whoever imports it that it is no longer developed. The README of ask-docs says what to
    # use in its place; the log of a function need not repeat it at each start.
    warnings.filterwarnings("ignore", message="`langchain-community` is being sunset", category=DeprecationWarning)
    # Here, because this import takes longer than all others, and because this is the only place.
    from langchain_community.retrievers import BM25Retriever

    texts = [f"{section.metadata['title']}\n{section.page_content}" for section in sections]
    if not any(map(terms, texts)):
        return None
    ranking = Ranking(map(terms, texts), min_match)
    return BM25Retriever(vectorizer=ranking, docs=list(sections), preprocess_func=question_terms)
