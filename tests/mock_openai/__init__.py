"""Tests of the template's dev/mock_openai: its modules alone, and all of it through real clients."""
