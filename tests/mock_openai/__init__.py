"""Tests of the template's dev/mock_openai: its modules by themselves, and the whole through real clients."""
