"""The part of docs/performance.md that shows the benchmark's last run."""

from local.problem import Problem

BEGIN, END = "<!-- bench -->", "<!-- /bench -->"


def with_part(page: str, part: str) -> str:
    """The page with this part between its two marks, otherwise unchanged. Raises Problem without the marks."""
    before, begin, following = page.partition(BEGIN)
    _, end, after = following.partition(END)
    if not begin or not end:
        raise Problem(f"docs/performance.md has no place for the benchmark: expected the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{part.strip()}\n{END}{after}"
