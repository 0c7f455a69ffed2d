"""The mock's modules."""

from functools import partial

from tests.function_modules import load as load_of

load = partial(load_of, "mock-openai")
