"""The short page for a browser that opens a function without a page of its own."""

from html import escape

import flask
from werkzeug.exceptions import HTTPException

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{name}</title>
<h1>{name}</h1>
<p>This function streams answers to programs. Call it with the one Accept header that every hop streams:</p>
<pre>curl -sN {url} -H 'Accept: text/event-stream' -d 'What are some calorie dense foods?'</pre>
</html>
"""


class HowToCall(HTTPException):
    """Raised for a navigation: a link that is followed must never start an answer."""

    code = 200

    def get_response(self, *_arguments: object) -> flask.Response:
        """The page. Nothing on it is run or loaded."""
        name = getattr(getattr(flask.current_app, "settings", None), "function_name", "function")
        page = _PAGE.format(name=escape(name), url=escape(flask.request.base_url))
        response = flask.Response(page, content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        response.headers["Vary"] = "Accept"
        return response
