"""mock-openai as the upstream of every client that speaks OpenAI's protocol."""

from collections.abc import Iterator

import httpx
import pytest

from tests.clients.catalogue import OF_OPENAI, Nodes
from tests.clients.reports import Delta, End, Failed, Question, Report
from tests.fronts import FUNCTIONS, Front, lay_out, serve
from tests.platform.running import Running

TEXT = "Hello, wörld 🥜 — one two three\nfour"

each_client = pytest.mark.parametrize("name", OF_OPENAI)


@pytest.fixture(scope="module")
def mock(way: Front, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = lay_out(tmp_path_factory.mktemp("build") / "fn", FUNCTIONS / "mock-openai")
    with serve(way, folder, mock_tokens_per_second="200", mock_time_to_first_token="0") as running:
        httpx.delete(f"{running.url}/mock/calls")
        yield running


def ask(mock: Running, name: str, nodes: Nodes, model: str = "mock") -> Iterator[Report]:
    return OF_OPENAI[name].ask_by(nodes)(Question(mock.url, f"echo: {TEXT}", model=model))


def count_calls(mock: Running) -> int:
    counted: dict[str, int] = httpx.get(f"{mock.url}/mock/calls").json()["calls"]
    return sum(counted.values())


@each_client
def test_the_answer_is_whole(mock: Running, name: str, nodes: Nodes) -> None:
    before = count_calls(mock)
    *deltas, end = ask(mock, name, nodes)
    assert "".join(item.text for item in deltas if isinstance(item, Delta)) == TEXT
    assert isinstance(end, End)
    assert end.reason == "stop"
    assert end.tokens
    assert count_calls(mock) == before + 1


@each_client
def test_deltas_are_there_before_the_answer_is_over(mock: Running, name: str, nodes: Nodes) -> None:
    answer = ask(mock, name, nodes, "mock-silence-fast")  # says nothing more after five tokens, nor ends
    assert isinstance(next(answer), Delta)
    assert isinstance(next(answer), Delta)
    answer.close()  # type: ignore[attr-defined]


@each_client
@pytest.mark.parametrize("fault", ["429", "error-midstream"])
def test_its_faults_are_the_clients_own_errors(mock: Running, name: str, nodes: Nodes, fault: str) -> None:
    client = OF_OPENAI[name]
    reports = list(ask(mock, name, nodes, f"mock-{fault}-fast"))
    if (name, fault) == ("npm-ai-5", "error-midstream"):  # it overlooks an error in a chunk that has choices too
        assert isinstance(reports[-1], End)
        assert reports[-1].reason == "unknown"
        return
    failed = next(item for item in reports if isinstance(item, Failed))
    assert failed.name == (client.refused if fault == "429" else client.broken)
