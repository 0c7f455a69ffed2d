"""The modules of functions, whose folders have names that no import statement can spell."""

import importlib
import sys
from types import ModuleType

from tests.fronts import FUNCTIONS


def load(function: str, name: str) -> ModuleType:
    """The module `name` of a function; the same object each time."""
    package = f"{function.replace('-', '_')}_function"
    if package not in sys.modules:
        sys.modules[package] = ModuleType(package)
        sys.modules[package].__path__ = [str(FUNCTIONS / function)]
    return importlib.import_module(f"{package}.{name}")
