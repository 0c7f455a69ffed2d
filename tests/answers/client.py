"""A client's connection that does what a test says."""

from collections.abc import Callable

from faas_stream.answers.connection import Connection


class Client(Connection):
    """is_gone_now, unsent_bytes, stall_s and age_s are set by the test; `sent` is what was written."""

    def __init__(self) -> None:
        self.is_gone_now = self.is_ended = self.is_complete = self.is_broken_off = False
        self.unsent_bytes = 0
        self.stall_s = self.age_s = 0.0
        self.sent: list[bytes] = []
        self.heads: list[tuple[str, dict[str, str]]] = []
        self.on_write: Callable[[bytes], object] = lambda _data: None

    def start_response(
        self, status: str, headers: list[tuple[str, str]], *_exc_info: object
    ) -> Callable[[bytes], None]:
        self.heads.append((status, dict(headers)))
        return self.write

    def write(self, data: bytes) -> None:
        self.on_write(data)
        self.sent.append(data)

    @property
    def received(self) -> str:
        return b"".join(self.sent).decode()

    def age(self) -> float:
        return self.age_s

    def is_gone(self) -> bool:
        return self.is_gone_now

    def unsent(self) -> int:
        return self.unsent_bytes

    def stalled_s(self) -> float:
        return self.stall_s

    def end_response(self, *, is_complete: bool) -> None:
        self.is_ended, self.is_complete = True, is_complete

    def break_off(self) -> None:
        self.is_broken_off = self.is_gone_now = True
