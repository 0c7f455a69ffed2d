"""An SDK's stream whose end the handler observes, with access to the request."""

import flask

from . import default_retries


def handle(req: str) -> flask.Response:
    response = default_retries.handle(req)
    response.call_on_close(lambda: print(f"closed: {flask.request.path} {req}", flush=True))
    return response
