"""The part of the README that shows the benchmark."""

from local.problem import Problem

BEGIN, END = "<!-- bench -->", "<!-- /bench -->"


def with_part(readme: str, part: str) -> str:
    """The README with this part between its two marks, otherwise unchanged. Raises Problem without the marks."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise Problem(f"README.md has no place for the benchmark: expected the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{part.strip()}\n{END}{after}"
