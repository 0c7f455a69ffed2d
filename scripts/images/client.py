"""Sends one request several times at once and reports how the answers went. Runs in a container, from standard input.

Prints `first` when the first byte of an answer's body has arrived, and one JSON document at the end.
"""

import http.client
import json
import sys
import threading
import time
from typing import Any

ADDRESS = ("127.0.0.1", 8080)
START_S = 60
PIECE_BYTES = 65536


def wait_until_healthy() -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection(*ADDRESS, timeout=5)
            connection.request("GET", "/_/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.01)
    sys.exit(f"/_/health was not 200 within {START_S} s")


def main(request: dict[str, Any]) -> None:
    wait_until_healthy()
    first_byte = threading.Event()
    answers: list[dict[str, Any]] = []

    def stream() -> None:
        began, status, first_s, first_at, body, error = time.monotonic(), 0, None, 0.0, b"", ""
        try:
            connection = http.client.HTTPConnection(*ADDRESS, timeout=60)
            body_bytes = request["body"].encode() or None
            connection.request(request["method"], request["path"], body_bytes, request["headers"])
            response = connection.getresponse()
            status = response.status
            while piece := response.read1(PIECE_BYTES):
                if first_s is None:
                    first_s, first_at = time.monotonic() - began, time.time()
                    if not first_byte.is_set():
                        first_byte.set()
                        print("first", flush=True)
                body = (body + piece)[-PIECE_BYTES:]
                if request["bytes_per_s"]:
                    time.sleep(len(piece) / request["bytes_per_s"])
        except (OSError, http.client.HTTPException) as caught:
            error = repr(caught)
        last_event = body.rstrip().rpartition(b"\n\n")[2]
        has_end = last_event.endswith(b"data: [DONE]") or b"event: end\n" in last_event
        is_whole = status == 200 and not error and has_end
        last = "" if is_whole else error or body[-300:].decode(errors="replace")
        answers.append({"status": status, "first_s": first_s, "first_at": first_at, "is_whole": is_whole, "last": last})

    threads = [threading.Thread(target=stream) for _ in range(request["streams"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(answers))


main(json.loads(sys.argv[1]))
