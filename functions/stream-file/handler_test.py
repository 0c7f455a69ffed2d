import base64
import hashlib
from pathlib import Path

from faas_stream.testing import call, load_handler

handler = load_handler(__file__)
FILE = Path(__file__).with_name("files") / "sample.png"


def test_a_file_is_put_together_again():
    answer = call(handler, method="GET", path="/sample.png")
    described, *pieces, checksum = [event for event in answer.events if event.data != "[DONE]"]
    assert described.data["media_type"] == "image/png"
    content = b"".join(base64.b64decode(piece.data) for piece in pieces)
    assert content == FILE.read_bytes()
    assert checksum.data["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_range_request_continues_a_download():
    answer = call(handler, method="GET", path="/sample.png", accept="text/plain", headers={"Range": "bytes=6-"})
    assert answer.status == 206
    assert base64.b64decode(answer.text) == FILE.read_bytes()[6:]


def test_the_files_are_listed():
    answer = call(handler, method="GET", accept="application/json")
    assert {file["name"] for file in answer.json["files"]} >= {"sample.png", "chime.wav"}


def test_another_file_is_not_found():
    answer = call(handler, "../handler.py")
    assert (answer.status, answer.error_code) == (404, "no_such_file")
