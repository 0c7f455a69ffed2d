"""stream_timeout: a shorter deadline of one's own."""

from tests.faults.kinds import KINDS
from tests.faults.reader import SlowReader, readers_of
from tests.faults.scripts import first, play, silence
from tests.platform.deadline import wait_until
from tests.platform.running import Running
from tests.upstream import Upstream

SETTINGS = {"stream_timeout": "2s", "commit_after": "200ms", "write_stall_timeout": "60s"}
USED = KINDS


def test_a_shorter_limit_ends_the_answer_in_words(function: Running, upstream: Upstream) -> None:
    upstream.script = play(first, silence)
    with readers_of(function, KINDS) as readers:
        for case, reader in readers.items():
            assert reader.code() == "deadline_exceeded", case
            assert b"data: first\n\n" in reader.rest(), case
            assert reader.record()["duration_s"] > 1.9, case
    assert all(call.left.wait(5) for call in upstream.calls)


def test_a_reader_too_slow_to_be_told_is_broken_off(function: Running) -> None:
    with SlowReader(function, "/flood/endless") as reader:
        wait_until(lambda: bool(reader.take(1024)) and reader.has_record(), "the log has the answer", 15)
        assert reader.record()["outcome"] == "deadline_exceeded"
