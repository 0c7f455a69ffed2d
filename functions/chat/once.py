"""Which prompts came before, by the key that their sender gave them."""

import threading


class Once:
    """Remembers the last `size` keys, in this process: a replica knows nothing of what another has seen."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._keys: dict[int, None] = {}  # by their hashes, for who sends a key says how long it is
        self._lock = threading.Lock()

    def is_first(self, key: str) -> bool:
        """False for a key that came before; a request without a key is always the first."""
        if not key:
            return True
        with self._lock:
            if hash(key) in self._keys:
                return False
            self._keys[hash(key)] = None
            if len(self._keys) > self._size:
                del self._keys[next(iter(self._keys))]
        return True
