import threading
from collections.abc import ItemsView

from .modules import load

Calls = load("calls").Calls


def test_calls_are_counted_by_path_and_the_last_is_kept_without_its_key() -> None:
    calls = Calls()
    calls.called("POST", "/v1/completions", {}, "")
    headers = {"Authorization": "Bearer s", "Api-Key": "s", "Cookie": "s", "X-Call-Id": "7"}
    calls.called("POST", "/v1/completions", headers, "{}")
    report = calls.report({}, 0)
    assert report["calls"] == {"/v1/completions": 2}
    assert report["last"] == {"method": "POST", "path": "/v1/completions", "headers": {"x-call-id": "7"}, "body": "{}"}


def test_a_reset_forgets_all_but_what_is_open() -> None:
    calls = Calls()
    calls.called("POST", "/v1/completions", {}, "")
    calls.opened()
    calls.opened()
    calls.sent(5)
    calls.ended(is_abandoned=True)
    calls.reset()
    answers = {"open": 1, "finished": 0, "abandoned": 0}
    assert calls.report({}, 0) == {"calls": {}, "answers": answers, "tokens_sent": 0, "last": None}


class Awaited(dict[str, int]):
    """Numbers to wait for. They report when they are read for the first time."""

    def __init__(self, **until: int) -> None:
        super().__init__(until)
        self.at_them = threading.Event()

    def items(self) -> ItemsView[str, int]:  # type: ignore[override]  # dict_items is in no module
        self.at_them.set()
        return super().items()


def test_a_report_waits_for_what_it_is_asked_for_and_is_woken() -> None:
    calls, until, reports = Calls(), Awaited(open=0, abandoned=1), []
    calls.opened()
    waiting = threading.Thread(target=lambda: reports.append(calls.report(until, 60)), daemon=True)
    waiting.start()
    assert until.at_them.wait(20)
    calls.ended(is_abandoned=True)
    waiting.join(20)
    assert [report["answers"] for report in reports] == [{"open": 0, "finished": 0, "abandoned": 1}]


def test_a_report_waits_no_longer_than_its_timeout() -> None:
    assert Calls().report({"finished": 1}, 0.01)["answers"]["finished"] == 0


def test_many_threads_lose_no_count() -> None:
    calls = Calls()

    def answer() -> None:
        for _ in range(200):
            calls.opened()
            calls.sent(1)
            calls.ended(is_abandoned=False)

    threads = [threading.Thread(target=answer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = calls.report({}, 0)
    assert (report["answers"]["open"], report["answers"]["finished"], report["tokens_sent"]) == (0, 1600, 1600)
