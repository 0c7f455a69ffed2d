"""The soak: many streams, with faults on both sides, through one function; then a check for leaks and lost streams.

| module | what it is |
|---|---|
| plan | what the client and upstream of each stream do, drawn at random, and how the stream may end |
| client | one client, on a bare socket |
| upstream | an upstream that does what the prompt says |
| process | the threads, sockets and memory of the function's process |
| ledger | how each stream ended; the table and the verdict |
| soak | all of it, in order |
| start | what `./scripts/soak` calls |
"""
