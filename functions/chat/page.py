"""The page and its files as HTTP answers: typed, named by a hash of their contents, compressed once.

The function does not know under which address it is reached, so the page names its first files by query alone
(`?asset=boot.js`); boot.js takes the address from the browser and loads the modules from `<address>/assets/<version>/`,
where they import each other relatively.
"""

import gzip
import hashlib
import html
import json
import posixpath
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from flask import Request, Response

from faas_stream import ClientError

FOLDER = Path(__file__).parent / "page"
INDEX = "index.html"
CONFIG = "config.json"
_ASSET_PATH = re.compile(r"/assets/(?P<version>\w+)/(?P<name>.+)$")
_STATIC_IMPORT = re.compile(r'^(?:import|export) [^"\n]*\bfrom "(?P<path>\./[^"]+)"', re.MULTILINE)
_COMMENT_LINES = re.compile(rb"^[ \t]*(?:/\*(?:(?!\*/).)*\*/|//[^\n]*)[ \t]*\n", re.MULTILINE | re.DOTALL)
_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".LICENSE": "text/plain; charset=utf-8",
}
HEADERS = {
    # An image in an answer must be a data URL: to fetch it from another server would tell that server of the reader.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types dompurify"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Vary": "Accept, Accept-Encoding",
}
# Headers that a browser heeds for documents only. Half a kilobyte more would double the size of many a script.
_OF_DOCUMENTS = frozenset(HEADERS) - {"X-Content-Type-Options", "Cross-Origin-Resource-Policy", "Vary"}
_DOCUMENTS = (".html", ".svg")


class Page:
    """config: what the function tells the page, in `?asset=config.json`.

    title, suggestions: what an empty conversation shows. They are in the page itself, which needs no token.
    """

    def __init__(self, config: Mapping[str, Any], title: str, suggestions: Sequence[str]) -> None:
        names = [str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.suffix in _MEDIA_TYPES]
        files = {name: _without_comments(name, (FOLDER / name).read_bytes()) for name in sorted(names)}
        self.version = _hash(b"\0".join(part for name, body in files.items() for part in (name.encode(), body)))
        index = files[INDEX].decode().replace("{{version}}", self.version)
        index = index.replace("{{modules}}", " ".join(_imports("app.js", files)))
        index = index.replace("{{suggestions}}", "".join(map(_suggestion, suggestions)))
        files[INDEX] = index.replace("{{title}}", html.escape(title)).encode()
        self._files = {**files, CONFIG: json.dumps(config).encode()}

    def respond(self, request: Request) -> Response:
        """The file that the request is for. Raises ClientError, status 404, if there is no such file."""
        name, version = asset_of(request)
        body = self._files.get(name)
        if body is None:
            raise ClientError(f"The page has no file {name[:80]!r}.", status=404, code="not_found")
        response = _encoded(body, request)
        response.content_type = _MEDIA_TYPES[Path(name).suffix]
        is_document = Path(name).suffix in _DOCUMENTS
        response.headers.extend({key: HEADERS[key] for key in HEADERS if is_document or key not in _OF_DOCUMENTS})
        response.headers["Cache-Control"] = "no-cache"
        # During a rollout, two releases serve the same address, each with its own files. So a browser may keep a file
        # only if the request names the version that this release has.
        if version == self.version and name != CONFIG:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
            del response.headers["ETag"]  # a browser never asks again whether the file has changed
        response.make_conditional(request)
        return response


class Asset(NamedTuple):
    name: str
    version: str | None = None


def asset_of(request: Request) -> Asset:
    """The file that a request is for, and its version; the page itself if the request names none.

    The page is at the function's own address, and at every other that a browser opens, because a proxy may pass its
    prefix on.
    """
    if match := _ASSET_PATH.search(request.path):
        return Asset(match["name"], match["version"])
    if name := request.args.get("asset"):
        return Asset(name, request.args.get("v"))
    is_page = request.path == "/" or "text/html" in request.accept_mimetypes.values()
    return Asset(INDEX if is_page else request.path)


def _imports(name: str, files: Mapping[str, bytes]) -> list[str]:
    """A module, and those that it imports when it is loaded; not those that it imports later, by `import()`."""
    modules = [name]
    for module in modules:
        for match in _STATIC_IMPORT.finditer(files[module].decode()):
            imported = posixpath.normpath(posixpath.join(posixpath.dirname(module), match["path"]))
            if imported not in modules:
                modules.append(imported)
    return modules


def _without_comments(name: str, body: bytes) -> bytes:
    """A file without the comments that have lines of their own, which are a quarter of its compressed size.

    Each line keeps its number. The files in `vendor` keep their comments, which name their licenses.
    """
    if Path(name).suffix not in (".css", ".js") or name.startswith("vendor/"):
        return body
    return _COMMENT_LINES.sub(lambda match: b"\n" * match[0].count(b"\n"), body)


def _suggestion(prompt: str) -> str:
    return (
        f'<li><button type="button" class="suggestion" data-do="suggest" dir="auto">{html.escape(prompt)}</button></li>'
    )


def _encoded(body: bytes, request: Request) -> Response:
    packed = _gzipped(body) if request.accept_encodings.quality("gzip") > 0 else None
    response = Response(packed or body)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(_hash(packed or body))
    return response


@cache
def _gzipped(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]
