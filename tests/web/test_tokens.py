"""The text of a secret with tokens, as people write it."""

import pytest

from faas_stream.web.tokens import Tokens


@pytest.mark.parametrize(
    "text",
    [
        "new\nold",
        "old\r\nnew\r\n",
        "# since May\nold # alice\n\n\t new\t# bob, until June\n#gone\n",
        "  old  \n \n\n  new",
    ],
)
def test_each_line_is_a_token_and_comments_are_none(text: str) -> None:
    tokens = Tokens(text)
    assert tokens.problems == []
    assert [tokens.admit(offered) for offered in ("old", "new")] == [True, True]
    assert not any(
        map(tokens.admit, ("", "gone", "#gone", "alice", "old # alice", " old", "Old", "ol", "old\n", "öld"))
    )


def test_a_sign_within_a_token_is_part_of_it() -> None:
    tokens = Tokens("a#b\n")
    assert [tokens.admit(offered) for offered in ("a#b", "a")] == [True, False]


@pytest.mark.parametrize("text", ["", "\n \r\n", "# only a comment"])
def test_a_text_without_a_token_is_a_problem_and_admits_nobody(text: str) -> None:
    tokens = Tokens(text)
    assert len(tokens.problems) == 1
    assert "expected one per line" in tokens.problems[0]
    assert not tokens.admit("")


@pytest.mark.parametrize("line", ["a secret", "Bearer secret", "sécret", "sec\0ret", "secret\u200b", "\ufeffsecret"])
def test_a_line_that_no_client_can_send_is_a_problem_that_does_not_quote_it(line: str) -> None:
    tokens = Tokens(f"good\n{line}\n")
    assert tokens.admit("good")
    assert not tokens.admit(line)
    (problem,) = tokens.problems
    assert problem.startswith("line 2 is no token: expected ASCII")
    assert "secret" not in problem
