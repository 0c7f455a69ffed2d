"""What the scripts do with the whole project: test it, and check its style.

checking  ./scripts/check, ./scripts/fix
testing   ./scripts/test, and what the other scripts need from the tests
drift     ./scripts/drift
uv        installs and locks packages
cache     folders of .cache/, which tests and benchmarks need
verbs     which function each script calls

The local runner, `local`, is in the template's `dev` folder.
"""
