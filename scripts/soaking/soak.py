"""All of a soak, in order: threads, warm-up, holdings, streams, holdings, ledger."""

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path

from soaking.client import read
from soaking.ledger import Ledger
from soaking.plan import SSE, Plan, draw
from soaking.process import Holdings, holdings
from soaking.upstream import Upstream
from tests.faults.process import pid_of
from tests.fronts import FUNCTIONS, Front, lay_out, records, serve
from tests.platform.running import Running

SETTINGS = {
    "heartbeat_interval": "500ms",
    "commit_after": "500ms",
    "upstream_idle_timeout": "5s",
    "write_stall_timeout": "3s",
    "write_timeout": "21s",
    "max_streams": "1000",
    "log_buffer_size": "-1",
}
AT_A_TIME = 100
SETTLED_S = 30.0
KEPT_S = 8.0
"""Longer than httpx keeps an idle connection."""

SETTLING = Plan(-1, "reads", "answers", SSE, 1, 0)

FILLING = Plan(-1, "reads", "never answers", SSE, 1, 0)
"""Each keeps a thread until upstream_idle_timeout."""


async def soak(front: Front, folder: Path, *, streams: int, seed: int) -> Ledger:
    """The ledger of this number of streams through stream-openai, after a warm-up of the same kind."""
    upstream = Upstream()
    lay_out(folder, FUNCTIONS / "stream-openai")
    async with upstream.serving() as url:
        with serve(front, folder, SETTINGS, openai_base_url=url) as running:
            return await _soak(running, upstream, front.name, streams, seed)


async def _soak(running: Running, upstream: Upstream, name: str, streams: int, seed: int) -> Ledger:
    pid = pid_of(running)
    await read(SETTLING, "first", running.port)  # alone, because it makes the SDK's client
    # Threads start while few are idle, and stay. After this there are more than any of the streams needs.
    await asyncio.gather(*(read(FILLING, f"filling-{number}", running.port) for number in range(3 * AT_A_TIME)))
    await _all(draw(max(3 * AT_A_TIME, streams // 4), seed + 1), "warm-up", running.port)
    before = await _settled(pid, running.port, None)
    upstream.calls.clear()
    plans = {f"soak-{plan.number}": plan for plan in draw(streams, seed)}
    began = time.monotonic()
    seen = await _all(plans.values(), "soak", running.port)
    seconds = time.monotonic() - began
    after = await _settled(pid, running.port, before)
    await _until_logged(running, {call_id for call_id, end in seen.items() if end != "disconnected"})
    return Ledger(
        front=name,
        plans=plans,
        seen=seen,
        records=records(running),
        calls={number: times for number, times in upstream.calls.items() if int(number) >= 0},
        before=before,
        after=after,
        open_upstream=upstream.open,
        tracebacks=sum("Traceback" in line for line in running.output()),
        seconds=seconds,
    )


async def _all(plans: Iterable[Plan], name: str, port: int) -> dict[str, str]:
    """What each client saw, by call id; no more than AT_A_TIME at a time."""
    seen: dict[str, str] = {}
    waiting = iter(plans)

    async def one_after_the_other() -> None:
        for plan in waiting:
            call_id = f"{name}-{plan.number}"
            seen[call_id] = await read(plan, call_id, port)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_A_TIME):
            group.create_task(one_after_the_other())
    return seen


async def _settled(pid: int, port: int, expected: Holdings | None) -> Holdings:
    """What the process holds once nothing is under way, or once it holds no more than expected."""
    end = time.monotonic() + SETTLED_S
    samples: list[Holdings] = []
    await asyncio.sleep(KEPT_S)
    while time.monotonic() < end:
        await read(SETTLING, "settling", port)  # makes the function close connections that it has kept for too long
        await asyncio.sleep(1)
        samples.append(holdings(pid))
        counts = [(sample.threads, sample.sockets) for sample in samples[-3:]]
        if len(counts) == 3 and len(set(counts)) == 1 and (expected is None or samples[-1].is_within(expected)):
            break
    return samples[-1]


async def _until_logged(running: Running, call_ids: set[str]) -> None:
    """Returns once the log has these answers, or after SETTLED_S."""
    end = time.monotonic() + SETTLED_S
    while time.monotonic() < end:
        if call_ids <= {str(record["call_id"]) for record in records(running)}:
            return
        await asyncio.sleep(0.2)
