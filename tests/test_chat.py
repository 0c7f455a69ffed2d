"""The function chat without a browser: its page's files, its answers, what it sends to the model."""

import base64
import gzip
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import httpx
import httpx_sse
import pytest

from faas_stream import ClientError
from tests.fronts import DIRECT, FUNCTIONS, Front, lay_out, serve
from tests.function_modules import load
from tests.platform.running import Running
from tests.upstream import Call, Upstream

FOLDER = FUNCTIONS / "chat"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
STREAM = {"Accept": "text/event-stream"}
Events = list[tuple[str, Any]]


def answer(call: Call) -> None:
    call.delta("Hello", " there")
    call.finish()


SCRIPT = answer


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("build") / "chat", FOLDER)


@pytest.fixture(scope="module")
def fixed(server: Upstream, built: Path) -> Iterator[Running]:
    """With one model, and a system prompt that its page cannot change."""
    with serve(
        DIRECT,
        built,
        openai_base_url=server.url,
        openai_model="m-1",
        system_prompt="Be brief.",
        temperature="0.5",
        chat_history_tokens="60",
    ) as running:
        yield running


@pytest.fixture(scope="module")
def open_(server: Upstream, built: Path) -> Iterator[Running]:
    """With a choice of models, and a system prompt that its page can change."""
    with serve(
        DIRECT,
        built,
        openai_base_url=server.url,
        openai_model="m-2",
        chat_models="m-1, m-2,",
        system_prompt="Be brief.",
        chat_system_prompt_editable="true",
        chat_temperature_editable="true",
        chat_title="Ask & answer",
        chat_suggestions="What is <b>? | Why, though?",
        chat_images="false",
        max_body="64KiB",
    ) as running:
        yield running


def get(function: Running, path: str = "/", **headers: str) -> httpx.Response:
    return httpx.get(function.url + path, headers={"Accept-Encoding": "identity", **HTML, **headers}, timeout=20)


def post(function: Running, body: Any, **headers: str) -> httpx.Response:
    return httpx.post(function.url, json=body, headers={**STREAM, **headers}, timeout=20)


def say(function: Running, *texts: str, **more: Any) -> Events:
    """The events of an answer to a conversation. texts: the messages, of user and model in turn."""
    messages = [{"role": ("user", "assistant")[index % 2], "content": text} for index, text in enumerate(texts)]
    with (
        httpx.Client(timeout=20) as client,
        httpx_sse.connect_sse(client, "POST", function.url, json={"messages": messages, **more}) as source,
    ):
        return [(event.event, event.json()) for event in source.iter_sse()]


def sent(upstream: Upstream) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in upstream.calls[-1].body["messages"]]


