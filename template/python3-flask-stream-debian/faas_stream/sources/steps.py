"""The steps of a graph: which of its nodes have started and finished."""

from collections.abc import Sequence
from typing import Any

from faas_stream.sources.delta import Delta

_STARTED, _FINISHED = "started", "finished"
Path = tuple[str, ...]


class Steps:
    """Each step starts once and finishes once, whichever of a graph's streams report it.

    A task has an id in most streams. The stream of updates has only the node's name, and only when the node finishes.
    """

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, Path]] = {}  # by the task's id, the oldest first
        self._known: set[str] = set()
        self._has_results = False  # a stream reports the end of each task
        self._updates = 0

    def start(self, id: str, name: str, path: Path, out: list[Delta]) -> None:
        """The task with this id has started. path: the nodes that the step's graph is in; () for the top graph."""
        if id not in self._known:
            self._known.add(id)
            self._open[id] = name, path
            out.append(_step(name, path, _STARTED))

    def finish(self, id: str, name: str, path: Path, out: list[Delta]) -> None:
        """The task with this id has finished."""
        self._has_results = True
        self.start(id, name, path, out)
        if self._open.pop(id, None):
            out.append(_step(name, path, _FINISHED))

    def begin_update(self, name: str, path: Path, out: list[Delta]) -> None:
        """A node with this name has finished. Its update is read next, then `end_update` is called."""
        if not self._has_results and (name, path) not in self._open.values():
            self._updates += 1
            self.start(f"update {self._updates}", name, path, out)

    def end_update(self, name: str, path: Path, out: list[Delta]) -> None:
        """The node's update was read, so its step has finished. Does nothing if the task's own end was seen."""
        for id, step in self._open.items():
            if step == (name, path):
                del self._open[id]
                out.append(_step(name, path, _FINISHED))
                return

    def finish_all(self, path: Path, out: list[Delta]) -> None:
        """All nodes of the graph at this path that have started have finished."""
        for id, (name, step_path) in list(self._open.items()):
            if step_path[: len(path)] == path:
                del self._open[id]
                out.append(_step(name, step_path, _FINISHED))


def _step(name: str, path: Sequence[str], state: str) -> Delta:
    step: dict[str, Any] = {"name": name, "state": state}
    if path:
        step["path"] = list(path)
    return Delta(steps=[step], by_agent=True)
