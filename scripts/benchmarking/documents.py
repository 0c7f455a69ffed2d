"""A collection of Markdown that `ask-docs` is measured with: 10,000 sections of about 800 characters."""

import random
from pathlib import Path

SECTIONS = 10_000
_FILES, _WORDS = 100, 110
_VOCABULARY = 20_000


def write(folder: Path) -> Path:
    """Writes the collection, which is the same each time. Returns the folder."""
    folder.mkdir(parents=True)
    chance = random.Random(1)
    letters = "aeiounrtlsdcmpgbv"
    words = ["".join(chance.choices(letters, k=chance.randint(2, 11))) for _ in range(_VOCABULARY)]
    words[100:104] = ["calorie", "dense", "foods", "tokens"]  # of the benchmark's prompt
    weights = [1 / rank for rank in range(1, _VOCABULARY + 1)]  # as often as words are in real texts (Zipf)
    for file in range(_FILES):
        sections = []
        for number in range(SECTIONS // _FILES):
            text = chance.choices(words, weights, k=_WORDS)
            code = f"```py\n{text[0]}_{text[1]} = {number}\n```"
            before, after = " ".join(text[:60]), " ".join(text[60:])
            sections.append(f"## {text[2]} {text[3]}\n\n{before}\n\n{code}\n\n{after}\n")
        (folder / f"{file}.md").write_text("\n".join([f"# Page {file}\n", *sections]))
    return folder
