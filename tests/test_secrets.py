"""Secrets are read as OpenFaaS mounts them."""

from pathlib import Path

import pytest

from faas_stream import secrets
from faas_stream.secrets import MissingSecretError, secret


@pytest.fixture
def mount(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    mount = tmp_path / "mount"
    mount.mkdir()
    monkeypatch.setattr(secrets, "MOUNT", mount)
    (tmp_path / "project" / "build" / "fn").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "project" / "build" / "fn")
    return mount


def test_the_trailing_newline_is_not_part_of_a_secret(mount: Path) -> None:
    (mount / "key").write_bytes(b" sk-1 \r\n")
    assert secret("key") == " sk-1 "


def test_a_byte_order_mark_is_not_part_of_a_secret(mount: Path) -> None:
    (mount / "key").write_bytes(b"\xef\xbb\xbfsk-1\r\n")
    assert secret("key") == "sk-1"


@pytest.mark.parametrize("text", ["sk-1".encode("utf-16"), "sk-1\n".encode("utf-32"), "schlüssel".encode("latin-1")])
def test_a_secret_in_another_encoding_is_named_and_not_quoted(mount: Path, text: bytes) -> None:
    (mount / "key").write_bytes(text)
    with pytest.raises(
        MissingSecretError, match=rf"found a file that is not UTF-8 at {mount}/key.*save it as"
    ) as caught:
        secret("key")
    assert "sk" not in str(caught.value)
    assert "schl" not in str(caught.value)


def test_a_folder_in_the_place_of_a_secret_is_named(mount: Path) -> None:
    (mount / "key").mkdir()
    with pytest.raises(MissingSecretError, match=r"'key': found what cannot be read \(Is a directory\) at /"):
        secret("key")


def test_the_mount_takes_precedence_over_the_nearest_local_folder(mount: Path) -> None:
    for folder, value in ((mount.parent / "project", "far"), (mount.parent / "project" / "build", "near")):
        (folder / ".secrets").mkdir()
        (folder / ".secrets" / "key").write_text(value)
    assert secret("key") == "near"
    (mount / "key").write_text("mounted")
    assert secret("key") == "mounted"


def test_a_missing_secret_names_the_path_and_the_command(mount: Path) -> None:
    with pytest.raises(MissingSecretError) as caught:
        secret("openai-api-key")
    assert str(mount / "openai-api-key") in str(caught.value)
    assert "faas-cli secret create openai-api-key" in str(caught.value)


@pytest.mark.parametrize("name", ["", "..", "../etc/passwd", "a/b", "a\0b"])
def test_a_name_cannot_leave_the_folder(name: str) -> None:
    with pytest.raises(ValueError, match="not valid"):
        secret(name)