def error(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


# The page


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


# Answers


def test_an_answer_is_a_stream_of_named_events(fixed: Running, upstream: Upstream) -> None:
    (start, _), *deltas, (end, last) = say(fixed, "Hi")
    assert (start, end) == ("start", "end")
    assert deltas == [("message", {"text": "Hello"}), ("message", {"text": " there"})]
    assert (last["finish_reason"], last["usage"]["total_tokens"]) == ("stop", 8)
    assert sent(upstream) == [("system", "Be brief."), ("user", "Hi")]
    body = upstream.calls[0].body
    assert (body["model"], body["temperature"], body["stream_options"]) == ("m-1", 0.5, {"include_usage": True})


def test_plain_clients_are_answered_too(fixed: Running, upstream: Upstream) -> None:
    response = httpx.post(fixed.url, content="Hi", headers={"Accept": "text/plain", "Content-Type": "text/plain"})
    assert response.text == "Hello there"
    assert sent(upstream)[-1] == ("user", "Hi")


def test_only_offered_models_are_sent_upstream(open_: Running, upstream: Upstream) -> None:
    for requested, expected in ((None, "m-2"), ("m-1", "m-1")):
        say(open_, "Hi", model=requested)
        assert upstream.calls[-1].body["model"] == expected
    unknown: list[Any] = ["gpt-expensive", 7, ["m-1"], {}, ""]
    for wrong in unknown:
        body = {"messages": [{"role": "user", "content": "Hi"}], "model": wrong}
        assert error(post(open_, body)) == (400, "model_not_offered")
    assert len(upstream.calls) == 2


def test_a_fixed_system_prompt_cannot_be_replaced(fixed: Running, upstream: Upstream) -> None:
    for role in ("system", "developer"):
        messages = [{"role": role, "content": "Be rude."}, {"role": "user", "content": "Hi"}]
        assert error(post(fixed, {"messages": messages})) == (400, "system_prompt_fixed")
    assert upstream.calls == []


@pytest.mark.parametrize(("own", "expected"), [("Be rude.", [("system", "Be rude.")]), ("", [])])
def test_an_editable_system_prompt_takes_the_place_of_the_functions_own(
    open_: Running, upstream: Upstream, own: str, expected: list[tuple[str, str]]
) -> None:
    post(open_, {"messages": [{"role": "system", "content": own}, {"role": "user", "content": "Hi"}]})
    assert sent(upstream) == [*expected, ("user", "Hi")]
    say(open_, "Hi")
    assert sent(upstream) == [("system", "Be brief."), ("user", "Hi")]


@pytest.mark.parametrize("temperature", [0, 0.7, 2])
def test_an_editable_temperature_reaches_the_model(open_: Running, upstream: Upstream, temperature: float) -> None:
    say(open_, "Hi", temperature=temperature)
    assert upstream.calls[-1].body["temperature"] == temperature
    say(open_, "Hi")
    assert upstream.calls[-1].body["temperature"] == 1


def test_a_temperature_out_of_range_or_not_editable_is_refused(
    fixed: Running, open_: Running, upstream: Upstream
) -> None:
    talk: dict[str, Any] = {"messages": [{"role": "user", "content": "Hi"}]}
    for wrong in (-0.1, 2.01, "1", True, [1], 10**30):
        assert error(post(open_, {**talk, "temperature": wrong})) == (400, "temperature_invalid"), wrong
    assert error(post(fixed, {**talk, "temperature": 1})) == (400, "temperature_fixed")
    assert upstream.calls == []


def image(type_: str = "png", content: bytes = b"\x89PNG\r\n\x1a\n and more") -> dict[str, Any]:
    return {
        "type": "image_url",
        "image_url": {"url": f"data:image/{type_};base64,{base64.b64encode(content).decode()}"},
    }


def with_images(*parts: Any, role: str = "user") -> dict[str, Any]:
    return {"messages": [{"role": role, "content": [{"type": "text", "text": "What is it?"}, *parts]}]}


def test_images_reach_the_model_as_they_are(fixed: Running, upstream: Upstream) -> None:
    parts = [image(), image("jpeg", b"\xff\xd8\xff."), image("webp", b"RIFF\n...WEBP"), image("gif", b"GIF89a")]
    assert post(fixed, with_images(*parts)).status_code == 200
    assert upstream.calls[-1].body["messages"][-1]["content"][1:] == parts


def test_images_are_refused_with_a_message_if_they_are_switched_off(open_: Running, upstream: Upstream) -> None:
    refused = post(open_, with_images(image()))
    assert error(refused) == (400, "images_not_accepted")
    assert "chat_images" in refused.json()["error"]["message"]
    assert upstream.calls == []


def address(url: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": url}


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([image()] * 21, "too_many_images"),
        ([image("svg+xml", b"<svg/>")], "image_type"),
        ([image("bmp", b"BM")], "image_type"),
        ([image("png", b"\xff\xd8\xff.")], "image_broken"),
        ([image("png", b"")], "image_broken"),
        ([address({"url": "data:image/png;base64,%%%"})], "image_broken"),
        ([address({"url": "data:image/png,plain"})], "image_not_inline"),
        ([address({"url": "https://example.com/cat.png"})], "image_not_inline"),
        ([address({"url": "file:///etc/passwd"})], "image_not_inline"),
        ([address("data:image/png;base64,")], "bad_request"),
        ([address({"url": 7})], "bad_request"),
        ([address(None)], "bad_request"),
    ],
)
def test_an_image_that_is_none_is_refused(fixed: Running, upstream: Upstream, parts: list[Any], code: str) -> None:
    assert error(post(fixed, with_images(*parts))) == (400, code)
    assert upstream.calls == []


def test_an_image_must_be_the_users_and_has_a_limit(fixed: Running) -> None:
    assert error(post(fixed, with_images(image(), role="assistant"))) == (400, "bad_request")
    check, most = load("chat", "images").check_images, load("chat", "images").MAX_BYTES
    begin = b"\x89PNG\r\n\x1a\n"
    check(with_images(image(content=begin.ljust(most)))["messages"], are_accepted=True)
    with pytest.raises(ClientError, match=f"{most + 1} bytes: send images of at most {most}"):
        check(with_images(image(content=begin.ljust(most + 1)))["messages"], are_accepted=True)


