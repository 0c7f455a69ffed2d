"""What an upstream does with a call, as scripts for `tests.upstream`."""

from tests.upstream import Call, Script


def ends(*deltas: str, reason: str) -> Script:
    """An answer of these deltas that ends for this reason."""

    def script(call: Call) -> None:
        call.delta(*deltas)
        call.finish(reason)

    return script


def begins(*deltas: str) -> Script:
    """An answer of these deltas that does not end until its client disconnects."""

    def script(call: Call) -> None:
        call.delta(*deltas)
        call.wait_for_disconnect()

    return script
