"""nginx, HAProxy and Caddy with the configurations of docs/deploy.md: the real programs, on free ports."""

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy import page
from tests.platform.deadline import wait_until
from tests.platform.ports import free_port
from tests.platform.running import Running

HOST = "faas.example.com"
CERTIFICATES = "/etc/ssl/openfaas"
GATEWAY = "127.0.0.1:8080"

_NGINX = """\
daemon off;
user root root;
worker_processes 1;
pid nginx.pid;
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include openfaas.conf;
}
"""

_CADDY = """\
{{
	admin off
	local_certs
	skip_install_trust
	auto_https disable_redirects
	https_port {port}
}}

"""


@dataclass(frozen=True)
class Proxy:
    """A program, and the path of its configuration on the page.

    is_ready: true once the whole program works, for its folder and its port, which is open already.
    files: the files of its configuration, made from the page's text and a port.
    """

    name: str
    path: str
    arguments: tuple[str, ...]
    is_ready: Callable[[Path, int], bool]
    files: Callable[[str, int], dict[str, str]]

    @contextmanager
    def start(self, gateway: int, certificates: Path, changes: dict[str, str] | None = None) -> Iterator[Running]:
        """The proxy in front of this port, once it is ready. changes: replacements in the configuration, old by new.

        Skipped if the program is missing, except in CI, where that is a failure.
        """
        program = self._program()
        text = page.file(self.path)
        for old, new in ((changes or {}) | {GATEWAY: f"127.0.0.1:{gateway}"}).items():
            assert old in text, f"{self.path} in docs/deploy.md has no {old!r}"
            text = text.replace(old, new)
        port = free_port()
        with tempfile.TemporaryDirectory(prefix=f"{self.name}-") as folder:
            for name, content in self.files(text.replace(CERTIFICATES, str(certificates)), port).items():
                Path(folder, name).write_text(content)
            process = subprocess.Popen(
                [program, *(argument.format(folder=folder) for argument in self.arguments)],
                cwd=folder,
                env={"PATH": os.environ["PATH"], "HOME": folder},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            running = Running(process, port, "", Path(folder))
            running.url = f"https://{HOST}:{port}"
            try:
                running.wait_until_open(30)
                wait_until(lambda: self.is_ready(Path(folder), port), f"{self.name} is ready")
                yield running
            finally:
                running.kill()

    def _program(self) -> str:
        # Debian has nginx and haproxy in a folder that is not on every user's PATH.
        program = shutil.which(self.name, path=f"{os.environ['PATH']}:/usr/sbin")
        if not program:
            reason = f"{self.name} is missing (Debian, Ubuntu: apt-get install {self.name})"
            if os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
        return program


def _completes_handshake(_folder: Path, port: int) -> bool:
    """Caddy issues its certificate after it has opened its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            context.wrap_socket(connection, server_hostname=HOST).close()
    except OSError:
        return False
    return True


def _master_answers(folder: Path, _port: int) -> bool:
    """True once HAProxy's master handles signals. Its worker's port is open earlier."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(folder / "master.sock"))
            connection.sendall(b"show proc\n")
            return b"master" in connection.recv(4096)
    except OSError:
        return False


NGINX = Proxy(
    "nginx",
    "/etc/nginx/conf.d/openfaas.conf",
    ("-p", "{folder}", "-c", "nginx.conf"),
    lambda _folder, _port: True,
    lambda text, port: {"nginx.conf": _NGINX, "openfaas.conf": text.replace("listen 443", f"listen {port}")},
)
HAPROXY = Proxy(
    "haproxy",
    "/etc/haproxy/haproxy.cfg",
    ("-f", "haproxy.cfg", "-W", "-db", "-S", "unix@{folder}/master.sock"),
    _master_answers,
    lambda text, port: {"haproxy.cfg": text.replace("bind :443", f"bind :{port}")},
)
CADDY = Proxy(
    "caddy",
    "/etc/caddy/Caddyfile",
    ("run", "--config", "Caddyfile", "--adapter", "caddyfile"),
    _completes_handshake,
    lambda text, port: {"Caddyfile": _CADDY.format(port=port) + text},
)
PROXIES = [NGINX, HAPROXY, CADDY]
