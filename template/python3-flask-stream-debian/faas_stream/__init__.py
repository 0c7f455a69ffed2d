"""What a handler imports to stream an answer.

| module | what it is |
|---|---|
| app | the Flask application; `stream`, `chat_messages` |
| choice | which answer a request gets |
| answer | one answer on its way: items in, bytes out |
| sources | what may be streamed, and what each item brings |
| formats | what an answer looks like on the wire, one module a format |
| framing | Server-Sent Events as bytes; `Event` |
| padding | what makes buffering hops pass an answer on |
| access | bearer tokens |
| cors | which pages of other origins may call |
| negotiation | the Accept header |
| prompts | what the caller asks |
| errors | what may be told of a failure; `ClientError` |
| relayed | a handler's own streaming response |
| exchange | one request and its answer, between producer and watcher |
| reply | what a reader is sent: head and bytes |
| flow | an answer's pieces, passed on as they come |
| pump | one thread for many answers |
| worker | who works on an answer: a thread, or nobody |
| errand | the work for a request, by one thread after another |
| crew | threads that take one job after another |
| loop | the connections, and what each waits for |
| selector | waiting for many sockets |
| ids | names for answers and calls |
| garbage | when Python looks for garbage |
| watch | what is due on an answer at a given time |
| interrupt | waking a thread that waits for upstream |
| lifecycle | threads and signals |
| connection | what the server tells of a reader's connection |
| reader | such a connection on a channel of waitress's |
| record | the log line of an answer |
| lines | output in lines the watchdog can take |
| settings | the environment |
| secrets | the secret files |

Imports run one way: index, app, lifecycle, and behind them leaves that know nothing of each other.
"""

from faas_stream.app import chat_messages, stream
from faas_stream.errors import ClientError
from faas_stream.framing import Event
from faas_stream.secrets import secret

__all__ = ["ClientError", "Event", "chat_messages", "secret", "stream"]
