"""Upstream's streams as deltas: what a model's server, an SDK's object or an author's own item brings.

All modules except `source`, `closing`, `read_ahead` and `pieces` are pure: no I/O, no clock, no threads. The packages
of the SDKs are never imported: their objects are recognised by public attributes.

| module | what it knows |
|---|---|
| delta | what one item brings, and the error for an upstream that failed |
| source | opens, reads and closes whatever a handler streams |
| shapes, closing | what a source is, and how it is ended |
| read_ahead | the queue from the thread that reads a source to the event loop |
| pieces | a source that a thread writes while the event loop reads it |
| reader | one upstream stream, from its bytes |
| items | a handler's items: text, values, events, objects of the SDKs and of LangChain |
| objects | which API a JSON object belongs to |
| state | what all readers of one answer share |
| completeness | when an answer is complete; OpenAI's names of the finish reasons |
| failures | how upstream says that it failed |
| refusals | what cannot be streamed, and what was probably forgotten |
| sse | the event stream format (WHATWG HTML, section 9.2.6) |
| chat | OpenAI Chat Completions and Completions |
| chat_calls | pieces of tool calls in their shape |
| responses | OpenAI Responses |
| media | OpenAI's events of speech, transcription and images |
| anthropic | Anthropic Messages |
| json_events | the format `json` of this bundle |
| whole_answer | the finish reason and usage of a whole JSON answer |
| content | text, reasoning and citations of a message's content |
| citations | a cited source, in one shape |
| tool_calls | which call a piece of a tool call belongs to |
| langchain | messages and generations of LangChain |
| usage | the tokens of a run with several messages |
| documents | Documents as citations; dicts of retrieval chains |
| runs | tuples and dicts: items of a chain, a graph or an agent, or an author's values |
| run_events | `.astream_events()` |
| message_events | messages as events of LangChain's streaming protocol |
| langgraph | what each stream of a graph brings |
| graph_parts | which stream of a graph an item is from |
| graph_messages | which messages of a graph are the answer |
| graph_tools | tools that run in a graph or a chain |
| plain_messages | messages that a node returns as dicts or pairs |
| withheld_text | text that is the answer only if there is no other |
| steps | which nodes of a graph have started and finished |
| values | JSON without NaN, text without halves of surrogate pairs |
"""

from faas_stream.sources.delta import Delta, UpstreamFailedError, UpstreamReadError
from faas_stream.sources.items import ItemReader
from faas_stream.sources.reader import StreamReader

__all__ = ["Delta", "ItemReader", "StreamReader", "UpstreamFailedError", "UpstreamReadError"]
