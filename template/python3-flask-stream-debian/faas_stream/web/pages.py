"""The short page for a browser that opens a function without a page of its own."""

from html import escape
from urllib.parse import quote

import flask
from werkzeug.exceptions import HTTPException

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{name}</title>
<h1>{name}</h1>
<p>This function streams answers to programs. Call it with the one Accept header that every hop streams:</p>
<pre>curl -sN {url}{token} -H 'Accept: text/event-stream' -d 'What are some calorie dense foods?'</pre>
</html>
"""


_TOKEN = " -H 'Authorization: Bearer &lt;token&gt;'"


class HowToCall(HTTPException):
    """Raised for a navigation, because following a link must never start an answer."""

    code = 200

    def get_response(self, *_arguments: object) -> flask.Response:
        """The page."""
        return show_how_to_call(flask.Response())


def show_how_to_call(response: flask.Response, *, needs_token: bool = False) -> flask.Response:
    """The response with the page as its body. Nothing on it is run or loaded."""
    name = getattr(getattr(flask.current_app, "settings", None), "function_name", "function")
    page = _PAGE.format(name=escape(name), url=escape(_url(flask.request)), token=_TOKEN if needs_token else "")
    response.set_data(page)
    response.content_type = "text/html; charset=utf-8"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    response.headers["Vary"] = "Accept"
    return response


def _url(request: flask.Request) -> str:
    """The address that was opened, quoted so that no character of it has a meaning in a shell."""
    return quote(f"{request.scheme}://{request.headers.get('X-Forwarded-Host') or request.host}", ":/[]") + quote(
        request.path
    )
