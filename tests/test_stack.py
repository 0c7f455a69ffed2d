"""stack.yaml: it is read as faas-cli reads it, and has what every function needs."""

import ast
import re
from pathlib import Path

import pytest
import yaml

from faas_stream.settings import TABLE, Settings
from local import stack, template
from local.problem import Problem
from local.stack import Function
from local.substitution import substitute
from tests.project import LANG, ROOT

STREAMING = {
    "write_timeout": "5m30s",
    "read_timeout": "5m30s",
    "exec_timeout": "5m30s",
    "healthcheck_interval": "5s",
    "suppress_lock": "true",
    "prefix_logs": "false",
    "log_buffer_size": "-1",
    "buffer_body": "true",
}
ASKS_OPENAI = {
    "openai_model": "gpt-4o-mini",
    "openai_base_url": "",
    "azure_endpoint": "",
    "azure_api_version": "2024-10-21",
    "temperature": "1",
    "system_prompt": "You are a helpful assistant.",
}

SUBSTITUTIONS = [
    ("${SET}", "value"),
    ("${UNSET}", ""),
    ("${UNSET:-default}", "default"),
    ("${UNSET:=default}", "default"),
    ("${UNSET=default}", "default"),
    ("${UNSET:?default}", "default"),
    ("${UNSET:+default}", "default"),
    ("${SET:-default}", "value"),
    ("${SET:+default}", "value"),
    ("${EMPTY:-default}", "default"),
    ("${UNSET:-}", ""),
    ("${UNSET:-http://127.0.0.1:8080}", "http://127.0.0.1:8080"),
    ("${UNSET:-a ${SET} b ${UNSET:-c}}", "a value b c"),
    ("${SET:-${UNSET:-x}}${SET}", "valuevalue"),
    ("$SET $ {SET} $", "$SET $ {SET} $"),
    ("$${SET} $$SET", "${SET} $SET"),
    (r"a\/b c\\d e\f", r"a/b c\d e\f"),
    (r"${UNSET:-$$SET \/}", r"$$SET \/"),
    ("} {}", "} {}"),
]
VARIABLES = {"SET": "value", "EMPTY": ""}

SCALARS = [
    *((text, text) for text in ("010", "yes", "1e3", "5m30s", "2024-10-21", "0.20", "0x1F", "true", "1:30")),
    *(("'null'", "null"), ('"~"', "~"), ("~", ""), ("null", ""), ("NULL", ""), ("", "")),
]


def read(tmp_path: Path, text: str, variables: dict[str, str] | None = None) -> stack.Stack:
    (tmp_path / "stack.yaml").write_text(text)
    return stack.read(tmp_path, variables or {})


def one_function(members: str) -> str:
    return f"provider:\n  name: openfaas\nfunctions:\n  fn:\n    lang: {LANG}\n    handler: ./fn\n{members}"


@pytest.mark.parametrize(("text", "expected"), SUBSTITUTIONS)
def test_variables_are_replaced(text: str, expected: str) -> None:
    assert substitute(text, VARIABLES) == expected


@pytest.mark.parametrize("text", ["${SET", "${SET:-x", "${SET-x}", "${}", "${ SET }", "${UNSET:-${SET}"])
def test_what_faas_cli_does_not_understand_is_a_problem_that_names_its_line(text: str) -> None:
    with pytest.raises(Problem, match=r"^line 2: found '\$\{"):
        substitute(f"first\n{text}\n", VARIABLES)


def test_every_scalar_is_the_text_it_is_and_null_is_empty(tmp_path: Path) -> None:
    lines = "".join(f"      v{n}: {text}\n" for n, (text, _) in enumerate(SCALARS))
    environment = read(tmp_path, one_function(f"    environment:\n{lines}")).functions["fn"].environment
    assert environment == {f"v{n}": expected for n, (_, expected) in enumerate(SCALARS)}


def test_anchors_and_merges_are_followed(tmp_path: Path) -> None:
    text = "x-common: &common\n  a: 1\n  b: 1\n" + one_function("    environment:\n      <<: *common\n      b: 2\n")
    assert read(tmp_path, text).functions["fn"].environment == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("functions:\n", "stack.yaml has no functions"),
        ("functions: [", "stack.yaml is not YAML: "),
        ("- a", "stack.yaml is not a YAML mapping"),
        ("functions:\n  fn:\n    handler: ./fn\n", "stack.yaml: function 'fn' has no 'lang'"),
        ("functions:\n  fn:\n", "stack.yaml: function 'fn' has no 'lang'"),
        (one_function("    environment: [a]\n"), "stack.yaml: 'environment' is not a mapping of names to texts: "),
        (one_function("    secrets: a\n"), "stack.yaml: 'secrets' is not a list of texts: 'a'"),
    ],
)
def test_a_stack_that_cannot_be_read_is_a_problem(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(Problem, match=f"^{re.escape(message)}"):
        read(tmp_path, text)


def test_a_project_without_a_stack_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"^there is no stack\.yaml in /"):
        stack.read(tmp_path, {})


OURS = stack.read(ROOT, {})


@pytest.fixture(params=OURS.functions.values(), ids=list(OURS.functions))
def function(request: pytest.FixtureRequest) -> Function:
    function: Function = request.param
    return function


