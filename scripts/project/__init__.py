"""What the scripts do with the whole project: test it, and check its style.

checking  ./scripts/check, ./scripts/fix
testing   ./scripts/test, and what the other scripts need of the tests
cache     folders of .cache/, which tests and benchmarks need
verbs     which script calls what

The local runner, `local`, is in the template's `dev` folder.
"""
