"""A short soak: some hundred streams with faults on both sides leave nothing behind, and each has its record."""

import asyncio
from pathlib import Path

from soaking.plan import CLIENT, FITTING, UPSTREAM, draw
from soaking.soak import soak
from tests.platform.watchdogs import Watchdog


def test_some_hundred_streams_leave_nothing_behind(watchdog: Watchdog, tmp_path: Path) -> None:
    ledger = asyncio.run(soak(watchdog, tmp_path / "fn", streams=300, seed=7))
    print(ledger.table())
    assert ledger.problems() == []


def test_every_kind_of_client_meets_every_fault_in_the_long_form() -> None:
    met = {(plan.client, plan.upstream) for plan in draw(20_000, 1)}
    usual = {(client, upstream) for client in CLIENT if client not in FITTING for upstream in UPSTREAM}
    assert usual <= met
    assert {client for client, _ in met} == set(CLIENT)
