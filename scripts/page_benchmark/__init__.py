"""The benchmark of the chat page: how soon it is ready, and what a growing answer costs the browser's main thread.

| module | what it is |
|---|---|
| readiness | the time until the page is ready, with many conversations stored |
| growth | the main thread's load while prose, a list or a table grows |
| start | what `./scripts/bench-page` calls |
"""
