"""The idempotency keys of earlier prompts, so that a prompt which a browser repeats is not sent twice."""

import threading


class SeenKeys:
    """Remembers the last `size` keys, in this process: a replica knows nothing of what another has seen."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._keys: dict[int, None] = {}  # their hashes, because the sender decides how long a key is
        self._lock = threading.Lock()

    def is_first(self, key: str) -> bool:
        """Remembers a key; False if it came before. A request without a key is always the first."""
        if not key:
            return True
        with self._lock:
            if hash(key) in self._keys:
                return False
            self._keys[hash(key)] = None
            if len(self._keys) > self._size:
                del self._keys[next(iter(self._keys))]
        return True
