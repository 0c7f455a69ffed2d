"""The digest of an image's tag, as its registry gives it without a login (OCI distribution specification)."""

import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from typing import Self
from urllib.parse import urlencode

from local.problem import Problem

# An index lists the manifests of all machines (amd64, arm64): its digest pins each of them.
_MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_TIMEOUT_S = 20


@dataclass(frozen=True)
class Image:
    """The parts of a name such as `python:3.12` or `ghcr.io/openfaas/of-watchdog:0.11.6`."""

    registry: str
    repository: str
    tag: str

    @classmethod
    def parse(cls, name: str) -> Self:
        """The name's parts, with Docker's defaults for those that it leaves out."""
        first, slash, after = name.partition("/")
        has_registry = bool(slash) and ("." in first or ":" in first or first == "localhost")
        registry, path = (first, after) if has_registry else ("registry-1.docker.io", name)
        repository, _, tag = path.partition(":")
        if "/" not in repository and not has_registry:
            repository = f"library/{repository}"
        return cls(registry, repository, tag or "latest")

    def manifest_url(self) -> str:
        # Docker, too, speaks plain HTTP with registries on the loopback interface alone.
        is_local = self.registry.partition(":")[0] in ("localhost", "127.0.0.1")
        return f"{'http' if is_local else 'https'}://{self.registry}/v2/{self.repository}/manifests/{self.tag}"


def digest(name: str) -> str:
    """`sha256:…` of the image that has this name now. Raises Problem if the registry sends no digest."""
    image = Image.parse(name)
    try:
        try:
            headers = _head(image, None)
        except urllib.error.HTTPError as error:
            if error.code != 401:
                raise
            headers = _head(image, _token(error.headers, name))
    except urllib.error.HTTPError as error:
        raise Problem(f"{image.registry} answered {error.code} for {name}. Is the name right, and public?") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise Problem(
            f"no registry answers at {image.registry} for {name}: {reason}. Tags stay without digests."
        ) from None
    value = headers.get("Docker-Content-Digest", "")
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", value):
        raise Problem(
            f"{image.registry} gave {value!r} for {name}: expected the header Docker-Content-Digest: sha256:…"
        )
    return value


def _head(image: Image, token: str | None) -> Message:
    headers = {"Accept": _MANIFESTS} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(image.manifest_url(), method="HEAD", headers=headers)
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
        answered: Message = response.headers
    return answered


def _token(headers: Message, name: str) -> str:
    """A token for anonymous pulls, from the place that the 401 names."""
    challenge = headers.get("WWW-Authenticate", "")
    parameters = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    realm = parameters.pop("realm", "")
    if not challenge.startswith("Bearer ") or not realm.startswith(
        ("https://", "http://127.0.0.1:", "http://localhost:")
    ):
        raise Problem(f'the registry of {name} asks for {challenge!r}: expected a challenge Bearer realm="https://…"')
    query = urlencode({key: value for key, value in parameters.items() if key in ("service", "scope")})
    with urllib.request.urlopen(f"{realm}?{query}", timeout=_TIMEOUT_S) as response:
        granted = json.load(response)
    return str(granted.get("token") or granted["access_token"])
