"""`./scripts/pin-images`: base images by digest instead of by tag alone."""

import re
from collections.abc import Mapping
from pathlib import Path

from images import registry


def pin_images(root: Path) -> int:
    """Writes the digest of each base image's tag into the templates' Dockerfiles. Raises Problem if one is missing."""
    for dockerfile in sorted(root.glob("template/*/Dockerfile")):
        text = dockerfile.read_text()
        images = base_images(text)
        digests = {argument: registry.digest(image) for argument, image in images.items()}
        dockerfile.write_text(with_digests(text, digests))
        for argument, image in images.items():
            print(f"{dockerfile.relative_to(root)}: {image}@{digests[argument]}")
    return 0


def base_images(dockerfile: str) -> dict[str, str]:
    """The image that each FROM names by a build argument, by that argument and without its digest."""
    before_from = dockerfile.partition("\nFROM ")[0]
    arguments = dict(re.findall(r"^ARG (\w+)=(.*)$", before_from, re.MULTILINE))
    return {
        name: _expanded(arguments[name], arguments)
        for name in re.findall(r"^FROM \$\{(\w+)\}", dockerfile, re.MULTILINE)
    }


def _expanded(text: str, arguments: Mapping[str, str]) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda match: arguments[match[1]], text.partition("@")[0])


def with_digests(dockerfile: str, digests: Mapping[str, str]) -> str:
    """The Dockerfile with these digests in the defaults of their build arguments, whose tags stay as they are."""
    for argument, digest in digests.items():
        dockerfile = re.sub(rf"^(ARG {argument}=[^@\n]+).*$", rf"\1@{digest}", dockerfile, count=1, flags=re.MULTILINE)
    return dockerfile
