"""An OpenAI-compatible upstream: a package, and the folder of a handler."""
