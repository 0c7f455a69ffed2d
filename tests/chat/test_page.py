"""The files of chat's page: their headers, what they contain, and what the page learns of the function."""

import gzip
import hashlib
import re
from graphlib import TopologicalSorter
from pathlib import Path

import httpx
import pytest

from tests.chat.client import HTML, error, get
from tests.fronts import FUNCTIONS, Front, serve
from tests.platform.running import Running

FOLDER = FUNCTIONS / "chat"


def test_a_browser_gets_the_page_under_a_policy_that_lets_nothing_foreign_in(fixed: Running) -> None:
    page = get(fixed)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(rule.strip().split(" ", 1) for rule in page.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["img-src"] == "'self' data:"
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["cache-control"] == "no-cache"
    assert "set-cookie" not in page.headers


def test_the_pages_files_have_their_types_and_may_be_kept_for_ever(fixed: Running) -> None:
    page = get(fixed).text
    named = re.findall(r'"\?asset=(\S+?)&amp;v=(\w+)"', page)
    assert {name for name, _ in named} == {"icon.svg", "app.css", "controls.css", "sidebar.css", "boot.js"}
    version = named[0][1]
    types = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
    for name, _ in named:
        asset = get(fixed, f"/?asset={name}&v={version}")
        assert asset.headers["content-type"].startswith(types[Path(name).suffix])
        assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    for name in ("vendor/marked.js", "vendor/dompurify.js"):
        module = get(fixed, f"/assets/{version}/{name}")
        assert module.content == (FOLDER / "page" / name).read_bytes()
        assert module.headers["content-type"] == "text/javascript; charset=utf-8"
        assert module.headers["cache-control"] == "public, max-age=31536000, immutable"
    for of_another_release in (
        "/assets/0123456789abcdef/app.js",
        "/?asset=app.css&v=0123456789abcdef",
        "/?asset=app.css",
    ):
        assert get(fixed, of_another_release).headers["cache-control"] == "no-cache"


def test_what_the_browser_has_is_not_sent_again(fixed: Running) -> None:
    for path in ("/", "/?asset=app.css"):
        first = get(fixed, path)
        again = get(fixed, path, **{"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_files_are_compressed_for_those_who_take_it(fixed: Running) -> None:
    plain = get(fixed, "/?asset=app.css")
    assert "content-encoding" not in plain.headers
    with httpx.stream("GET", f"{fixed.url}/?asset=app.css", headers={"Accept-Encoding": "br, gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.headers["etag"] != plain.headers["etag"]
        assert "Accept-Encoding" in packed.headers["vary"]
        assert gzip.decompress(b"".join(packed.iter_raw())) == plain.content
    refused = httpx.get(f"{fixed.url}/?asset=app.css", headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert "content-encoding" not in refused.headers


@pytest.mark.parametrize(
    "path",
    ["/?asset=../handler.py", "/?asset=handler.py", "/?asset=/etc/passwd", "/assets/x/../../handler.py"],
)
def test_nothing_but_the_pages_files_is_served(fixed: Running, path: str) -> None:
    connection = httpx.Client(base_url=fixed.url, headers=HTML)
    response = connection.send(httpx.Request("GET", httpx.URL(fixed.url).copy_with(raw_path=path.encode())))
    connection.close()
    assert error(response) == (404, "not_found")


def test_a_proxy_may_leave_its_prefix_on(fixed: Running) -> None:
    assert get(fixed, "/some/prefix").text == get(fixed, "/some/prefix/").text == get(fixed).text
    assert get(fixed, "/some/prefix/assets/x/app.js").content == get(fixed, "/assets/x/app.js").content
    assert error(get(fixed, "/favicon.ico", Accept="image/*")) == (404, "not_found")


def test_files_are_served_without_their_comments_and_each_line_keeps_its_number(fixed: Running) -> None:
    for name in ("app.js", "conversation.js", "app.css"):
        source = (FOLDER / "page" / name).read_text().splitlines()
        served = get(fixed, f"/assets/x/{name}").text.splitlines()
        assert "/*" in source[0]
        assert not [line for line in served if line.lstrip().startswith(("/*", "* ", "//"))]
        assert [line or source[number] for number, line in enumerate(served)] == source
    library = (FOLDER / "page" / "vendor" / "marked.js").read_bytes()
    assert get(fixed, "/assets/x/vendor/marked.js").content == library


def test_the_page_learns_what_the_function_allows_and_no_more(fixed: Running, open_: Running) -> None:
    config = get(fixed, "/?asset=config.json", Accept="*/*")
    assert config.headers["cache-control"] == "no-cache"
    assert config.json() == {
        "models": ["m-1"],
        "model": "m-1",
        "system_prompt_editable": False,
        "system_prompt": "",
        "temperature_editable": False,
        "temperature": 0.5,
        "images": {"max_count": 20},
        "max_body": 1024 * 1024,
    }
    config = get(open_, "/?asset=config.json", Accept="*/*")
    assert config.json() == {
        "models": ["m-1", "m-2"],
        "model": "m-2",
        "system_prompt_editable": True,
        "system_prompt": "Be brief.",
        "temperature_editable": True,
        "temperature": 1.0,
        "images": None,
        "max_body": 64 * 1024,
    }


def test_the_page_has_the_functions_title_and_suggestions(fixed: Running, open_: Running) -> None:
    named = get(open_).text
    assert "<title>Ask &amp; answer</title>" in named
    assert re.findall(r'data-do="suggest"[^>]*>(.*?)</button>', named) == ["What is &lt;b&gt;?", "Why, though?"]
    usual = get(fixed).text
    assert "<title>Chat</title>" in usual
    assert len(re.findall(r'data-do="suggest"', usual)) == 4
    assert "{{" not in usual + named


def test_other_methods_get_405_with_those_that_are_answered(fixed: Running) -> None:
    refused = httpx.delete(fixed.url)
    assert error(refused) == (405, "method_not_allowed")
    assert refused.headers["allow"] == "GET, HEAD, POST"
    head = httpx.head(fixed.url, headers=HTML)
    assert (head.status_code, head.content) == (200, b"")


def test_the_page_has_nothing_inline_and_nothing_foreign() -> None:
    html = (FOLDER / "page" / "index.html").read_text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*\ssrc=)", html)
    for file in [FOLDER / "page" / "index.html", *(FOLDER / "page").glob("*.*s")]:
        addresses = re.findall(r"https?://[^\s\"'`]+", file.read_text())
        assert addresses == [], file.name


def test_no_module_of_the_page_imports_itself_through_others() -> None:
    static = re.compile(r'^(?:import|export) [^"]*? from "\./([\w-]+\.js)"', re.MULTILINE)
    imports = {file.name: static.findall(file.read_text()) for file in (FOLDER / "page").glob("*.js")}
    assert "element.js" in imports["app.js"]
    TopologicalSorter(imports).prepare()  # raises CycleError, which names the modules


def test_the_libraries_are_the_releases_that_are_noted() -> None:
    folder = FOLDER / "page" / "vendor"
    notes = [line.split() for line in (folder / "RELEASES").read_text().splitlines() if not line.startswith("#")]
    assert {f"{name}.js" for name, *_ in notes} == {file.name for file in folder.glob("*.js")}
    for name, _, release, _, checksum in notes:
        assert hashlib.sha256((folder / f"{name}.js").read_bytes()).hexdigest() == checksum
        assert (folder / f"{name}.LICENSE").stat().st_size > 1000
        assert re.fullmatch(r"\d+\.\d+\.\d+", release)


def test_the_page_comes_through_each_front(front: Front, built: Path) -> None:
    with serve(front, built) as function:
        page = get(function)
        version = re.findall(r"v=(\w+)", page.text)[0]
        for encoding in ("gzip", "identity", ""):
            headers = {"Accept": "*/*", "Accept-Encoding": encoding}
            asset = httpx.get(f"{function.url}/assets/{version}/vendor/marked.js", headers=headers, timeout=60)
            assert asset.content == (FOLDER / "page/vendor/marked.js").read_bytes()
            assert asset.headers.get("content-encoding") == ("gzip" if encoding == "gzip" else None)
