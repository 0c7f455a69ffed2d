"""When Python looks for garbage: seldom, and not among what stays.

A collection stops every answer. Left alone, Python begins one at every 700 objects, and now and then goes through all
that the packages consist of: 40 ms for OpenAI's SDK, 80 ms for LangChain's. That was the lateness of the 99th token of
100, and a fifth of the CPU at 1,000 streams.
"""

import gc

THRESHOLDS = (10_000, 5, 2)
"""How many more objects there are to be before Python looks at the youngest of them, which takes 1 ms; how many times,
before it looks at the older ones as well, and how many of these times, before it looks at all. Python's own are 700, 10
and 10: what ended answers leave behind is found about as soon."""


def seldom() -> None:
    """To be called before the imports, which this makes faster by a tenth."""
    gc.set_threshold(*THRESHOLDS)


def spare_what_is_there() -> None:
    """Never looks again at what there is now. To be called after the imports, once."""
    gc.freeze()
