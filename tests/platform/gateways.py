"""The stand-in for gateway and provider, and a whole chain: the gateway in front of a watchdog in front of a function.

    with Gateway("faasd").start({"chat": running.url}, upstream_timeout="5s") as gateway:
        urllib.request.urlopen(f"{gateway.url}/function/chat")

`gateway/settings.go` lists its settings (`functions`, `upstream_timeout`, …).
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.platform import go_program
from tests.platform.ports import free_port
from tests.platform.running import Running
from tests.platform.watchdogs import Until, Watchdog

SOURCES = Path(__file__).parent / "gateway"
FUNCTION = "fn"
"""The name of a chain's only function."""

Provider = Literal["faas-netes", "faasd"]


@dataclass(frozen=True)
class Gateway:
    """The gateway in front of a provider of this kind, which decides which clients get a stream."""

    provider: Provider

    @contextmanager
    def start(self, functions: Mapping[str, str], /, **settings: str) -> Iterator[Running]:
        """The gateway, once its port is open. functions: addresses of watchdogs by name, with or without namespace."""
        with tempfile.TemporaryDirectory(prefix="gateway-") as tmpdir:
            port = free_port()
            env = {
                "port": str(port),
                "provider": self.provider,
                "functions": " ".join(f"{name}={url}" for name, url in functions.items()),
                **settings,
            }
            process = subprocess.Popen(
                [go_program.build(SOURCES)],
                env={"PATH": os.environ["PATH"], **env},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            running = Running(process, port, "", Path(tmpdir))
            try:
                running.wait_until_open()
                yield running
            finally:
                running.kill()


@dataclass(frozen=True)
class Chain:
    """A watchdog behind a gateway: started as a watchdog is, and called at the gateway's address of its function."""

    gateway: Gateway
    watchdog: Watchdog

    @property
    def name(self) -> str:
        return f"{self.gateway.provider}-{self.watchdog.name}"

    @contextmanager
    def start(
        self,
        command: str,
        *,
        cwd: Path | str | None = None,
        env: Mapping[str, str] | None = None,
        until: Until = "open",
    ) -> Iterator[Running]:
        """The watchdog's process; only `url` is the gateway's."""
        with (
            self.watchdog.start(command, cwd=cwd, env=env, until=until) as running,
            self.gateway.start({FUNCTION: running.url}) as gateway,
        ):
            running.url = f"{gateway.url}/function/{FUNCTION}"
            yield running
