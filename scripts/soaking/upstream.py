"""An upstream for thousands of calls, in the soak's own event loop, that does as the prompt says."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

IDLE_S = 60.0
"""How long a connection waits for its next call: longer than an SDK keeps it, so that the SDK closes it first."""

_HEAD = "HTTP/1.1 {}\r\nContent-Type: {}\r\n{}\r\n\r\n"
_REFUSAL = b'{"error": {"message": "no", "type": "t", "code": "c", "param": null}}'


class Upstream:
    """calls: how often each stream's number has come. open: calls that are under way."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.open = 0
        self._connections: set[asyncio.StreamWriter] = set()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Serves at the base URL that it yields."""
        server = await asyncio.start_server(self._converse, "127.0.0.1", 0, backlog=1024)
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        server.close()
        for connection in self._connections:
            connection.transport.abort()
        await asyncio.sleep(0.5)  # until the open calls have noticed it

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            while True:
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), IDLE_S)
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
                body = json.loads(await reader.readexactly(length))
                self.open += 1
                try:
                    await Call(reader, writer).answer(self._prompt(body))
                finally:
                    self.open -= 1
        self._connections.discard(writer)
        writer.close()

    def _prompt(self, body: dict[str, list[dict[str, str]]]) -> str:
        number, _, prompt = body["messages"][-1]["content"].partition(" ")
        self.calls[number] += 1
        return prompt


class Call:
    """One call. Sending raises OSError once the client has disconnected."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def answer(self, prompt: str) -> None:
        what, _, tokens = prompt.rpartition(" ")
        if what.startswith("refuses"):
            return await self._refuse(what.rpartition(" ")[2])
        if what == "never answers":
            return await self._wait_until_disconnected()
        if what == "hesitates":
            await asyncio.sleep(0.02 * int(tokens))
        self._send(_HEAD.format("200 OK", "text/event-stream", "Transfer-Encoding: chunked").encode())
        if what == "only comments":
            return await self._comment()
        await self._say(what, int(tokens))
        if what == "falls silent":
            return await self._wait_until_disconnected()
        if what == "cuts":
            raise ConnectionAbortedError
        if what == "sends an error":
            self._frame({"error": {"message": "no", "code": "x"}})
        else:
            self._delta({}, "stop")
            self._chunk(b"data: [DONE]\n\n")
        self._send(b"0\r\n\r\n")
        return await self._writer.drain()

    async def _say(self, what: str, tokens: int) -> None:
        pieces, size, at_once = tokens, 5, 3
        if what in ("says much", "never ends"):
            pieces, size, at_once = (5 * tokens if what == "says much" else 1_000_000), 8192, 1
        for number in range(pieces):
            self._delta({"content": "x" * size})
            await self._writer.drain()
            if number % at_once == 0:
                await asyncio.sleep(0.01 if size == 5 else 0.001)

    async def _comment(self) -> None:
        while True:
            self._chunk(b": still here\n\n")
            await self._writer.drain()
            await asyncio.sleep(0.2)

    async def _refuse(self, status: str) -> None:
        self._send(_HEAD.format(f"{status} No", "application/json", f"Content-Length: {len(_REFUSAL)}").encode())
        self._send(_REFUSAL)
        await self._writer.drain()

    async def _wait_until_disconnected(self) -> None:
        await self._writer.drain()
        await self._reader.read(1)
        raise ConnectionAbortedError

    def _delta(self, delta: dict[str, str], finish_reason: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        self._frame({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]})

    def _frame(self, data: object) -> None:
        self._chunk(b"data: %b\n\n" % json.dumps(data).encode())

    def _chunk(self, data: bytes) -> None:
        self._send(b"%x\r\n%b\r\n" % (len(data), data))

    def _send(self, data: bytes) -> None:
        if self._writer.is_closing():
            raise ConnectionAbortedError
        self._writer.write(data)
