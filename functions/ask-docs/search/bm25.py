"""The ranking of sections: rank-bm25's scores, calculated from a list of sections for each term.

rank-bm25 itself has a list of terms for each section, and reads all of these lists for each term of a question.
"""

import math
from array import array
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from langchain_core.documents import Document
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi

_MOST_TERMS = 16
"""How many terms of a question are searched for: the heaviest ones. The time of a search grows with this number, and a
question may be as long as a request's body."""

_WORDS_OF_A_LONG_QUESTION = 8
"""A question counts as having at most the weight of this many rare words when `min_match` is applied: no section has a
quarter of the words of a pasted log."""


class Ranking(BM25Okapi):
    """The vectorizer of a BM25Retriever. corpus: the terms of each section; at least one section must have a term.

    min_match: from 0 to 1, how much of a question's weight a section must have to be found at all; a rare word weighs
    more than a common one.
    """

    idf: dict[str, float]

    def __init__(self, corpus: Iterable[Sequence[str]], min_match: float = 0) -> None:
        super().__init__(corpus)
        self._min_match = min_match
        places = {term: place for place, term in enumerate(self.idf)}
        terms, counts = array("i"), array("i")
        for frequencies in self.doc_freqs:
            terms.extend(map(places.__getitem__, frequencies))
            counts.extend(frequencies.values())
        by_term = np.argsort(terms, kind="stable")
        sizes = [len(frequencies) for frequencies in self.doc_freqs]
        self._sections = np.repeat(np.arange(self.corpus_size), sizes)[by_term]
        count = np.array(counts)[by_term]
        length = np.array(self.doc_len)[self._sections]
        self._gains = count * (self.k1 + 1) / (count + self.k1 * (1 - self.b + self.b * length / self.avgdl))
        ends = np.cumsum(np.bincount(terms)).tolist()
        self._entries = {term: slice(*bounds) for term, bounds in zip(self.idf, pairwise([0, *ends]), strict=True)}
        # The weights of rank-bm25 are zero or less in a small collection, which would find nothing. These are Lucene's.
        self.idf = {term: self._inverse(entries.stop - entries.start) for term, entries in self._entries.items()}

    def get_scores(self, query: Iterable[str]) -> NDArray[np.float64]:
        """The score of each section, as rank-bm25 would calculate it."""
        scores = np.zeros(self.corpus_size)
        for term in query:
            if entries := self._entries.get(term):
                scores[self._sections[entries]] += self.idf[term] * self._gains[entries]
        return scores

    def get_top_n(self, query: Iterable[str], documents: Sequence[Document], n: int = 5) -> list[Document]:
        """The sections that match best, at most `n`, each with its `score` in the metadata.

        query: different terms. documents: the sections.
        """
        # A word that no section has weighs as much as the rarest.
        weights = {term: self.idf.get(term, self._inverse(1)) for term in query}
        heaviest = sorted(weights, key=lambda term: (-weights[term], term))
        known = [term for term in heaviest if term in self._entries][:_MOST_TERMS]
        matched = np.zeros(self.corpus_size)  # how much of the question's weight each section has
        for term in known:
            matched[self._sections[self._entries[term]]] += weights[term]
        most_needed = _WORDS_OF_A_LONG_QUESTION * self._inverse(1)
        needed = self._min_match * min(most_needed, sum(weights[term] for term in heaviest))
        candidates = np.flatnonzero((matched > 0) & (matched >= needed))
        scores = self.get_scores(known)[candidates]
        best = np.argsort(-scores, kind="stable")[:n]
        return [
            Document(
                page_content=documents[number].page_content,
                metadata={**documents[number].metadata, "score": round(score, 3)},
            )
            for number, score in zip(candidates[best].tolist(), scores[best].tolist(), strict=True)
        ]

    def _inverse(self, frequency: int) -> float:
        """The weight of a term that this many sections have: a rarer term weighs more."""
        return math.log(1 + (self.corpus_size - frequency + 0.5) / (frequency + 0.5))
