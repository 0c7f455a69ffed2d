"""Fixtures for all tests are in plugins, so that pytest rewrites their assertions too."""

pytest_plugins = ["tests.platform.plugin", "tests.platform.gateway_plugin", "tests.fixtures"]
