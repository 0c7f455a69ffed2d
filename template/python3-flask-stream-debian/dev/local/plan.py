"""Who is served where: ports, the watchdog's place, the mock."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local import ports, upstream, watchdog
from local.problem import Problem
from local.stack import Function, Stack


@dataclass(frozen=True)
class Seat:
    """`port` is what callers use; behind a watchdog the function itself listens on `inner_port`, else they are one."""

    function: Function
    port: int
    inner_port: int
    watchdog: str | None


@dataclass(frozen=True)
class Plan:
    """`mock` is the seat that the others ask for answers, if they do; `seats` has it too."""

    seats: tuple[Seat, ...]
    mock: Seat | None

    def settings(self, function: Function, variables: Mapping[str, str]) -> dict[str, str]:
        """What sends `function` to the mock, past the mock's watchdog, which would hold the answers back (Accept)."""
        if self.mock and upstream.asks_mock(function, variables):
            return upstream.mock_settings(self.mock.inner_port, variables)
        return {}


def plan(root: Path, stack: Stack, functions: list[Function], first_port: int, variables: Mapping[str, str]) -> Plan:
    """Ports from `first_port` up, which must be free; the first function behind of-watchdog if it is installed."""
    program = _usable_watchdog(variables, first_port)
    left_out = watchdog.METRICS_PORT if program else None
    public = [port for port in range(first_port, first_port + len(functions) + 1) if port != left_out]
    for port in public[: len(functions)]:
        ports.claim(port)
    inner_port, mock_port = ports.free(2)
    seats = [Seat(function, port, port, None) for function, port in zip(functions, public, strict=False)]
    if program:
        seats[0] = Seat(functions[0], public[0], inner_port, program)
    mock = None
    if upstream.needs_mock(root, functions, variables):
        mock = next((seat for seat in seats if seat.function.name == upstream.MOCK), None)
        if not mock:
            mock = Seat(upstream.mock(root, stack), mock_port, mock_port, None)
            seats.append(mock)
    return Plan(tuple(seats), mock)


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
