"""Measures our functions next to the field's usual ways to stream: CPU per token, added latency, time to first token.

| module | what it has |
|---|---|
| contenders | the servers that are measured: how each is started, and the request that it gets |
| revision | the template and the functions of one commit |
| packages | the packages of the contenders, in environments of their own |
| traffic | the mock upstream and the clients; their program is in load/ |
| process | CPU and memory of a process |
| measurement | one contender under one load |
| starting | one contender in its first second |
| bench | all measurements, in their order |
| conditions | the machine and the releases |
| results | all measurements, and the medians of their rounds |
| goals | the ratios that the benchmark is read for |
| tables, charts, svg, page | how the results are shown |
| start | what `./scripts/bench` calls |

handlers/ contains handlers for our template that no function has; peers/ contains the servers of the peers.
"""
