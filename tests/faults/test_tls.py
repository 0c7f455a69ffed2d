"""Over TLS, which providers use: the end of an answer closes a connection in the middle of its TLS records."""

import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from faas_stream import http_client
from tests.faults.client import DOCUMENT, SSE, ask, clients_of
from tests.faults.conftest import warm_up
from tests.faults.disconnecting import assert_all_may_disconnect
from tests.faults.kinds import KINDS, STREAMED
from tests.faults.places import PLACES
from tests.faults.scripts import SILENCES, WHOLE, as_prompted, play, silence_until
from tests.fronts import Front, serve
from tests.platform.running import Running
from tests.upstream import Upstream

SETTINGS = {
    "heartbeat_interval": "100ms",
    "commit_after": "200ms",
    "upstream_idle_timeout": "6s",  # on a busy machine it takes seconds until all clients have connected
    "max_streams": str(PLACES),
}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine, with its key after it."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl on PATH, which makes the certificate (apt-get install openssl)")
    folder = tmp_path_factory.mktemp("tls")
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command = ["openssl", "req", "-x509", *curve, *subject, "-keyout", "key.pem", "-out", "certificate.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text((folder / "certificate.pem").read_text() + (folder / "key.pem").read_text())
    return both


@pytest.fixture(scope="module")
def server(certificate: Path) -> Iterator[Upstream]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Upstream(WHOLE, context) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def function(front: Front, server: Upstream, folder: Path, certificate: Path) -> Iterator[Running]:
    trust = {"SSL_CERT_FILE": str(certificate)}
    with serve(front, folder, SETTINGS | trust, openai_base_url=server.url) as running:
        for kind in KINDS:
            warm_up(running, f"/{kind}")
            assert ask(running, f"/{kind}").endswith(b"data: first\n\ndata: last\n\ndata: [DONE]\n\n"), kind
        yield running


@pytest.mark.parametrize(("accept", "kinds"), [(SSE, KINDS), (DOCUMENT, STREAMED)], ids=["SSE", "JSON"])
def test_a_disconnect_ends_the_call_upstream_and_frees_the_place(
    function: Running, upstream: Upstream, accept: str, kinds: list[str]
) -> None:
    assert_all_may_disconnect(function, upstream, accept, kinds)


def test_a_silent_upstream_ends_the_answer(function: Running, upstream: Upstream) -> None:
    speaks = threading.Event()
    upstream.script = play(as_prompted(SILENCES), silence_until(speaks))
    with clients_of(function, KINDS, SILENCES) as clients:
        for case, client in clients.items():
            assert client.code() == "upstream_timeout", case
            assert client.record()["outcome"] == "upstream_timeout", case
    speaks.set()
    assert all(call.disconnected.wait(5) for call in upstream.calls)
    assert len(upstream.calls) == len(clients)


def test_certificates_are_not_verified_if_the_author_says_so(server: Upstream) -> None:
    call = {"stream": True, "messages": [{"role": "user", "content": "hi"}]}
    with http_client() as careful, pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        careful.post(server.url + "/chat/completions", json=call)
    with http_client(verify=False) as careless:
        assert careless.post(server.url + "/chat/completions", json=call).status_code == 200
