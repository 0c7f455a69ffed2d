"""The platform under a function: a stand-in for of-watchdog, and tests that check the platform's facts.

`watchdogs` finds and starts them, `plugin` has the fixture `watchdog` for tests anywhere in `tests/`, and `watchdog/`
is the stand-in's Go program. The T numbers in the tests are the traps of `docs/platform.md`.
"""
