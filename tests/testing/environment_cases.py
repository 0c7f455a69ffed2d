"""What `call` and `load_handler` give a handler: settings, secrets, and its own modules."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from faas_stream import secret
from faas_stream.settings import SettingError
from faas_stream.testing import call, load_handler
from tests.testing.handler import handle


def test_settings_are_the_templates_and_the_handlers_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("openai_model", "before")

    def model(_req: str) -> str:
        return os.environ.get("openai_model", "")

    assert call(model, settings={"openai_model": "mine", "stream_format": "json"}).text == "mine"
    assert call(model).text == "before"
    assert call(handle, "x" * 100, settings={"max_body": "50"}).status == 413
    assert call(handle, "x", settings={"stream_format": "json"}, upstream=["Hi"]).events[0].event == "start"
    with pytest.raises(SettingError, match=r"setting commit_after='soon' cannot be read"):
        call(handle, "x", settings={"commit_after": "soon"})
    with pytest.raises(TypeError, match=r"max_streams=4, but variables are text, as in stack.yaml: '4'"):
        call(handle, "x", settings={"max_streams": 4})  # type: ignore[dict-item]


def test_a_handler_is_loaded_anew_with_the_settings_of_the_test(tmp_path: Path) -> None:
    (tmp_path / "latest.py").write_text('import os\n\nMODEL = os.environ.get("my_model", "none")\n')
    source = """
from faas_stream import secret
from function import latest

KEY = secret("my-key")
methods = ("POST",)


def handle(req):
    return f"{latest.MODEL} {KEY}"
"""
    (tmp_path / "handler.py").write_text(source)
    test_file = str(tmp_path / "handler_test.py")
    first = load_handler(test_file, settings={"my_model": "a"})
    second = load_handler(test_file, settings={"my_model": "b"}, secrets={"my-key": "mine"})
    assert (call(first).text, call(second).text) == ("a test-my-key", "b mine")
    assert "my_model" not in os.environ
    assert call(second.handle, method="GET").status == 405


@pytest.mark.parametrize(
    "statement", ["from . import words", "from function import words", "import function.words as words"]
)
def test_each_of_two_handlers_imports_its_own_modules_late(tmp_path: Path, statement: str) -> None:
    source = f"""
def handle(req):
    {statement}
    return words.WORD
"""
    handlers = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "words.py").write_text(f"WORD = {name!r}\n")
        (folder / "handler.py").write_text(source)
        handlers.append(load_handler(str(folder / "handler_test.py")))
    for _ in range(2):
        assert [call(handler).text for handler in handlers] == ["one", "two"]
        assert [call(handler.handle).text for handler in reversed(handlers)] == ["two", "one"]


def test_secrets_need_no_file() -> None:
    def handle(_req: str) -> str:
        return f"{secret('one')} {secret('two')}"

    assert call(handle, secrets={"two": "mine"}).text == "test-one mine"
    answer = call(handle, secrets={"two": None})
    assert answer.error_code == "secret_missing"


def test_tokens_are_checked_if_a_test_sets_auth_secret() -> None:
    options: dict[str, Any] = {"settings": {"auth_secret": "tokens"}, "secrets": {"tokens": "abc\n"}}
    assert call(handle, "x", **options).status == 401
    answer = call(handle, "x", upstream=["Hi"], headers={"Authorization": "Bearer abc"}, **options)
    assert answer.text == "Hi"
    module = SimpleNamespace(handle=lambda _req: "page", is_public=lambda request: request.method == "GET")
    assert call(module, method="GET", **options).text == "page"
