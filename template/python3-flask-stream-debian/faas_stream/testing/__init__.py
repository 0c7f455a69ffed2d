"""Tests of handlers, without a key, a network, or a change to the handler. `docs/testing.md` is the guide.

    from faas_stream.testing import call, load_handler

    handler = load_handler(__file__)


    def test_answer_streams():
        answer = call(handler, "Hello", upstream=["Hi", " there"])
        assert (answer.status, answer.text, answer.finish_reason) == (200, "Hi there", "stop")

`call` runs the handler on the template's own server and event loop, and a scripted upstream replies to it. The first
import of this module opens the scripted upstream's port, and sets the variables by which the SDKs of OpenAI and
Anthropic find it (OPENAI_BASE_URL, ANTHROPIC_BASE_URL, `openai_base_url` …), so import it before the handler. Every
secret has the value `test-<name>`. The module works with pytest and with unittest.
"""

from faas_stream.framing import Event
from faas_stream.testing.answer import Answer, AnswerError
from faas_stream.testing.calls import call
from faas_stream.testing.environment import UPSTREAM_URL, prepare
from faas_stream.testing.handlers import load_handler
from faas_stream.testing.replies import (
    Cut,
    FinishReason,
    HttpError,
    HttpResponse,
    Reasoning,
    ScriptError,
    Silence,
    StreamError,
    ToolCall,
    Usage,
)
from faas_stream.testing.requests import UpstreamRequest

__all__ = [
    "UPSTREAM_URL",
    "Answer",
    "AnswerError",
    "Cut",
    "Event",
    "FinishReason",
    "HttpError",
    "HttpResponse",
    "Reasoning",
    "ScriptError",
    "Silence",
    "StreamError",
    "ToolCall",
    "UpstreamRequest",
    "Usage",
    "call",
    "load_handler",
]

prepare()