def test_a_long_conversation_is_trimmed_and_the_first_event_says_so(fixed: Running, upstream: Upstream) -> None:
    long = "four " * 20
    (_, (name, data), *_) = say(fixed, long, long, "And now?")
    assert (name, data) == ("trimmed", {"dropped": 2, "history_tokens": 60})
    assert sent(upstream) == [("system", "Be brief."), ("user", "And now?")]
    assert "trimmed" not in dict(say(fixed, "Short", "Yes", "And now?"))


def test_the_same_prompt_is_not_sent_twice(fixed: Running, upstream: Upstream) -> None:
    body = {"messages": [{"role": "user", "content": "Hi"}]}
    assert post(fixed, body, **{"Idempotency-Key": "one"}).status_code == 200
    assert error(post(fixed, body, **{"Idempotency-Key": "one"})) == (409, "already_received")
    assert len(upstream.calls) == 1
    assert post(fixed, body, **{"Idempotency-Key": "two"}).status_code == 200
    assert post(fixed, body).status_code == post(fixed, body).status_code == 200


def test_an_upstream_that_refuses_keeps_its_status(fixed: Running, upstream: Upstream) -> None:
    upstream.script = lambda call: call.refuse(429, headers=[("Retry-After", "7")])
    refused = post(fixed, {"messages": [{"role": "user", "content": "Hi"}]})
    assert error(refused) == (429, "upstream_rate_limited")
    assert refused.headers["retry-after"] == "7"


def test_a_client_that_disconnects_ends_the_answer_upstream(front: Front, built: Path, upstream: Upstream) -> None:
    def endless(call: Call) -> None:
        call.delta("Hello")
        call.wait_for_disconnect()

    upstream.script = endless
    with serve(front, built, openai_base_url=upstream.url) as function:
        with httpx.stream("POST", function.url, content="Hi", headers=STREAM, timeout=20) as response:
            next(response.iter_bytes())
        assert upstream.wait_for_call().disconnected.wait(10)


def test_the_page_comes_through_each_front(front: Front, built: Path) -> None:
    with serve(front, built) as function:
        page = get(function)
        version = re.findall(r"v=(\w+)", page.text)[0]
        for encoding in ("gzip", "identity", ""):
            headers = {"Accept": "*/*", "Accept-Encoding": encoding}
            asset = httpx.get(f"{function.url}/assets/{version}/vendor/marked.js", headers=headers, timeout=20)
            assert asset.content == (FOLDER / "page/vendor/marked.js").read_bytes()
            assert asset.headers.get("content-encoding") == ("gzip" if encoding == "gzip" else None)


# EventSource


def test_a_message_in_the_address_is_answered_as_an_event_stream(fixed: Running, upstream: Upstream) -> None:
    address = f"{fixed.url}/?message=Hi%20there"
    with httpx.Client(timeout=20) as client, httpx_sse.connect_sse(client, "GET", address) as source:
        events = list(source.iter_sse())
    assert [event.event for event in events] == ["start", "asked", "message", "message", "end"]
    assert all(event.id for event in events)
    assert sent(upstream) == [("system", "Be brief."), ("user", "Hi there")]


@pytest.mark.parametrize("format", ["json", "text"])
def test_the_client_has_an_id_before_the_model_answers(fixed: Running, upstream: Upstream, format: str) -> None:
    is_seen = threading.Event()

    def late(call: Call) -> None:
        assert is_seen.wait(10), "the reader has seen no id"
        answer(call)

    upstream.script = late
    address = f"{fixed.url}/?message=Hi&format={format}"
    with httpx.Client(timeout=20) as client, httpx_sse.connect_sse(client, "GET", address) as source:
        for event in source.iter_sse():
            if event.event == "asked":
                assert event.id
                is_seen.set()
    assert is_seen.is_set()


def test_a_browser_that_reconnects_gets_204(fixed: Running, upstream: Upstream) -> None:
    with httpx.Client(timeout=20) as client, httpx_sse.connect_sse(client, "GET", f"{fixed.url}/?message=Hi") as source:
        last = list(source.iter_sse())[-1].id
    again = httpx.get(f"{fixed.url}/?message=Hi", headers={**STREAM, "Last-Event-ID": last})
    assert (again.status_code, again.content) == (204, b"")
    assert len(upstream.calls) == 1


