"""The search of `ask-docs` by itself: how soon its index is ready, and how long a search takes."""

import json
import os
import subprocess
from dataclasses import dataclass
from statistics import median

from benchmarking.contenders import DOCUMENTS, Contender
from benchmarking.packages import PEERS


@dataclass(frozen=True, slots=True)
class Search:
    """ready_ms: from the files to the index. p50_ms, max_ms: of a search for a question of 3 to 40 words."""

    contender: str
    ready_ms: float
    p50_ms: float
    max_ms: float


def search(contender: Contender) -> Search:
    """Measures the function's own modules in a process without anything else."""
    python = contender.programs / "python" if contender.programs else "python"
    result = subprocess.run(
        [python, PEERS / "search_alone.py", contender.settings[DOCUMENTS]],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(contender.folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    measured = json.loads(result.stdout)
    return Search(contender.name, measured["ready_ms"], median(measured["searches_ms"]), max(measured["searches_ms"]))
