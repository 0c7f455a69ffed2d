"""The proxy's modules, from a folder whose name no import statement can spell."""

import importlib
import sys
from types import ModuleType

from tests.fronts import FUNCTIONS

_PACKAGE = "openai_proxy"


def load(name: str) -> ModuleType:
    """The module `name` of the proxy; the same object each time."""
    if _PACKAGE not in sys.modules:
        package = ModuleType(_PACKAGE)
        package.__path__ = [str(FUNCTIONS / "openai-proxy")]
        sys.modules[_PACKAGE] = package
    return importlib.import_module(f"{_PACKAGE}.{name}")
