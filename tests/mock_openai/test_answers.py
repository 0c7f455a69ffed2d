import pytest

from .modules import load

answers = load("answers")
tokens = load("tokens")
conversation = load("conversation")


def answer(*turns: tuple[str, ...]) -> str:
    text: str = answers.answer(conversation.Conversation(tuple(conversation.Turn(*turn) for turn in turns)))
    return text


def test_the_question_comes_back() -> None:
    assert "You asked: “Why is the sky blue?”" in answer(("user", "Why is the\nsky blue?"))
    assert "You wrote: “Hello”" in answer(("user", "Hello"))


def test_earlier_questions_are_known_and_counted() -> None:
    text = answer(("user", "I am Ada."), ("assistant", "Hi"), ("user", "Fine."), ("user", "Who am I?"))
    assert "This is message 3 of our conversation; before it came “Fine.”" in text


def test_the_system_prompt_shows_its_beginning() -> None:
    text = answer(("system", "You are a pirate. " * 20), ("user", "Hello"))
    assert "My instructions begin “You are a pirate. You" in text
    assert "You are a pirate. " * 5 not in text


def test_the_documented_question_gets_a_list_of_foods() -> None:
    text = answer(("user", "What are some calorie dense foods?"))
    assert text.startswith("Here are some calorie-dense foods:\n\n1. **Nuts")


@pytest.mark.parametrize(
    ("word", "sign"), [("code", "```python\n"), ("table", "|:---"), ("emoji", "👩\u200d💻"), ("long", "## Part 1\n\n")]
)
def test_a_word_of_the_question_decides_the_answer(word: str, sign: str) -> None:
    assert sign in answer(("user", f"Give me a {word.upper()}, please"))


def test_a_canned_answer_still_shows_what_was_understood() -> None:
    text = answer(("system", "Be brief."), ("user", "Hello"), ("user", "Show me code"))
    assert text.endswith(
        "\n\n(This is message 2 of our conversation; before it came “Hello”. My instructions begin “Be brief.”.)"
    )


@pytest.mark.parametrize("count", [1, 90, 2000])
def test_a_long_answer_has_as_many_tokens_as_asked_for(count: int) -> None:
    assert tokens.count(answer(("user", f"long {count}"))) == count


@pytest.mark.parametrize(
    "text", ["", "Hi", " two spaces", "\nline\r\nends\n\n", "<script>alert(1)</script>", "echo: e"]
)
def test_echo_returns_exactly_what_follows(text: str) -> None:
    assert answer(("system", "Be brief."), ("user", "Hello"), ("user", f"Echo: {text}")) == text


def test_the_answer_quotes_a_tools_result() -> None:
    turns = ("user", "echo: the weather"), ("assistant", ""), ("tool", "Sunny, 25 °C", "get_weather")
    assert answer(*turns) == "The tool get_weather says: Sunny, 25 °C"


def test_the_same_conversation_gets_the_same_answer() -> None:
    assert answer(("user", "long 300")) == answer(("user", "long 300"))


def test_an_empty_question_is_answered_too() -> None:
    assert answer(("assistant", "Hi")).startswith("You sent no words of your own.")


def test_sections_of_documents_are_quoted_with_their_numbers() -> None:
    prompt = (
        '<section number="1" title="A">\nOne\nline.\n</section>\n\n<section number="2" title="B">\n'
        + "word " * 100
        + "\n</section>\n\nQuestion: echo: code?"
    )
    text = answer(("user", prompt))
    assert text.startswith("The documents say:\n\n> One line. [1]\n\n> word word")
    assert text.endswith("word … [2]")


def test_a_conversation_becomes_one_question() -> None:
    said = "user: What is T1?\nassistant: A trap.\nuser: And why\nis it one?"
    assert answer(("user", f"<conversation>\n{said}\n</conversation>")) == "What is T1? And why\nis it one?"
    assert answer(("user", "<conversation>\n</conversation>")).startswith("You wrote")
