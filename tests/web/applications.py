"""WSGI applications in place of a handler: a client of one, and one that sends a given head."""

from typing import Any

from flask.testing import FlaskClient

from tests.fixtures import Serve

TEXT = [("Content-Type", "text/plain")]
EVENTS = [("Content-Type", "text/event-stream")]


def served(serve: Serve, application: Any, **environment: str) -> FlaskClient:
    """A client of a module that has only an application."""
    return serve(None, {"application": application}, **environment)


def head(status: Any, headers: Any) -> Any:
    def application(_environ: object, start_response: Any) -> list[bytes]:
        start_response(status, headers)
        return [b"a"]

    return application
