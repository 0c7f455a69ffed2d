"""The platform under a function: a stand-in for of-watchdog, and the suite that holds every watchdog to the facts.

`watchdogs` finds and starts them, `plugin` has the fixture `watchdog` for tests anywhere in `tests/`, and `watchdog/`
holds the stand-in's Go program. The T numbers in the tests are the platform's known traps.
"""
