"""What to do about a handler that cannot be loaded: one line for the log, after the traceback."""

import platform
import sys
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path("function")
"""The handler's package, in the working directory of `python index.py`."""

PACKAGES: Mapping[str, str] = {
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "Crypto": "pycryptodome",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "faiss": "faiss-cpu",
    "fitz": "pymupdf",
    "git": "gitpython",
    "google.genai": "google-genai",
    "google.generativeai": "google-generativeai",
    "jose": "python-jose",
    "jwt": "pyjwt",
    "magic": "python-magic",
    "MySQLdb": "mysqlclient",
    "nacl": "pynacl",
    "OpenSSL": "pyopenssl",
    "PIL": "pillow",
    "pptx": "python-pptx",
    "psycopg2": "psycopg2-binary",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify",
    "tavily": "tavily-python",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}
"""Packages of an index whose name differs from that of their module by more than `-` for `_`."""


def advice(error: BaseException) -> str:
    """What to write where, or nothing if the error says enough itself."""
    if isinstance(error, SyntaxError) and error.filename:
        file = Path(error.filename)
        place = file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
        return f"{place}, line {error.lineno}, is not Python {platform.python_version()} ({error.msg}): correct it."
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _about_missing(error.name)
    return ""


def _about_missing(name: str) -> str:
    top, _, below = name.partition(".")
    own = FOLDER / (f"{below or 'handler'}".replace(".", "/") + ".py")
    if top == FOLDER.name:
        return f"There is no {own}: add it to the function's folder, or correct its name where it is imported."
    if (FOLDER / f"{top}.py").is_file() or (FOLDER / top).is_dir():
        return f"{top} is in the function's own folder: write `from . import {top}`, or `from .{top} import …`."
    if top in sys.stdlib_module_names or top == "faas_stream":
        return f"Python {platform.python_version()} or faas_stream has no module {name}: correct its name."
    package = PACKAGES.get(name) or PACKAGES.get(top) or name.replace("_", "-").replace(".", "-")
    return (
        f"Add the package that has the module {name} to requirements.txt, next to handler.py. It is probably {package}."
    )
