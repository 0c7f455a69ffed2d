"""What a function answers if something that it needs is missing."""

from pathlib import Path

import httpx

from tests.fronts import FUNCTIONS, Front, lay_out, serve, wait_for_record


def test_an_upstream_that_is_down_is_a_bad_gateway(front: Front, tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "fn", FUNCTIONS / "stream-openai")
    with serve(front, folder, openai_base_url="http://127.0.0.1:9/v1") as function:
        response = httpx.post(function.url, content="hi", headers={"Accept": "text/event-stream"}, timeout=60)
    assert (response.status_code, response.json()["error"]["code"]) == (502, "upstream_unreachable")


def test_a_missing_secret_has_a_code_and_the_log_says_how_to_fix_it(front: Front, tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "fn", FUNCTIONS / "stream-openai")
    (folder / ".secrets" / "openai-api-key").unlink()
    with serve(front, folder) as function:
        response = httpx.post(function.url, content="hi", headers={"Accept": "text/event-stream"}, timeout=60)
        assert (response.status_code, response.json()["error"]["code"]) == (500, "secret_missing")
        function.wait_for_line("faas-cli secret create openai-api-key")
        assert "secret create" not in response.text
        wait_for_record(function, "secret_missing")
