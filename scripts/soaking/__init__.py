"""The soak: many streams, with faults on both sides, through one function; then what remains of them.

| module | what it is |
|---|---|
| plan | what the client and upstream of each stream do, drawn at random, and how the stream may end |
| client | one client, on a bare socket |
| upstream | an upstream that does as its prompt says |
| process | what the function's process holds |
| ledger | what became of each stream; the table and the verdict |
| soak | all of it, in order |
| start | what `./scripts/soak` calls |
"""
