"""SKILL.md, as a coding agent follows it: each file is written and each command is run, in order."""

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from local import stack
from tests.project import LANG, ROOT, Project

TEMPLATE = ROOT / "template" / LANG
SKILL = (TEMPLATE / "SKILL.md").read_text()
REPOSITORY = "https://github.com/you/your-fork"

FAAS_CLI = """#!/bin/sh -e
# Stands in for faas-cli: `template pull` without a network, `new` as the real one does it, and a list of all else.
case "$1 $2" in
"template pull") [ "$3" = {repository} ] ;;
"new --lang") cp -R "template/$3/function" "$4"; printf 'functions:\\n  %s:\\n    lang: %s\\n    handler: ./%s\\n' "$4" "$3" "$4" > stack.yaml ;;
*) echo "$*" >> faas-cli.calls ;;
esac
"""  # noqa: E501


class Block(NamedTuple):
    section: str
    language: str
    text: str


def blocks() -> list[Block]:
    """The blocks of code with the headings above them."""
    blocks, section = [], ""
    for match in re.finditer(r"^## (?P<section>[^\n]+)$|^```(?P<language>\w+)\n(?P<text>.*?)^```$", SKILL, re.M | re.S):
        section = match["section"] or section
        if match["language"]:
            blocks.append(Block(section, match["language"], match["text"]))
    return blocks


def test_it_has_the_format_of_agent_skills() -> None:
    _, front_matter, body = SKILL.split("---\n", 2)
    metadata = yaml.safe_load(front_matter)
    assert metadata.keys() == {"name", "description"}
    assert metadata["name"] == TEMPLATE.name, "the specification asks for the name of the skill's folder"
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", metadata["name"])
    assert len(metadata["name"]) <= 64
    assert len(metadata["description"]) <= 1024
    assert "Use when" in metadata["description"]
    assert body.strip()
    assert len(SKILL.splitlines()) <= 80


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A folder with nothing but the template that the stand-in's `template pull` brings."""
    made = Project(tmp_path / "project")
    made.use_venv()
    (made.root / "stack.yaml").unlink()
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "faas-cli").write_text(FAAS_CLI.format(repository=REPOSITORY))
    (programs / "faas-cli").chmod(0o755)
    return made


@contextmanager
def gateway() -> Iterator[str]:
    """The address of a gateway that answers with an end marker to clients that send a token."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            is_admitted = re.fullmatch(r"Bearer [0-9a-f]{64}", self.headers["Authorization"] or "")
            self.send_response(200 if self.path == "/function/my-bot" and is_admitted else 401)
            self.end_headers()
            self.wfile.write(b"data: [DONE]\n\n" if is_admitted else b"")

        def log_message(self, format: str, *args: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def follow(project: Project, block: Block, openfaas_url: str) -> str:
    """Writes the file, or runs the commands and returns what they print."""
    if block.language != "bash":
        (project.root / block.text.splitlines()[0].removeprefix("# ")).write_text(block.text)
        return ""
    path = os.pathsep.join([str(project.root.parent / "programs"), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-ec", block.text.replace("8080", str(project.port))],
        cwd=project.root,
        env=project.environment({"PATH": path, "OPENFAAS_URL": openfaas_url, "mock_tokens_per_second": "0"}),
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, f"{block.text}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_each_file_and_each_command_works_in_its_order(project: Project) -> None:
    printed = {}
    with gateway() as url:
        for block in blocks():
            printed[block.section, block.language] = follow(project, block, url)
    assert printed["Run", "bash"].endswith("data: [DONE]\n\n")
    assert project.processes() == []
    assert printed["Deploy", "bash"] == "data: [DONE]\n\n"
    (function,) = stack.read(project.root, {}).functions.values()
    assert function.secrets == ("openai-api-key", "callers")
    assert function.environment["auth_secret"] in function.secrets
    calls = (project.root / "faas-cli.calls").read_text().splitlines()
    assert calls[-1] == "up"


def test_the_real_faas_cli_knows_its_commands_and_flags() -> None:
    program = shutil.which(os.environ.get("FAAS_CLI") or "faas-cli")
    if not program:
        pytest.skip("the real faas-cli is not at hand: put it on PATH, or name it in FAAS_CLI")
    commands = [line.split() for block in blocks() for line in block.text.splitlines() if line.startswith("faas-cli ")]
    assert len(commands) == 5
    for _, *words in commands:
        verbs = words[:2] if words[0] in ("template", "secret") else words[:1]
        help_text = subprocess.run([program, *verbs, "--help"], capture_output=True, text=True, check=True).stdout
        assert f"faas-cli {' '.join(verbs)}" in help_text
        for flag in (word.partition("=")[0] for word in words if word.startswith("--")):
            assert flag in help_text
