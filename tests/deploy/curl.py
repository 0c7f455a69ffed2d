"""curl, as a client of a proxy, over each version of HTTP."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.deploy.proxies import HOST
from tests.platform.running import Running

VERSIONS = ["--http1.1", "--http2"]
CUT = {"--http1.1": 18, "--http2": 92}
"""curl's exit codes for a response that was cut: "partial file" and "stream error in the HTTP/2 framing layer"."""


class Curl:
    """A request that has been sent, and the response as it arrives."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._received = b""

    def next_data(self) -> str:
        """The data of the next event, once it has arrived. Raises AssertionError if the response ends before."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(b"data: "):
                return line[6:].decode().rstrip("\n")
        raise AssertionError(f"the response ended: curl's exit code is {self._process.wait()}")

    def rest(self) -> str:
        """What arrives from now on, to the end of the response."""
        assert self._process.stdout is not None
        self._received += self._process.stdout.read()
        return self._received.decode()

    def exit_code(self) -> int:
        self.rest()
        return self._process.wait()

    def disconnect(self) -> None:
        """Ends curl, whose connection the kernel closes."""
        self._process.kill()
        self._process.wait()


def command(proxy: Running, *options: str, path: str = "/function/fn", accept: str = "text/event-stream") -> list[str]:
    """curl's command line for a request to this proxy. Its certificate is not checked."""
    resolve = f"{HOST}:{proxy.port}:127.0.0.1"
    return [
        *("curl", "--silent", "--no-buffer", "--insecure", "--max-time", "60", "--resolve", resolve),
        *("--header", f"Accept: {accept}", *options, f"{proxy.url}{path}"),
    ]


@contextmanager
def post(proxy: Running, *options: str) -> Iterator[Curl]:
    """Sends a question. The answer arrives while the caller reads it."""
    question = ("--json", '{"prompt": "Hello"}')
    process = subprocess.Popen(command(proxy, *question, *options), stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield Curl(process)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
