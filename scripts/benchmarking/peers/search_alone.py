# mypy: ignore-errors
# It runs in a function's folder, whose modules mypy does not know here.
"""Searches a folder of Markdown with the modules of `ask-docs`, and prints the times as JSON."""

import json
import random
import sys
import time
from pathlib import Path

from function.search import Index, read_sections

SEARCHES = 100

began = time.perf_counter()
sections = read_sections(Path(sys.argv[1]))
index = Index(sections)
index.search("anything", 4)  # waits for the index
ready_ms = 1000 * (time.perf_counter() - began)

chance = random.Random(2)
words = " ".join(section.page_content for section in chance.sample(sections, 200)).split()
searches_ms = []
for _ in range(SEARCHES):
    question = " ".join(chance.choices(words, k=chance.randint(3, 40)))
    began = time.perf_counter()
    index.search(question, 4)
    searches_ms.append(1000 * (time.perf_counter() - began))
print(json.dumps({"ready_ms": ready_ms, "searches_ms": searches_ms}))
