"""Fixtures of the mock's tests: its address, and clients that point at it."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from openai import AzureOpenAI, OpenAI

from .live import serving


@pytest.fixture(scope="package")
def address() -> Iterator[str]:
    with serving() as address:
        yield address


@pytest.fixture
def http(address: str) -> Iterator[httpx2.Client]:
    """A bare client with a good key and fresh counters."""
    with httpx2.Client(base_url=address, headers={"Authorization": "Bearer key-of-test"}, timeout=60) as client:
        client.get("/mock/calls?open=0&wait=10s")
        client.delete("/mock/calls")
        yield client


@pytest.fixture
def calls(http: httpx2.Client) -> Callable[[str], dict[str, Any]]:
    """What the mock has counted, once it has as many answers as the query says (`open=0&abandoned=1`)."""

    def report(until: str = "open=0") -> dict[str, Any]:
        counted: dict[str, Any] = http.get(f"/mock/calls?{until}&wait=10s").json()
        return counted

    return report


@pytest.fixture
def sdk(address: str) -> Iterator[OpenAI]:
    with OpenAI(api_key="key-of-test", base_url=f"{address}/v1", max_retries=0, timeout=60) as client:
        yield client


@pytest.fixture
def azure(address: str) -> Iterator[AzureOpenAI]:
    with AzureOpenAI(
        api_key="key-of-test", azure_endpoint=address, api_version="2024-10-21", max_retries=0, timeout=60
    ) as client:
        yield client
