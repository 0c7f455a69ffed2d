"""`load_handler`: the handler next to a test, imported as the function's process imports it."""

import hashlib
import importlib
import importlib.machinery
import importlib.util
import sys
import unittest
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from faas_stream.testing import environment

_PACKAGE = "function"

TEMPLATE_HANDLER = "cde5601af1012296581f6ab6f83285a0c214a74d94d3de0b8d48975e518771cb"
TEMPLATE_TEST = "0b50c9bc1289ec782c09529f28fa826c387c762b4238a4f645d5aa0ac057bc03"
"""The SHA-256 of `function/handler.py` and `function/handler_test.py`, as `faas-cli new` gives them to an author."""


def load_handler(
    test_file: str, settings: Mapping[str, str] | None = None, secrets: Mapping[str, str | None] | None = None
) -> ModuleType:
    """The module `handler.py` next to a test, as `load_handler(__file__)`.

    It is imported as `function.handler`, as in the image, and anew each time; modules next to it are `function.…` or
    `from . import …`. settings: variables as in `environment:` of stack.yaml that the handler reads while it is
    imported. secrets: as in `call`. Raises FileNotFoundError if there is no handler.py.

    In the build of an image, faas-cli puts the template's own test next to every handler that has none. Such a test is
    skipped here (`unittest.SkipTest`), unless the handler is the template's too.
    """
    folder = Path(test_file).resolve().parent
    handler = folder / "handler.py"
    if not handler.is_file():
        raise FileNotFoundError(f"load_handler({test_file!r}) found no {handler}: put the test next to its handler.py")
    if _is_inherited(Path(test_file), handler):
        raise unittest.SkipTest(
            f"{Path(test_file).name} is the template's test, but handler.py is not the template's handler, so this "
            "test was not run. Change the test to fit the handler, and builds run it."
        )
    _forget(folder)
    if _PACKAGE not in sys.modules:
        _import_package(folder)
    with environment.having(settings or {}, secrets or {}):
        module = importlib.import_module(f"{_PACKAGE}.handler")
    _packages[id(vars(module))] = _own_modules()
    return module


_packages: dict[int, dict[str, ModuleType]] = {}
"""By the id of a loaded handler's namespace: the modules of its function, which keep the namespace alive."""


@contextmanager
def importable(handler: Any) -> Iterator[None]:
    """In the block, `function.…` is what this handler was loaded with, so that it can import modules of its own late.

    handler: a module that `load_handler` has returned, or its function. Any other is left as it is.
    """
    namespace = vars(handler) if isinstance(handler, ModuleType) else getattr(handler, "__globals__", None)
    own = _packages.get(id(namespace))
    if own is None:
        yield
        return
    others = _own_modules()
    _replace_own_modules(own)
    try:
        yield
    finally:
        own.update(_own_modules())
        _replace_own_modules(others)


def _own_modules() -> dict[str, ModuleType]:
    return {name: module for name, module in sys.modules.items() if name.partition(".")[0] == _PACKAGE}


def _replace_own_modules(modules: Mapping[str, ModuleType]) -> None:
    for name in _own_modules():
        del sys.modules[name]
    sys.modules.update(modules)


def _is_inherited(test: Path, handler: Path) -> bool:
    """True for the template's test, in a build folder, next to an author's handler."""
    is_build = test.resolve().parent.name == _PACKAGE and (test.resolve().parent.parent / "faas_stream").is_dir()
    return is_build and _digest(test) == TEMPLATE_TEST and _digest(handler) != TEMPLATE_HANDLER


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def _forget(folder: Path) -> None:
    """Forgets the imported modules of a function, so that they are imported anew, except tests."""
    package = sys.modules.get(_PACKAGE)
    is_same = package is not None and str(folder) in [str(Path(path).resolve()) for path in package.__path__]
    for name in list(sys.modules):
        is_inside = name.startswith(f"{_PACKAGE}.")
        if (name == _PACKAGE and not is_same) or (is_inside and not (is_same and _is_test(name))):
            del sys.modules[name]
            if package is not None:  # `from function import name` takes the attribute, if there is one
                vars(package).pop(name.removeprefix(f"{_PACKAGE}."), None)


def _is_test(module: str) -> bool:
    name = module.rpartition(".")[2]
    return name.startswith("test_") or name.endswith("_test") or name == "conftest"


def _import_package(folder: Path) -> None:
    init = folder / "__init__.py"
    if init.is_file():
        spec = importlib.util.spec_from_file_location(_PACKAGE, init, submodule_search_locations=[str(folder)])
    else:
        spec = importlib.machinery.ModuleSpec(_PACKAGE, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
    assert spec is not None
    package = importlib.util.module_from_spec(spec)
    package.__file__ = str(init)  # Flask looks there for the folder of the function's own templates
    sys.modules[_PACKAGE] = package
    if spec.loader is not None:
        spec.loader.exec_module(package)
