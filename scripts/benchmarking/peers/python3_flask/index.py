# mypy: ignore-errors
# A peer is written as in its own documentation, without types.
"""The behaviour of OpenFaaS's python3-flask template: `handle` serves every path, on waitress with its defaults."""

import os
from urllib.parse import urlsplit

from flask import Flask, request
from waitress import serve

from function import handler

app = Flask(__name__)


@app.route("/", defaults={"path": ""}, methods=["GET", "POST"])
@app.route("/<path:path>", methods=["GET", "POST"])
def call_handler(path):  # noqa: ARG001 - the route passes it
    return handler.handle(request.get_data(as_text=True))


if __name__ == "__main__":
    serve(app, host="127.0.0.1", port=urlsplit(os.environ["upstream_url"]).port)
