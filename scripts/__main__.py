"""`python scripts VERB …`: steps into the project's .venv, then does what the verb says."""

import sys
from pathlib import Path

from local import venv
from local.problem import Problem


def main(verb: str, arguments: list[str]) -> int:
    root = Path.cwd()
    try:
        venv.enter(root)
        # Only .venv has what the verbs import, so not before.
        from local.verbs import VERBS

        return VERBS[verb](root, arguments)
    except Problem as problem:
        print(f"scripts/{verb}: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
