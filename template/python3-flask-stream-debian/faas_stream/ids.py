"""Names for answers and calls: unlike any other, but no secrets."""

import random
import uuid

_random = random.Random()  # not the module's own, which a handler may seed


def new_id() -> str:
    """32 hexadecimal digits. uuid4 asks the kernel, and gives the interpreter's lock up for that."""
    return uuid.UUID(int=_random.getrandbits(128), version=4).hex
