"""One client of one stream, on a bare socket that is read only when it is meant to be read."""

import asyncio
import json
import re
import socket

from soaking.plan import DOCUMENT, Plan

STUCK_S = 12.0
"""How long a stuck client stays: longer than the function's write_stall_timeout."""

SMALL_WINDOW = 64 * 1024
LIMIT_S = 60.0
"""No client takes longer, unless the function has forgotten it."""


async def read(plan: Plan, call_id: str, port: int) -> str:
    """How the stream ended for the client: an outcome of the log, `disconnected`, or what is wrong with it."""
    connection = socket.socket()
    connection.setblocking(False)
    if plan.client in ("reads slowly", "is stuck"):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_WINDOW)
    loop = asyncio.get_running_loop()
    with connection:
        try:
            async with asyncio.timeout(LIMIT_S):
                await loop.sock_connect(connection, ("127.0.0.1", port))
                await loop.sock_sendall(connection, _request(plan, call_id))
                if plan.disconnects:
                    await _stay_a_while(connection, plan)
                    return "disconnected"
                if plan.client == "is stuck":
                    await asyncio.sleep(STUCK_S)
                answer = await _whole(connection, pause_s=0.01 if plan.client == "reads slowly" else 0)
        except TimeoutError:
            return f"nothing more for {LIMIT_S} s"
        except OSError as error:
            return "disconnected" if plan.disconnects or plan.client == "is stuck" else f"broken: {error}"
    return "disconnected" if plan.client == "is stuck" else _end(plan, answer)


async def _stay_a_while(connection: socket.socket, plan: Plan) -> None:
    if plan.client == "disconnects before the first byte":
        await asyncio.sleep(plan.pause_s / 10)
    else:
        seen = b""
        loop = asyncio.get_running_loop()
        waits_for = b"data: " if plan.client == "disconnects in flow" and plan.accept != DOCUMENT else b"\r\n\r\n"
        try:
            async with asyncio.timeout(plan.pause_s * 4):  # a client disconnects from a function that sends nothing too
                while waits_for not in seen and (piece := await loop.sock_recv(connection, 4096)):
                    seen += piece
        except TimeoutError:
            return
        await asyncio.sleep(plan.pause_s)


async def _whole(connection: socket.socket, pause_s: float) -> bytes:
    loop = asyncio.get_running_loop()
    answer = bytearray()
    while piece := await loop.sock_recv(connection, 65_536):
        answer += piece
        if pause_s:
            await asyncio.sleep(pause_s)
    return bytes(answer)


def _request(plan: Plan, call_id: str) -> bytes:
    lines = [
        "POST / HTTP/1.1", "Host: f", f"Accept: {plan.accept}", f"X-Call-Id: {call_id}", "Connection: close",
        f"Content-Length: {len(plan.prompt)}", "", plan.prompt,
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def _end(plan: Plan, answer: bytes) -> str:
    """How the answer itself says that it ended."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in head.lower():
        if not body.endswith(b"\r\n0\r\n\r\n"):
            return "cut"
        body = re.sub(rb"(?:\A|\r\n)[0-9A-Fa-f]+\r\n", b"", body.removesuffix(b"\r\n0\r\n\r\n"))
    if head[9:12] != b"200":
        return _code(body)
    if plan.accept == DOCUMENT:
        return "complete" if b'"finish_reason": "stop"' in body else "no whole document"
    if body.endswith(b"data: [DONE]\n\n"):
        return "complete"
    error = re.search(rb'event: error\ndata: (\{"code": .*\})\n\n\Z', body)
    return str(json.loads(error[1])["code"]) if error else "neither end nor error"


def _code(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["code"])
    except (ValueError, KeyError):
        return "an error without a code"
