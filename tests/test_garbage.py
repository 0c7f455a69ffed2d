"""Python does not stop all answers to look for garbage among what has been there since the start."""

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
        found = json.load(caller.post(b"").response())
    assert found["threshold"] >= 10_000
    assert found["looked_at"] < 10_000
