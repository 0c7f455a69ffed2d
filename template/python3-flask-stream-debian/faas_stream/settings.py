"""Every setting of the template: lower-case environment variables, as OpenFaaS has them, read once at start.

`TABLE` is the documentation; a test compares it with the table of docs/settings.md.
"""

import os
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from ipaddress import ip_address
from math import inf
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from faas_stream.secrets import mounted
from faas_stream.spelling import misspelled


class SettingError(ValueError):
    """A setting cannot be read. The message names it, what was found and what was expected."""


_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)", re.ASCII)
_SIZES = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


def duration(value: str) -> float:
    """Seconds of a Go duration (`1m30s`, `500ms`) or of a whole number of seconds, as of-watchdog reads them."""
    if value.isascii() and value.isdigit():
        return float(value)
    if not value or _PART.sub("", value):
        raise ValueError("expected a Go duration such as 30s, 1m30s or 500ms, or a whole number of seconds")
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(value))


def _or_never(value: str) -> float:
    return duration(value) or inf


def _above_zero(value: str) -> float:
    seconds = duration(value)
    if seconds <= 0:
        raise ValueError("expected a duration above 0, such as 30s")
    return seconds


def size(value: str) -> int:
    """Bytes of a whole number with an optional binary unit: `1048576`, `512KiB`, `1MiB`, `1m`."""
    match = re.fullmatch(r"(\d+)\s*([kmg]?)(?:ib|b)?", value.lower(), re.ASCII)
    if not match:
        raise ValueError("expected a number of bytes, such as 1048576, 512KiB or 1MiB")
    return int(match[1]) * _SIZES[match[2]]


def _count(value: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,6}", value, re.ASCII):
        raise ValueError("expected a whole number, 1 or more")
    return int(value)


def _streams(value: str) -> int:
    count = _count(value)
    if count > MAX_STREAMS:
        raise ValueError(f"expected at most {MAX_STREAMS}: add replicas for more")
    return count


def _flag(value: str) -> bool:
    if value.lower() not in ("true", "1", "false", "0"):
        raise ValueError("expected true or false")
    return value.lower() in ("true", "1")


def _lenient_flag(value: str) -> bool:
    return value.lower() in ("true", "1")


