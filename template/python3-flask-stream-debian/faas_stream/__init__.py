"""What a handler imports to stream an answer. `docs/architecture.md` explains the folders."""

from faas_stream.answers.record import Record
from faas_stream.errors import ClientError
from faas_stream.framing import Event
from faas_stream.http_client import http_client
from faas_stream.secrets import secret, secret_source
from faas_stream.web.prompts import chat_messages
from faas_stream.web.streaming import Api, document, passthrough, stream

__all__ = [
    "Api",
    "ClientError",
    "Event",
    "Record",
    "chat_messages",
    "document",
    "http_client",
    "passthrough",
    "secret",
    "secret_source",
    "stream",
]
