"""`python scripts VERB …`: enters the project's .venv, then calls the verb's function."""

import sys
from pathlib import Path

DEV = Path(__file__).parents[1] / "template" / "python3-flask-stream-debian" / "dev"
sys.path.insert(1, str(DEV))

from local import venv  # noqa: E402 - found in DEV
from local.problem import Problem  # noqa: E402


def main(verb: str, arguments: list[str]) -> int:
    root = Path.cwd()
    try:
        venv.enter(root, root / ".venv", DEV / "requirements.txt")
        # Imported here, because only .venv has the packages that the verbs need.
        from project.verbs import VERBS

        return VERBS[verb](root, arguments)
    except Problem as problem:
        print(f"scripts/{verb}: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
