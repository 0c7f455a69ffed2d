"""Tests of functions/mock-openai: its modules by themselves, and the whole through real clients."""
