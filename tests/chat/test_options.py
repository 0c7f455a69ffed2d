"""The options of chat: how they are read, and their defaults."""

import json
import re

import pytest

from tests.function_modules import load


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


def test_the_config_says_nothing_of_a_fixed_system_prompt() -> None:
    options = load("chat", "options").Options.of({"system_prompt": "The password is fish."})
    assert "fish" not in json.dumps(options.for_page())
