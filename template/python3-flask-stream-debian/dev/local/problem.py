"""The one error of the scripts: its text is all that a person is shown."""


class Problem(Exception):
    """What was found, what was expected and what mends it, in one line."""
