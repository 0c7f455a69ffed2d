"""Answers that are no streams."""

import multiprocessing
import threading
from multiprocessing.synchronize import Event
from pathlib import Path

import flask

MIB = "x" * (1024 * 1024)


def page(_req: str) -> str:
    return "<p>a page</p>"


def ready(_req: str) -> str:
    return "the handler is loaded"


def public(_req: str) -> str:
    return "<p>a public page</p>"


def counted(_req: str) -> str:
    """Logs that the handler ran."""
    print(f"the handler ran for {flask.request.method} {flask.request.headers.get('Accept')}", flush=True)
    return "counted"


def large(req: str) -> str:
    """So many MiB in one piece, without a stream."""
    return MIB * int(req)


def file(_req: str) -> flask.Response:
    """The file that the query names, as Flask sends it."""
    return flask.send_file(Path(flask.request.args["path"]), mimetype="text/plain", conditional=True)


def nothing(_req: str) -> None:
    """Has no `return`."""


def forked(_req: str) -> str:
    """The exit code of a process that the handler forks and terminates."""
    fork = multiprocessing.get_context("fork")
    runs = fork.Event()
    child = fork.Process(target=_run_until_terminated, args=(runs,))
    child.start()
    runs.wait()
    child.terminate()
    child.join(10)
    code = child.exitcode
    child.kill()
    return str(code)


def _run_until_terminated(runs: Event) -> None:
    runs.set()
    threading.Event().wait()