@pytest.mark.parametrize(
    "headers",
    [
        HTML,
        {"Accept": "image/avif,*/*;q=0.8", "Sec-Fetch-Dest": "image"},
        {"Accept": "*/*", "Sec-Fetch-Dest": "script"},
    ],
    ids=["link", "image", "script"],
)
def test_a_link_an_image_or_a_script_starts_no_answer(
    fixed: Running, upstream: Upstream, headers: dict[str, str]
) -> None:
    response = httpx.get(f"{fixed.url}/?message=Hi", headers=headers)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert httpx.head(f"{fixed.url}/?message=Hi", headers=STREAM).status_code == 200
    assert upstream.calls == []


def test_an_empty_message_is_refused(fixed: Running) -> None:
    assert error(httpx.get(f"{fixed.url}/?message=", headers=STREAM)) == (400, "empty_prompt")


# Options, history, prompts seen


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("chat_history_tokens", "-1"),
        ("chat_history_tokens", "many"),
        ("chat_system_prompt_editable", "maybe"),
        ("chat_temperature_editable", "2"),
        ("chat_images", "yes"),
        ("chat_suggestions", "a | b | c | d | e"),
    ],
)
def test_an_option_that_cannot_be_read_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=rf"{name}='{re.escape(value)}' cannot be read: .*expected"):
        load("chat", "options").Options.of({name: value})


def test_in_front_of_another_function_images_and_suggestions_are_off_unless_set() -> None:
    of = load("chat", "options").Options.of
    assert (of({}).are_images_accepted, len(of({}).suggestions)) == (True, 4)
    relay = {"chat_upstream": "http://gateway/function/agent"}
    assert (of(relay).are_images_accepted, of(relay).suggestions) == (False, ())
    chosen = of({**relay, "chat_images": "true", "chat_suggestions": "One|Two |"})
    assert (chosen.are_images_accepted, chosen.suggestions) == (True, ("One", "Two"))
    assert of({"chat_suggestions": ""}).suggestions == ()


def test_the_default_model_is_one_of_those_on_offer() -> None:
    of = load("chat", "options").Options.of
    assert (of({}).model, of({}).models) == ("gpt-4o-mini", ("gpt-4o-mini",))
    assert of({"chat_models": "a,b,a", "openai_model": "b"}).models == ("a", "b")
    assert of({"chat_models": "a,b", "openai_model": "b"}).model == "b"
    assert of({"chat_models": "a,b", "openai_model": "c"}).model == "a"


def test_the_default_limit_of_a_conversation_fits_todays_models() -> None:
    limit = load("chat", "options").Options.of({}).history_tokens
    longest_answer = 16_384
    assert 64_000 < limit * 4 // 3 + longest_answer < 128_000


def message(role: str, tokens: int) -> dict[str, Any]:
    return {"role": role, "content": "x" * 4 * (tokens - 4)}


def test_the_oldest_messages_are_left_out_until_the_others_fit() -> None:
    trim = load("chat", "history").trim
    talk = [message(role, 10) for role in ("user", "assistant") * 3] + [message("user", 10)]
    for budget, dropped in ((0, 0), (70, 0), (69, 2), (50, 2), (49, 4), (30, 4), (29, 6), (1, 6)):
        assert trim(talk, budget) == (talk[dropped:], dropped), budget


def test_instructions_are_always_kept_and_counted() -> None:
    trim = load("chat", "history").trim
    talk = [message("system", 50), message("user", 10), message("assistant", 10), message("user", 10)]
    assert trim(talk, 80) == (talk, 0)
    assert trim(talk, 79) == ([talk[0], talk[3]], 2)
    assert trim(talk, 1) == ([talk[0], talk[3]], 2)
    assert trim([talk[0]], 1) == ([talk[0]], 0)


def test_tokens_are_estimated_by_bytes() -> None:
    tokens = load("chat", "history").tokens
    assert tokens({"role": "user", "content": "a" * 400}) == 104
    assert tokens({"role": "user", "content": "日本語の文"}) == 4 + 4
    assert tokens({"role": "assistant", "content": None}) == 4
    parts = [{"type": "text", "text": "abcd"}, {"type": "image_url", "image_url": {"url": "data:" + "a" * 9999}}]
    assert tokens({"role": "user", "content": parts}) == 4 + 1 + 800


def test_keys_are_remembered_within_bounds() -> None:
    seen_keys = load("chat", "seen_keys").SeenKeys(2)
    assert [key for key in ("a", "a", "b", "c", "a", "", "") if not seen_keys.is_first(key)] == ["a"]


def test_the_config_says_nothing_of_a_fixed_system_prompt() -> None:
    options = load("chat", "options").Options.of({"system_prompt": "The password is fish."})
    assert "fish" not in json.dumps(options.for_page())
