"""`dev/run`: the functions of the stack file in the working directory, served on this machine."""

import sys
from pathlib import Path

# faas-cli copies template/ into every build, so nothing is written there.
sys.dont_write_bytecode = True

from local import options, venv  # noqa: E402 - not compiled into its folder
from local.problem import Problem  # noqa: E402

HERE = Path(__file__).parent


def main(arguments: list[str]) -> int:
    root = Path.cwd()
    try:
        parsed = options.parse(root, arguments, str(Path(sys.argv[0]).with_name("run")))
        venv.enter(root, root / "build/.dev/venv", HERE / "requirements.txt")
        # Imported here, because only that environment has the packages that the runner needs.
        from local.serving import run

        return run(root, parsed)
    except Problem as problem:
        print(f"dev/run: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
