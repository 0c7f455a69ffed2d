"""Who may call: bearer tokens of a secret, on every way to a function; and nothing of a call in the log."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from openai import AuthenticationError, OpenAI

from tests.events import without_ids
from tests.fronts import DIRECT, FUNCTIONS, Front, lay_out, serve
from tests.platform.running import Running
from tests.upstream import Call, Upstream

OLD, NEW = "token-of-old", "token-of-new"
KEY = "sk-upstreams-key"
PROMPT, ANSWER = "what-is-asked", "what-is-answered"
SSE = "text/event-stream"


def answer(call: Call) -> None:
    call.delta(ANSWER)
    call.finish()


SCRIPT = answer


def laid_out(folder: Path) -> Path:
    """stream-openai with the tokens OLD and NEW, and a key of upstream's."""
    lay_out(folder, FUNCTIONS / "stream-openai")
    (folder / ".secrets" / "openai-api-key").write_text(f"{KEY}\n")
    (folder / ".secrets" / "callers").write_text(f"{OLD}\n\n  {NEW}  \n")
    return folder


@pytest.fixture(scope="module")
def function(way: Front, server: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = laid_out(tmp_path_factory.mktemp("build") / "fn")
    with serve(way, folder, openai_base_url=server.url, auth_secret="callers") as running:
        yield running


def ask(function: Running, authorization: str | None, accept: str = SSE, body: str = PROMPT) -> httpx.Response:
    headers = {"Accept": accept, **({"Authorization": authorization} if authorization is not None else {})}
    return httpx.post(function.url, content=body, headers=headers, timeout=60)


@pytest.mark.parametrize("authorization", [f"Bearer {OLD}", f"Bearer {NEW}", f"bearer  {NEW}"])
def test_each_token_of_the_secret_is_admitted(function: Running, upstream: Upstream, authorization: str) -> None:
    assert without_ids(ask(function, authorization).text) == f"data: {ANSWER}\n\ndata: [DONE]\n\n"
    assert upstream.calls[0].headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer wrong",
        f"Bearer {OLD[:-1]}",
        f"Bearer {OLD}x",
        f"Bearer {OLD.upper()}",
        f"Bearer {OLD} {NEW}",
        f"Bearer {OLD},{NEW}",
        f"Bearer {KEY}",
        f"Basic {OLD}",
        f"Token {OLD}",
        OLD,
        "Bearer tökén",
    ],
)
@pytest.mark.parametrize("accept", [SSE, "*/*", "application/json"])
def test_nobody_else_is_admitted(function: Running, upstream: Upstream, authorization: str | None, accept: str) -> None:
    header = authorization.encode() if authorization else authorization
    response = ask(function, header, accept)  # type: ignore[arg-type]
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json()["error"]["code"] == "unauthorized"
    assert upstream.calls == []


def test_a_token_elsewhere_does_not_count(function: Running, upstream: Upstream) -> None:
    headers = {"Accept": SSE, "Api-Key": OLD, "Cookie": f"token={OLD}", "Proxy-Authorization": f"Bearer {OLD}"}
    url = f"{function.url}/?access_token={OLD}&api_key={OLD}"
    assert httpx.post(url, content=PROMPT, headers=headers, timeout=60).status_code == 401
    assert upstream.calls == []


def test_an_sdks_api_key_is_the_token(function: Running) -> None:
    def say(token: str) -> str:
        query = {"format": "openai"}
        with OpenAI(base_url=function.url, api_key=token, default_query=query, max_retries=0, timeout=60) as client:
            stream = client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": PROMPT}], stream=True
            )
            return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)

    assert say(NEW) == ANSWER
    with pytest.raises(AuthenticationError):
        say("wrong")


def test_tokens_change_without_a_restart(server: Upstream, tmp_path: Path) -> None:
    folder = laid_out(tmp_path / "fn")
    tokens = folder / ".secrets" / "callers"
    with serve(DIRECT, folder, openai_base_url=server.url, auth_secret="callers") as function:
        tokens.write_text("token-of-today\n")
        assert ask(function, "Bearer token-of-today").status_code == 200
        assert ask(function, f"Bearer {OLD}").status_code == 401
        tokens.write_text("\n \n")
        assert {ask(function, authorization).status_code for authorization in ("", "Bearer", None)} == {401}
        tokens.unlink()
        response = ask(function, "Bearer token-of-today")
        assert (response.status_code, response.json()["error"]["code"]) == (500, "secret_missing")
        function.wait_for_line("faas-cli secret create callers")


def refuse(call: Call) -> None:
    call.refuse(400, {"error": {"message": f"{PROMPT} {ANSWER} {KEY}", "code": f"{PROMPT} {ANSWER}"}})


def fail(call: Call) -> None:
    call.delta(ANSWER)
    call.frame({"error": {"message": f"{PROMPT} {ANSWER} {KEY}", "code": f"{PROMPT} {ANSWER}"}})
    call.end()


def send_nonsense(call: Call) -> None:
    call.delta(ANSWER)
    call.raw(f"data: {{{PROMPT} {ANSWER} {KEY}\n\n".encode())
    call.end()


def break_off(call: Call) -> None:
    call.delta(ANSWER)
    call.cut()


def test_no_secret_prompt_or_answer_is_logged(function: Running, upstream: Upstream) -> None:
    before = len(function.output())
    for script in (answer, refuse, fail, send_nonsense, break_off):
        upstream.script = script
        for accept in (SSE, "application/json"):
            ask(function, f"Bearer {NEW}", accept)
    for body in (f'{{"messages": "{PROMPT}"}}', f'{{"prompt": {PROMPT}', f'{{"{PROMPT}": 1}}'):
        assert ask(function, f"Bearer {NEW}", body=body).status_code == 400
    httpx.post(function.url, content=PROMPT, headers={"Authorization": f"Bearer {NEW}-wrong", "X-Call-Id": "the-last"})
    function.wait_for_line('"the-last"')
    logged = "\n".join(function.output()[before:])
    assert [word for word in (OLD, NEW, KEY, PROMPT, ANSWER) if word in logged] == []
