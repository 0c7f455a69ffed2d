"""An OpenAI-compatible upstream as a function. Its code is the mock of the template's `dev` folder."""

from .mock_openai.handler import handle

__all__ = ["handle"]
