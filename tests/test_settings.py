"""Settings are read once and checked, and the message names one that is wrong."""

import pytest

from faas_stream.settings import TABLE, SettingError, Settings, duration, size


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("30", 30), ("30s", 30), ("1m30s", 90), ("500ms", 0.5), ("1h", 3600), ("1.5m", 90), (".5s", 0.5), ("0", 0)],
)
def test_durations_are_gos_or_whole_seconds(written: str, seconds: float) -> None:
    assert duration(written) == pytest.approx(seconds)


@pytest.mark.parametrize("written", ["", "s", "1.5", "-1s", "1d", "1s 2s", "ten", "٣"])
def test_other_durations_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match="Go duration"):
        duration(written)


@pytest.mark.parametrize(("written", "count"), [("1048576", 2**20), ("1MiB", 2**20), ("512k", 2**19), ("2 mb", 2**21)])
def test_sizes_take_a_unit(written: str, count: int) -> None:
    assert size(written) == count


@pytest.mark.parametrize("setting", TABLE, ids=lambda setting: setting.name)
def test_what_cannot_be_read_is_named_with_what_was_expected(setting: object) -> None:
    name = setting.name  # type: ignore[attr-defined]
    if name in ("RAW_BODY", "suppress_lock"):
        assert not getattr(Settings({name: "?!"}), name.lower())  # the platform reads these two leniently as well
        return
    with pytest.raises(SettingError, match=rf"setting {name}='\?!' cannot be read: expected"):
        Settings({name: "?!"})


def test_every_default_can_be_read_and_every_setting_is_an_attribute() -> None:
    settings = Settings({})
    assert {setting.name.lower() for setting in TABLE} == set(Settings.__annotations__)
    assert all(hasattr(settings, setting.name.lower()) for setting in TABLE)


@pytest.mark.parametrize(
    ("write_timeout", "stream_timeout", "deadline"),
    [("30s", "0", 28), ("5m", "0", 298), ("5m", "10s", 10), ("2s", "0", 1.5), ("100ms", "0", 0.05), ("1", "9s", 0.6)],
)
def test_the_deadline_lies_before_the_watchdogs_cut(write_timeout: str, stream_timeout: str, deadline: float) -> None:
    settings = Settings({"write_timeout": write_timeout, "stream_timeout": stream_timeout})
    assert settings.deadline == pytest.approx(deadline)


def test_the_address_is_the_watchdogs_upstream_url_under_either_name() -> None:
    assert Settings({"upstream_url": "http://127.0.0.1:7000"}).upstream_url == ("127.0.0.1", 7000)
    assert Settings({"http_upstream_url": "http://0.0.0.0:80", "upstream_url": "http://x:1"}).upstream_url[1] == 80
    with pytest.raises(SettingError, match="upstream_url='https"):
        Settings({"upstream_url": "https://127.0.0.1"})


@pytest.mark.parametrize("port", ["http://127.0.0.1:99999", "http://127.0.0.1:x"])
def test_a_port_that_is_none_is_named(port: str) -> None:
    with pytest.raises(SettingError, match="upstream_url"):
        Settings({"upstream_url": port})
