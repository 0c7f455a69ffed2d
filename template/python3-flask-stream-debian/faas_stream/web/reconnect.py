"""Reconnects of event stream clients, which must never cause a second request upstream."""

import re

import flask

_EVENT_ID = re.compile(r"[0-9a-f]{32}\.\d+")


def is_own_event_id(request: flask.Request) -> bool:
    """True if the client has seen events of this template, whichever replica sent them.

    EventSource sends the last id as a header, event-source-polyfill in the query.
    """
    last = (request.headers.get("Last-Event-ID"), request.args.get("lastEventId"))
    return any(_EVENT_ID.fullmatch(id or "") for id in last)
