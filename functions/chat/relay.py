"""Answers of another function of this bundle, relayed, so that one origin serves both the page and the answers."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2
from flask import Response
from openai import APIConnectionError, APIStatusError, APITimeoutError, DefaultAioHttpClient

from faas_stream import ClientError, passthrough, secret

from .history import Message

_ABOUT_THE_TOKEN = (401, 403)
_LONGEST_REFUSAL = 64 * 1024


class Relay:
    """url: of the other function. token_secret: the name of the secret with the token for it; "" if it needs none."""

    def __init__(self, url: str, token_secret: str) -> None:
        self._url = httpx2.URL(url).copy_merge_params({"format": "json"})
        self._token_secret = token_secret
        # Limits connecting alone. The template's upstream_idle_timeout limits how long the function may be silent.
        self._client = DefaultAioHttpClient(timeout=httpx2.Timeout(None, connect=10), follow_redirects=False)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Relay | None":
        """The relay to `chat_upstream`; None if that is empty. Raises ValueError if it is no address."""
        if not (url := environment.get("chat_upstream", "").strip()):
            return None
        address = urlsplit(url)
        if address.scheme not in ("http", "https") or not address.hostname:
            expected = "expected the address of a function, such as http://gateway.openfaas:8080/function/agent"
            raise ValueError(f"chat_upstream={url!r} is no address: {expected}")
        return cls(url, environment.get("chat_upstream_secret", "").strip())

    async def answer(self, messages: list[Message], members: Mapping[str, Any], note: bytes = b"") -> Response:
        """The other function's answer.

        members: the request's body besides `messages`. note: an event that is sent after the answer's first one. Raises
        the SDK's exceptions, which the template reports, and ClientError if the other function refuses the request.
        """
        headers = {"Accept": "text/event-stream"}
        if self._token_secret:
            headers["Authorization"] = f"Bearer {secret(self._token_secret).strip()}"
        body = {"messages": messages, **members}
        request = self._client.build_request("POST", self._url, json=body, headers=headers)
        try:
            response = await self._client.send(request, stream=True)
        except httpx2.TimeoutException as error:
            raise APITimeoutError(request) from error
        except httpx2.HTTPError as error:
            raise APIConnectionError(request=request) from error
        if response.status_code == 200 and response.headers.get("Content-Type", "").startswith("text/event-stream"):
            return passthrough(_with_note(response, note) if note else response)
        raise await _refusal(response)


async def _refusal(response: httpx2.Response) -> Exception:
    """The error for a response without an answer. An empty 200 means that the function is not there (T4)."""
    status = response.status_code
    text = b""
    try:
        async for piece in response.aiter_bytes():
            text += piece
            if len(text) > _LONGEST_REFUSAL:
                break
    except httpx2.HTTPError:
        text = b""
    finally:
        await response.aclose()
    error = _error(text)
    if 400 <= status < 500 and status not in (*_ABOUT_THE_TOKEN, 404, 429) and error.get("message"):
        return ClientError(str(error["message"]), status=status, code=str(error.get("code") or "refused"))
    if status < 400:
        response.status_code = 502
    return APIStatusError(f"the function at chat_upstream answered {status}", response=response, body=error or None)


def _error(text: bytes) -> dict[str, Any]:
    try:
        error = json.loads(text)["error"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return error if isinstance(error, dict) else {}


class _StreamWithNote(httpx2.AsyncByteStream):
    """The bytes of a response, with an event after its first one."""

    def __init__(self, response: httpx2.Response, note: bytes) -> None:
        self._response, self._note = response, note

    async def __aiter__(self) -> AsyncIterator[bytes]:
        held = b""
        async for piece in self._response.aiter_bytes():
            if not self._note:
                yield piece
                continue
            held += piece
            first, end, others = held.partition(b"\n\n")
            if end:
                yield first + end + self._note + others
                self._note = b""
        if self._note:
            yield held

    async def aclose(self) -> None:
        await self._response.aclose()


def _with_note(response: httpx2.Response, note: bytes) -> httpx2.Response:
    media_type = {"Content-Type": "text/event-stream"}
    return httpx2.Response(200, headers=media_type, stream=_StreamWithNote(response, note), request=response.request)
