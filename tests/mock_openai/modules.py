"""The mock's modules, from a folder whose name no import statement can spell."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

_FOLDER = Path(__file__).parents[2] / "functions" / "mock-openai"
_PACKAGE = "mock_openai"


def load(name: str) -> ModuleType:
    """The module `name` of the mock; the same object each time."""
    if _PACKAGE not in sys.modules:
        package = ModuleType(_PACKAGE)
        package.__path__ = [str(_FOLDER)]
        sys.modules[_PACKAGE] = package
    return importlib.import_module(f"{_PACKAGE}.{name}")
