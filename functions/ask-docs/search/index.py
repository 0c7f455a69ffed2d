"""The search in a collection of sections, built once and in the background."""

import asyncio
import heapq
import math
import warnings
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from langchain_core.documents import Document

from .words import question_terms, terms

_MOST_TERMS = 16
"""Of a question; the heaviest. Time grows with their number, and a question may be as long as a request's body."""

_WORDS_OF_A_LONG_QUESTION = 8
"""Rare words; `min_match` is a part of them at most, because no section has a quarter of a pasted log."""

_ENOUGH = 500
"""Sections to rank: those with a question's rarest words, until there are this many."""

_TOO_MANY = 1000
"""Of more sections than these, only those with the next rare words too are ranked: all words are common ones then.

If there are more than three times as many even so, those that have the rarest word most often.
"""


class Index:
    """Sections by the words of a question, ranked with BM25.

    The index is built in a thread of its own from the moment on in which the object is made. min_match: from 0 to 1,
    how much of a question's weight a section must have to be found at all; a rare word weighs more than a common one.
    """

    def __init__(self, sections: Sequence[Document], *, min_match: float = 0.25) -> None:
        self._sections, self._min_match = sections, min_match
        builder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="index")
        self._built = builder.submit(self._build)
        builder.shutdown(wait=False)

    async def asearch(self, question: str, most: int) -> list[Document]:
        """As `search`, once the index is built. The event loop is free meanwhile."""
        await asyncio.shield(asyncio.wrap_future(self._built))
        return await asyncio.to_thread(self.search, question, most)

    def search(self, question: str, most: int) -> list[Document]:
        """The sections that match best, at most this number, each with its `score` in the metadata; [] if none does.

        Waits until the index is built.
        """
        self._built.result()
        # A word that no section has weighs as much as the rarest.
        weights = {term: self._inverse(len(self._sections_of.get(term, ())) or 1) for term in question_terms(question)}
        known = sorted(weights.keys() & self._sections_of.keys(), key=lambda term: (-weights[term], term))[:_MOST_TERMS]
        candidates = self._candidates(known, most)
        if not candidates:
            return []
        numbers = sorted(candidates)
        scores = self._bm25.get_batch_scores(known, numbers)
        most_needed = _WORDS_OF_A_LONG_QUESTION * self._inverse(1)
        needed = self._min_match * min(most_needed, sum(weights.values()))
        best = heapq.nlargest(most, zip(scores, (-number for number in numbers), strict=True))
        found = []
        for score, number in ((score, -number) for score, number in best):
            frequencies = self._bm25.doc_freqs[number]
            if sum(weights[term] for term in known if term in frequencies) >= needed:
                section = self._sections[number]
                metadata = {**section.metadata, "score": round(score, 3)}
                found.append(Document(page_content=section.page_content, metadata=metadata))
        return found

    def _candidates(self, known: Sequence[str], most: int) -> set[int]:
        """The sections that are worth ranking. known: the question's terms, the rarest first."""
        candidates: set[int] = set()
        for term in known:
            sections = self._sections_of[term]
            if len(candidates) < _ENOUGH:
                candidates.update(sections)
            elif len(candidates) > _TOO_MANY and len(narrower := candidates.intersection(sections)) >= most:
                candidates = narrower
        if len(candidates) > 3 * _TOO_MANY:
            frequencies = self._bm25.doc_freqs
            return set(
                heapq.nlargest(3 * _TOO_MANY, candidates, key=lambda number: frequencies[number].get(known[0], 0))
            )
        return candidates

    def _build(self) -> None:
        # langchain-community warns whoever imports it that it is no longer developed. The README of ask-docs says what
        # to use in its place; the log of a function need not repeat it at each start.
        warnings.filterwarnings("ignore", message="`langchain-community` is being sunset", category=DeprecationWarning)
        # Here, because the import takes longer than that of anything else, and because this is the only place.
        from langchain_community.retrievers import BM25Retriever

        texts = [f"{section.metadata['title']}\n{section.page_content}" for section in self._sections]
        self._sections_of: defaultdict[str, list[int]] = defaultdict(list)
        if not any(map(terms, texts)):  # which rank-bm25 cannot index
            return
        self._bm25 = BM25Retriever.from_texts(texts, preprocess_func=terms).vectorizer
        for number, frequencies in enumerate(self._bm25.doc_freqs):
            for term in frequencies:
                self._sections_of[term].append(number)
        # The weights of rank-bm25 are zero or less in a small collection, which would find nothing. These are Lucene's.
        self._bm25.idf = {term: self._inverse(len(numbers)) for term, numbers in self._sections_of.items()}

    def _inverse(self, frequency: int) -> float:
        """The weight of a term that so many sections have: the rarer, the more."""
        return math.log(1 + (len(self._sections) - frequency + 0.5) / (frequency + 0.5))
