"""Upstream's streams as deltas: what a model's server, an SDK's object or an author's own item brings.

All modules but `source` are pure: no I/O, no clock, no threads. The packages of the SDKs are recognised by their public
objects and never imported.

| module | what it knows |
|---|---|
| delta | what one item brings, and the error for an upstream that failed |
| source | opens, reads and closes whatever a handler streams; the only module with I/O |
| reader | one upstream stream, from its bytes |
| document | the finish reason and usage of a whole JSON answer |
| items | a handler's items: text, values, events, objects of the SDKs and of LangChain |
| sse | the event stream format (WHATWG HTML, section 9.2.6) |
| completeness | when an answer is complete; OpenAI's names of the finish reasons |
| failures | how upstream says that it failed |
| chat | OpenAI Chat Completions and Completions |
| chat_calls | pieces of tool calls in their shape |
| responses | OpenAI Responses |
| media | OpenAI's events of speech, transcription and images |
| anthropic | Anthropic Messages |
| json_events | the format `json` of this bundle |
| langchain | messages and generations of LangChain |
| usage | the tokens of a run with several messages |
| runs | tuples and dicts: items of a chain, a graph or an agent, or an author's values |
| graph_parts | which stream of a graph an item is from |
| langgraph | what each stream of a graph brings |
| graph_messages | which messages of a graph are the answer, each once |
| graph_tools | tools that run in a graph or a chain |
| message_events | messages as events of LangChain's streaming protocol |
| run_events | `.astream_events()` |
| steps | which nodes of a graph have started and finished |
| documents | Documents as citations; dicts of retrieval chains |
| tool_calls | which call a piece of a tool call belongs to |
| refusals | what cannot be streamed, and what was probably forgotten |
| values | JSON without NaN, text without half characters |
"""

from faas_stream.sources.delta import Delta, UpstreamFailedError, UpstreamReadError
from faas_stream.sources.items import ItemReader
from faas_stream.sources.reader import StreamReader

__all__ = ["Delta", "ItemReader", "StreamReader", "UpstreamFailedError", "UpstreamReadError"]
