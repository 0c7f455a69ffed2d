"""The error of the runner and the scripts. They show its text, and no traceback."""


class Problem(Exception):
    """What was found, what was expected and what fixes it, in one line."""
