"""Tests of the chat page in a real browser, behind a proxy that fails on demand."""
