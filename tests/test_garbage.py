"""Python does not stop all answers to look for garbage among what has been there since the start."""

import json
from pathlib import Path

from tests.fronts import DIRECT, lay_out, serve
from tests.platform.caller import Caller
from tests.platform.deadline import wait_until
from tests.platform.running import Running

HANDLER = """
import gc

PACKAGES = [[] for _ in range(100_000)]

def handle(req):
    return {"threshold": gc.get_threshold()[0], "looked_at": len(gc.get_objects())}
"""


def asked(function: Running) -> dict[str, int]:
    with Caller(function.port) as caller:
        found: dict[str, int] = json.load(caller.post(b"").response())
        return found


def test_what_was_imported_is_not_looked_at_again_once_a_request_was_served(tmp_path: Path) -> None:
    with serve(DIRECT, lay_out(tmp_path / "fn", HANDLER)) as function:
        assert asked(function)["looked_at"] > 100_000
        wait_until(lambda: asked(function)["looked_at"] < 20_000, "what was imported is left alone")


def test_collections_are_seldom(tmp_path: Path) -> None:
    with serve(DIRECT, lay_out(tmp_path / "fn", HANDLER)) as function:
        assert asked(function)["threshold"] >= 20_000
