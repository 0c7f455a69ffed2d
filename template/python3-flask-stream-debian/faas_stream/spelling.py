"""Names that are nearly the name of a setting."""

from collections.abc import Mapping, Set

MAX_DISTANCE = 2
"""In letters."""

SHORT = 8
"""In a shorter name, a letter that differs counts twice: `accept` and `excess` are words of their own, not `access`."""


def misspelled(names: Set[str], settings: Set[str]) -> Mapping[str, str]:
    """The setting that is meant, for each name that differs from it by case or by at most two letters.

    A setting whose own name is among `names` is not suggested for another name.
    """
    suggestions = {}
    for name in sorted(names - settings):
        near = [setting for setting in settings - names if abs(len(name) - len(setting)) <= MAX_DISTANCE]
        distance, setting = min(((_distance(name.casefold(), each.casefold()), each) for each in near), default=(9, ""))
        if distance <= MAX_DISTANCE:
            suggestions[name] = setting
    return suggestions


def _distance(name: str, setting: str) -> int:
    """How many letters are missing, added, different, or swapped with their neighbour."""
    different = 2 if len(setting) < SHORT else 1
    before: list[int] = []
    above = list(range(len(setting) + 1))
    for row, letter in enumerate(name, 1):
        current = [row]
        for column, other in enumerate(setting, 1):
            best = min(above[column] + 1, current[-1] + 1, above[column - 1] + (different if letter != other else 0))
            if row > 1 and column > 1 and letter == setting[column - 2] and name[row - 2] == other:
                best = min(best, before[column - 2] + 1)
            current.append(best)
        before, above = above, current
    return above[-1]
