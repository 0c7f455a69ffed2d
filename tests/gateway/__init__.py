"""Tests that the stand-in for gateway and provider, `tests/platform/gateway`, behaves as the platform does."""
