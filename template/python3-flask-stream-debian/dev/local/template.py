"""What a template says of its functions: how they start, where their handler goes, what their image sets."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.problem import Problem
from local.stack import Function, load_yaml

OWN = Path(__file__).parents[2]
"""The template that this runner belongs to."""

LANGUAGE = OWN.name.partition("@")[0]


def serves(lang: str) -> bool:
    """True for this template, at whatever release: faas-cli adds one to the folder's name, as in `name@v1`."""
    return lang.partition("@")[0] == LANGUAGE


@dataclass(frozen=True)
class Template:
    folder: Path
    fprocess: str
    handler_folder: str
    image_settings: Mapping[str, str]


def read(root: Path, lang: str) -> Template:
    """The template that a function names as its `lang`."""
    folder = root / "template" / lang
    try:
        manifest = load_yaml((folder / "template.yml").read_text(), f"template/{lang}/template.yml")
    except FileNotFoundError:
        raise Problem(
            f"there is no template/{lang}/template.yml; faas-cli template pull brings it: with the address of its "
            "repository, or `faas-cli template pull stack` if the stack file has it under configuration.templates"
        ) from None
    dockerfile = folder / "Dockerfile"
    return Template(
        folder=folder,
        fprocess=manifest.get("fprocess", ""),
        handler_folder=manifest.get("handler_folder") or "function",
        image_settings=settings(dockerfile.read_text()) if dockerfile.is_file() else {},
    )


def requirements(root: Path, function: Function, template: Template) -> list[Path]:
    """The requirements files that the function's image installs, in this order."""
    own = root / function.handler / "requirements.txt"
    default = template.folder / template.handler_folder / "requirements.txt"
    return [template.folder / "requirements.txt", own if own.is_file() else default]


def settings(dockerfile: str) -> dict[str, str]:
    """What ENV sets for the watchdog and the function: the variables with names in lower case."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", dockerfile, flags=re.MULTILINE))
    pairs = [
        pair.partition("=")
        for line in joined.splitlines()
        if line.startswith("ENV ")
        for pair in shlex.split(line.removeprefix("ENV "))
    ]
    return {name: value for name, _, value in pairs if name.islower()}