def test_the_first_function_is_the_one_that_a_newcomer_meets() -> None:
    assert list(OURS.functions)[:2] == ["stream-openai", "stream-langchain"]


def test_every_folder_of_functions_is_in_the_stack() -> None:
    assert {handler.parent.name for handler in (ROOT / "functions").glob("*/handler.py")} == set(OURS.functions)


def test_a_function_is_named_after_its_folder_and_uses_our_template(function: Function) -> None:
    assert (function.lang, function.handler) == (LANG, f"./functions/{function.name}")


def test_a_five_minute_answer_comes_through_every_function(function: Function) -> None:
    assert STREAMING.items() <= function.environment.items()


def test_functions_that_need_a_key_name_their_upstream(function: Function) -> None:
    if "openai-api-key" in function.secrets:
        assert ASKS_OPENAI.items() <= function.environment.items()


def test_a_function_that_holds_a_key_needs_a_token_from_its_callers(function: Function) -> None:
    holds_a_key = any(name.endswith("-key") for name in function.secrets)
    assert function.environment.get("auth_secret", "") == ("callers" if holds_a_key else "")
    assert ("callers" in function.secrets) == holds_a_key
    assert "access" not in function.environment


def test_pictures_and_whole_answers_of_five_minutes_come_through_the_proxy() -> None:
    settings = Settings(OURS.functions["openai-proxy"].environment)
    assert settings.max_body > 10 * 1024**2 * 4 / 3 + 1024**2
    assert settings.max_event >= settings.max_body
    assert min(settings.upstream_idle_timeout, settings.deadline) > 300


TEXT = (ROOT / "stack.yaml").read_text()
SETTING = re.compile(r"^ *(# )?([a-zA-Z_]+): (\S.*)$")


def options_of(function: Function) -> set[str]:
    """The variables of the environment that a function's own code reads: their names are in its sources."""
    names = set()
    for path in (ROOT / function.handler).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and "environ" in ast.unparse(node):
                texts = [part.value for part in (*node.args, node.func) if isinstance(part, ast.Constant)]
                names |= {text for text in texts if isinstance(text, str) and re.fullmatch("[a-z]+_[a-z_]+", text)}
    return names


def test_every_setting_is_there_with_a_comment_and_its_default() -> None:
    defaults, missing = {row.name: row.default for row in TABLE}, {row.name for row in TABLE}
    lines = TEXT.splitlines()
    for index, line in enumerate(lines):
        match = SETTING.match(line)
        if match and match[2] in defaults:
            missing.discard(match[2])
            if match[1]:
                assert yaml.safe_load(match[3]) == defaults[match[2]], match[2]
                assert re.match(r" *# [\w`]", lines[index - 1]), f"{match[2]} has no comment"
    assert missing == set()


def test_every_option_of_a_function_is_in_its_part(function: Function) -> None:
    part = re.search(rf"^  {function.name}:\n(.*?)(?=^  \S|\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert part
    inherited = {**STREAMING, **ASKS_OPENAI, "access": "", "auth_secret": ""}
    for name in options_of(function) - set(inherited):
        assert re.search(rf"^      (# )?{name}: .", part[1], re.MULTILINE), f"{name} is missing"


def test_options_are_found_in_sources() -> None:
    assert {"allowed_models", "stored_responses"} <= options_of(OURS.functions["openai-proxy"])
    assert {"chat_models", "chat_history_tokens", "system_prompt"} <= options_of(OURS.functions["chat"])
    assert "files_dir" in options_of(OURS.functions["stream-file"])


def test_every_function_says_what_it_needs_and_how_many_there_may_be() -> None:
    for name, entry in yaml.safe_load(substitute(TEXT, {}))["functions"].items():
        for kind in ("requests", "limits"):
            assert re.fullmatch(r"\d+Mi", entry[kind]["memory"]), name
            assert re.fullmatch(r"\d+m", entry[kind]["cpu"]), name
        assert int(entry["requests"]["memory"][:-2]) < int(entry["limits"]["memory"][:-2])
        labels = {key.removeprefix("com.openfaas.scale."): int(value) for key, value in entry["labels"].items()}
        assert 1 <= labels["min"] <= labels["max"] <= 5, f"{name}: OpenFaaS CE refuses more than 5 replicas"


def test_an_image_sets_what_the_stack_sets() -> None:
    image = template.read(ROOT, LANG).image_settings
    assert {name: image[name] for name in STREAMING} == STREAMING


def test_gateway_and_images_come_from_the_environment() -> None:
    text = (ROOT / "stack.yaml").read_text()
    default = yaml.safe_load(substitute(text, {}))
    assert default["provider"]["gateway"] == "http://127.0.0.1:8080"
    assert default["functions"]["stream-openai"]["image"] == "faas-stream/stream-openai:latest"
    variables = {"OPENFAAS_URL": "https://gw.example", "OPENFAAS_PREFIX": "registry.example/us", "TAG": "1.2"}
    changed = yaml.safe_load(substitute(text, variables))
    assert changed["provider"]["gateway"] == "https://gw.example"
    for name, entry in changed["functions"].items():
        assert entry["image"] == f"registry.example/us/{name}:1.2"


def test_functions_come_last_so_that_faas_cli_can_append_one() -> None:
    assert list(yaml.safe_load((ROOT / "stack.yaml").read_text()))[-1] == "functions"
