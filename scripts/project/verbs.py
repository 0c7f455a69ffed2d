"""Which function each script calls. It gets the project's root and the arguments, and returns the exit code."""

from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarking.start import bench
from images.lock import lock
from images.pins import pin_images
from images.testing import test_image
from local import options
from local.serving import run
from page_benchmark.start import bench_page
from project.checking import check, fix
from project.drift import drift
from project.testing import test
from soaking.start import soak

VERBS: Mapping[str, Callable[[Path, list[str]], int]] = {
    "run": lambda root, arguments: run(root, options.parse(root, arguments, "scripts/run")),
    "test": test,
    "check": lambda root, _: check(root),
    "fix": lambda root, _: fix(root),
    "drift": drift,
    "soak": soak,
    "bench": bench,
    "bench-page": bench_page,
    "lock": lambda root, _: lock(root),
    "pin-images": lambda root, _: pin_images(root),
    "test-image": test_image,
}
