"""Which function is served on which port, which one behind the watchdog, and whether the mock is served too."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local import ports, upstream, watchdog
from local.problem import Problem
from local.stack import Function, Stack


@dataclass(frozen=True)
class Placement:
    """`port`: where callers connect. `inner_port`: where the function itself listens; the same without a watchdog."""

    function: Function
    port: int
    inner_port: int
    watchdog: str | None


@dataclass(frozen=True)
class Plan:
    """`mock`: where the functions send their requests, if they use the mock; `placements` has it too."""

    placements: tuple[Placement, ...]
    mock: Placement | None

    def settings(self, function: Function, variables: Mapping[str, str]) -> dict[str, str]:
        """The settings that send the function's requests to the mock, past its watchdog, which would buffer (T1)."""
        if self.mock and upstream.asks_mock(function, variables):
            return upstream.mock_settings(self.mock.inner_port, variables)
        return {}


def plan(root: Path, stack: Stack, functions: list[Function], first_port: int, variables: Mapping[str, str]) -> Plan:
    """Ports from `first_port` up, which must be free. The first function is behind of-watchdog if that is installed."""
    program = _usable_watchdog(variables, first_port)
    skipped_port = watchdog.METRICS_PORT if program else None
    public = [port for port in range(first_port, first_port + len(functions) + 1) if port != skipped_port]
    for port in public[: len(functions)]:
        ports.claim(port)
    inner_port, mock_port = ports.free(2)
    placements = [Placement(function, port, port, None) for function, port in zip(functions, public, strict=False)]
    if program:
        placements[0] = Placement(functions[0], public[0], inner_port, program)
    mock = None
    if upstream.needs_mock(root, functions, variables):
        mock = next((placement for placement in placements if placement.function.name == upstream.MOCK), None)
        if not mock:
            mock = Placement(upstream.mock(root, stack), mock_port, mock_port, None)
            placements.append(mock)
    return Plan(tuple(placements), mock)


def _usable_watchdog(variables: Mapping[str, str], first_port: int) -> str | None:
    program = watchdog.find(variables)
    if not program:
        return None
    if first_port == watchdog.METRICS_PORT:
        raise Problem(
            f"port {first_port} is where of-watchdog serves its metrics; choose another with --port N, "
            "or set OF_WATCHDOG empty to do without it"
        )
    if ports.is_taken(watchdog.METRICS_PORT):
        reason = f"port {watchdog.METRICS_PORT}, where it serves its metrics, is taken"
        print(f"Without of-watchdog: {reason}.", file=sys.stderr)
        return None
    return program
