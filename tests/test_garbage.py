"""Python does not stop all answers to search the objects of the start for garbage."""

import json
from pathlib import Path

from tests.fronts import DIRECT, lay_out, serve
from tests.platform.caller import Caller

HANDLER = """
import gc

PACKAGES = [[] for _ in range(100_000)]

def handle(req):
    return {"threshold": gc.get_threshold()[0], "looked_at": len(gc.get_objects())}
"""


def test_collections_are_seldom_and_spare_what_was_imported(tmp_path: Path) -> None:
    with serve(DIRECT, lay_out(tmp_path / "fn", HANDLER)) as function, Caller(function.port) as caller:
        state = json.load(caller.post(b"").response())
    assert state["threshold"] >= 10_000
    assert state["looked_at"] < 10_000
