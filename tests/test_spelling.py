"""A misspelled setting is reported, and no name that means something else."""

import pytest

from faas_stream.settings import TABLE, SettingError, Settings
from tests.ordinary_names import ORDINARY


def test_there_are_many_ordinary_names() -> None:
    assert len(set(ORDINARY)) > 200


def test_no_ordinary_name_is_taken_for_a_setting() -> None:
    assert Settings(dict.fromkeys(ORDINARY, "") | {"upstream_url": "http://127.0.0.1:1"}).warnings == ()


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("MAX_BODY", "max_body"),
        ("Heartbeat_Interval", "heartbeat_interval"),
        ("raw_body", "RAW_BODY"),
        ("heartbeat_intervall", "heartbeat_interval"),
        ("hartbeat_interval", "heartbeat_interval"),
        ("heartbeat-interval", "heartbeat_interval"),
        ("max_stream", "max_streams"),
        ("maxstreams", "max_streams"),
        ("mxa_streams", "max_streams"),
        ("write_timout", "write_timeout"),
        ("wrietimeout", "write_timeout"),
        ("CORS_ORIGIN", "cors_origins"),
        ("healtcheck_interval", "healthcheck_interval"),
        ("supress_lock", "suppress_lock"),
    ],
)
def test_a_misspelled_setting_is_a_warning_that_names_both(name: str, setting: str) -> None:
    (warning,) = Settings({name: "1"}).warnings
    assert warning == f"Warning: the environment has {name}, which is not a setting: did you mean {setting}?"


@pytest.mark.parametrize(
    "name",
    [
        "AUTH_SECRET",
        "Auth_Secret",
        "auth_secrets",
        "auth_secert",
        "auth_scret",
        "authsecret",
        "auth-secret",
        "ath_secrt",
    ],
)
def test_a_misspelled_auth_secret_stops_the_start(name: str) -> None:
    with pytest.raises(SettingError, match=f"has {name}, which is not a setting: did you mean auth_secret"):
        Settings({name: "callers"})


@pytest.mark.parametrize("name", ["ACCESS", "Access", "acess", "acces", "acccess", "aceess", "accses", "aces"])
def test_a_misspelled_access_stops_the_start(name: str) -> None:
    with pytest.raises(SettingError, match=f"has {name}, which is not a setting: did you mean access"):
        Settings({name: "open"})


def test_the_authors_own_name_is_no_mistake_if_the_setting_is_set_too() -> None:
    assert Settings({"AUTH_SECRET": "of another library", "auth_secret": ""}).warnings == ()


@pytest.mark.parametrize("setting", TABLE, ids=lambda setting: setting.name)
def test_every_setting_is_found_by_its_name_in_another_case(setting: object) -> None:
    name = setting.name  # type: ignore[attr-defined]
    try:
        (message,) = Settings({name.swapcase(): "1"}).warnings
    except SettingError as error:
        message = str(error)
    assert message.startswith(
        (f"Warning: the environment has {name.swapcase()}", f"the environment has {name.swapcase()}")
    )
