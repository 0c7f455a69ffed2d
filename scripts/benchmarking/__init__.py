"""Our functions beside the field's usual ways to stream: what a token costs, how late it is, how soon the first comes.

| module | what it is |
|---|---|
| contestants | who is measured, and how each is started and asked |
| packages | what the peers need, in environments of their own |
| traffic | the mock upstream and the readers, whose program is in load/ |
| process | what a process has used |
| measurement | one contestant under one load |
| starting | one contestant's start |
| bench | all of it, in order |
| conditions | what it was measured on and with |
| results | all that was measured, and its medians |
| goals | the ratios that it is read for |
| tables, charts, svg, readme | how it is shown |
| start | what `./scripts/bench` calls |

The peers' servers are in peers/.
"""
