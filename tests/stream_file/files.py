"""The files that the tests download: the function's own sample, and a file of ten bytes."""

import hashlib

from tests.fronts import FUNCTIONS

FOLDER = FUNCTIONS / "stream-file"
SAMPLE = (FOLDER / "files" / "sample.png").read_bytes()
SHA256 = hashlib.sha256(SAMPLE).hexdigest()
ETAG = f'"{SHA256}"'
TINY = b"0123456789"
ETAG_OF_TINY = f'"{hashlib.sha256(TINY).hexdigest()}"'
