"""What an upstream does with a call, as scripts for `tests.upstream`, and what the call has asked."""

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


def said(call: Call) -> list[tuple[str, str]]:
    """The roles and texts of the conversation that the page has sent."""
    return [(message["role"], message["content"]) for message in call.body["messages"]]
