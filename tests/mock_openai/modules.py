"""The mock's modules."""

from importlib import import_module
from types import ModuleType


def load(name: str) -> ModuleType:
    return import_module(f"mock_openai.{name}")