def _choice(*allowed: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in allowed:
            names = ", ".join(name or "nothing" for name in allowed)
            raise ValueError(f"expected one of {names}")
        return value

    return parse


def _address(value: str) -> tuple[str, int]:
    url = urlsplit(value)
    if url.scheme != "http" or not url.hostname:
        raise ValueError("expected the address to listen on, such as http://127.0.0.1:5000")
    return url.hostname, 80 if url.port is None else url.port


def _secret_name(value: str) -> str:
    if value and not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", value):
        raise ValueError("expected a secret's name: lower-case letters, digits, '-' and '.'")
    return value


def _origins(value: str) -> tuple[str, ...]:
    origins = tuple(origin.strip().rstrip("/") for origin in value.split(",") if origin.strip())
    for origin in origins:
        if origin != "*" and not re.fullmatch(r"[a-z][a-z0-9+.-]*://[^/\s]+", origin):
            raise ValueError("expected origins such as https://example.com, separated by commas, or *")
    return origins


def _hosts(value: str) -> tuple[str, ...]:
    return tuple(_host(host.strip().lower()) for host in value.split(",") if host.strip())


def _host(host: str) -> str:
    with suppress(ValueError):
        return str(ip_address(host.removeprefix("[").removesuffix("]")))
    if not re.fullmatch(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?", host, re.ASCII):
        raise ValueError("expected hosts such as example.com, *.example.com or [::1], without ports, between commas")
    return host.removesuffix(".")


def _path(value: str) -> str:
    path = value.rstrip("/")
    if not re.fullmatch(r"(/[\w.~-]+)*", path, re.ASCII):
        raise ValueError("expected the function's path at the gateway, such as /function/my-app")
    return path


class Setting(NamedTuple):
    """One row: the variable's name, its default as in stack.yaml, its parser, its unit, and what it is for."""

    name: str
    default: str
    parse: Callable[[str], Any]
    unit: str
    why: str


MAX_STREAMS = 4000
"""The highest `max_streams`. Each stream has a thread, which sleeps while the event loop serves its answer."""

TABLE = (
    Setting("buffer_body", "true", _flag, "flag", "true: `handle` gets the whole body; false: a readable stream of it"),
    Setting("RAW_BODY", "false", _lenient_flag, "flag", "true: `handle` gets bytes instead of text"),
    Setting("max_body", "1MiB", size, "bytes", "a larger body is answered with 413"),
    Setting("max_event", "8MiB", size, "bytes", "a larger event of upstream, or item of a source, ends the answer"),
    Setting("max_document", "8MiB", size, "characters", "a larger answer as one JSON document is refused with 406"),
    Setting("max_record", "1MiB", size, "characters", "text and tool calls that `on_end` gets; the rest is left out"),
    Setting(
        "stream_format", "text", _choice("text", "json", "openai", "ai-sdk"), "name",
        "the format if neither the request nor the handler names one",
    ),
    Setting(
        "heartbeat_interval", "15s", _or_never, "duration", "silence is filled with a comment this often; 0: never"
    ),
    Setting("commit_after", "5s", duration, "duration", "how long the status is held back for the first item"),
    Setting(
        "upstream_idle_timeout", "60s", _or_never, "duration", "an upstream silent for longer ends the answer; 0: never"
    ),
    Setting(
        "write_timeout", "30s", _above_zero, "duration", "the watchdog's, at which it cuts; answers end before it"
    ),
    Setting("stream_timeout", "0", _or_never, "duration", "a shorter limit of your own on each answer; 0: none"),
    Setting(
        "write_stall_timeout", "30s", _or_never, "duration", "a client stuck for longer is disconnected; 0: never"
    ),
    Setting("request_head_timeout", "10s", _above_zero, "duration", "how long a request's head may take to arrive"),
    Setting("request_body_timeout", "60s", _above_zero, "duration", "how long a whole request may take to arrive"),
    Setting(
        "drain_timeout", "25s", duration, "duration",
        "how long open answers may go on after SIGTERM; the platform's grace period is 30s",
    ),
    Setting(
        "max_streams", "1000", _streams, "answers",
        "more handlers and answers at a time are refused with 429; at most 4000, and what the container's limit on "
        "processes allows",
    ),
    Setting(
        "pad_buffered_clients", "auto", _choice("auto", "true", "false"), "choice",
        "whether clients without `Accept: text/event-stream` get padding; auto: behind the watchdog",
    ),
    Setting("access", "", _choice("", "open"), "choice", "open: everyone may call, whatever else is set"),
    Setting(
        "auth_secret", "", _secret_name, "name",
        "the secret with bearer tokens that may call; empty: a function with secrets answers 401",
    ),
    Setting(
        "cors_origins", "", _origins, "origins", "whose pages may call, comma-separated, or `*`; empty: nobody's"
    ),
    Setting(
        "allowed_hosts", "", _hosts, "hosts",
        "the hosts to answer for, comma-separated, such as `*.example.com`; empty: any",
    ),
    Setting(
        "script_name", "", _path, "path",
        "where the gateway has the function, for the links of a WSGI application: `/function/<name>`; empty: at `/`",
    ),
    Setting("upstream_url", "http://127.0.0.1:5000", _address, "address", "where to listen; the watchdog reads it too"),
    Setting(
        "log_upstream_messages", "false", _flag, "flag",
        "true: the log line has upstream's error message, which can quote the prompt",
    ),
    Setting("suppress_lock", "false", _lenient_flag, "flag", "true: the lock file is the template's, once it listens"),
)  # fmt: skip


WATCHDOGS = (
    "read_timeout", "exec_timeout", "healthcheck_interval", "ready_path", "prefix_logs", "log_buffer_size",
    "max_inflight", "http_upstream_url",
)  # fmt: skip
"""The watchdog's own settings that matter to a function. A misspelled name of one is reported too."""

DECIDES_ACCESS = ("access", "auth_secret")
"""Settings whose misspelled names stop the start: the function would be open, or closed, without a warning."""


class Settings:
    """The settings as attributes: durations in seconds, inf for never. Raises SettingError for what cannot be read."""

    buffer_body: bool
    raw_body: bool
    max_body: int
    max_event: int
    max_document: int
    max_record: int
    stream_format: str
    heartbeat_interval: float
    commit_after: float
    upstream_idle_timeout: float
    write_timeout: float
    stream_timeout: float
    write_stall_timeout: float
    request_head_timeout: float
    request_body_timeout: float
    drain_timeout: float
    max_streams: int
    pad_buffered_clients: str
    access: str
    auth_secret: str
    cors_origins: tuple[str, ...]
    allowed_hosts: tuple[str, ...]
    script_name: str
    upstream_url: tuple[str, int]
    log_upstream_messages: bool
    suppress_lock: bool

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        environment = os.environ if environment is None else environment
        for setting in TABLE:
            value = environment.get(setting.name, "").strip() or setting.default
            if setting.name == "upstream_url":
                value = environment.get("http_upstream_url", "").strip() or value
            try:
                setattr(self, setting.name.lower(), setting.parse(value))
            except ValueError as error:
                raise SettingError(f"setting {setting.name}={value!r} cannot be read: {error}") from None
        self.changed = {
            setting.name: environment[setting.name]
            for setting in TABLE
            if environment.get(setting.name, "").strip() not in ("", setting.default)
        }
        """The settings that differ from their defaults, as they were written."""
        self.warnings = tuple(_warnings(environment))
        """What is wrong with the environment, but does not stop the start."""
        self.mounted_secrets = mounted() or tuple(environment.get("mounted_secrets", "").split())
        """Names of the function's secrets; `./scripts/run` names them, because nothing is mounted there."""
        self.lock_file = Path(environment.get("TMPDIR") or "/tmp", ".lock")
        """Where the watchdog looks for it: Go's os.TempDir."""
        self.function_name = environment.get("OPENFAAS_NAME") or socket.gethostname()
        # of-watchdog passes its own environment on; nothing else sets its two names for the command to run.
        self.under_watchdog = bool(environment.get("fprocess") or environment.get("function_process"))

    @property
    def pads(self) -> bool:
        """True if clients that the hops would buffer get padding."""
        return self.pad_buffered_clients == "true" or (self.pad_buffered_clients == "auto" and self.under_watchdog)

    @property
    def deadline(self) -> float:
        """Seconds that an answer may take: it ends shortly before the watchdog would cut it without a word (T3, T7)."""
        margin = min(2.0, 0.3 + 0.1 * self.write_timeout)  # a machine under load stands still for longer than a second
        limit = max(self.write_timeout - margin, self.write_timeout / 2)
        return min(limit, self.stream_timeout)


def _warnings(environment: Mapping[str, str]) -> Iterator[str]:
    known = {*(setting.name for setting in TABLE), *WATCHDOGS}
    for name, setting in misspelled(environment.keys(), known).items():
        problem = f"the environment has {name}, which is not a setting: did you mean {setting}?"
        if setting in DECIDES_ACCESS:
            raise SettingError(
                f"{problem} It would decide who may call. Rename it, or set {setting} as well to keep both."
            )
        yield f"Warning: {problem}"
