"""Which function is served on which port."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from local import ports
from local.plan import Plan, plan
from local.problem import Problem
from local.stack import Function, Stack
from tests.project import LANG

NAMES = ("a", "b", "mock-openai")
STACK = Stack({name: Function(name, LANG, f"./{name}") for name in NAMES})
WITH_WATCHDOG = {"OF_WATCHDOG": "true"}
WITHOUT = {"OF_WATCHDOG": ""}


@pytest.fixture(autouse=True)
def taken_ports(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The ports that are taken on this machine: none, unless a test adds one."""
    ports_taken: set[int] = set()
    monkeypatch.setattr(ports, "is_taken", ports_taken.__contains__)
    return ports_taken


def planned(root: Path, *names: str, first_port: int = 8080, variables: Mapping[str, str] = WITHOUT) -> Plan:
    return plan(root, STACK, [STACK.functions[name] for name in names], first_port, variables)


def public(made: Plan) -> dict[str, int]:
    return {placement.function.name: placement.port for placement in made.placements}


def test_ports_follow_one_another(tmp_path: Path) -> None:
    assert public(planned(tmp_path, *NAMES)) == {"a": 8080, "b": 8081, "mock-openai": 8082}


def test_the_watchdogs_metrics_keep_their_port(tmp_path: Path) -> None:
    made = planned(tmp_path, *NAMES, variables=WITH_WATCHDOG)
    assert public(made) == {"a": 8080, "b": 8082, "mock-openai": 8083}


def test_one_function_is_behind_the_watchdog_and_listens_on_another_port(tmp_path: Path) -> None:
    first, *others = planned(tmp_path, *NAMES, variables=WITH_WATCHDOG).placements
    assert str(first.watchdog).endswith("/true")
    assert first.inner_port not in range(8080, 8084)
    assert [(seat.watchdog, seat.inner_port) for seat in others] == [(None, seat.port) for seat in others]


def test_functions_call_a_mock_past_its_watchdog(tmp_path: Path) -> None:
    made = planned(tmp_path, "mock-openai", "a", variables=WITH_WATCHDOG)
    inner = made.placements[0].inner_port
    assert made.settings(STACK.functions["a"], {})["openai_base_url"] == f"http://127.0.0.1:{inner}/v1"
    assert made.settings(STACK.functions["mock-openai"], {}) == {}


def test_the_mock_is_not_called_through_the_callers_proxy(tmp_path: Path) -> None:
    made = planned(tmp_path, "a")
    settings = made.settings(STACK.functions["a"], {"no_proxy": "example.com"})
    assert (settings["no_proxy"], settings["NO_PROXY"]) == ("example.com,127.0.0.1", "127.0.0.1")


def test_a_stack_without_a_mock_gets_the_templates_own(tmp_path: Path) -> None:
    function = STACK.functions["a"]
    made = plan(tmp_path, Stack({"a": function}), [function], 8080, WITHOUT)
    assert made.mock
    assert (tmp_path / made.mock.function.handler / "handler.py").is_file()
    assert made.settings(function, {})["openai_base_url"] == f"http://127.0.0.1:{made.mock.port}/v1"


@pytest.mark.parametrize("name", ["openai_base_url", "azure_endpoint"])
def test_there_is_no_mock_for_functions_that_name_an_upstream(tmp_path: Path, name: str) -> None:
    variables = {**WITHOUT, name: "http://127.0.0.1:9/v1"}
    made = planned(tmp_path, "a", variables=variables)
    assert (made.mock, public(made), made.settings(STACK.functions["a"], variables)) == (None, {"a": 8080}, {})


@pytest.mark.parametrize("port", [8080, 8081])
def test_any_taken_port_is_a_problem(tmp_path: Path, taken_ports: set[int], port: int) -> None:
    taken_ports.add(port)
    with pytest.raises(Problem, match=f"^port {port} is taken; end what listens there, or choose other ports"):
        planned(tmp_path, "a", "b")


def test_taken_metrics_leave_the_watchdog_out(tmp_path: Path, taken_ports: set[int]) -> None:
    taken_ports.add(8081)
    made = planned(tmp_path, "a", variables=WITH_WATCHDOG)
    assert [placement.watchdog for placement in made.placements] == [None, None]
