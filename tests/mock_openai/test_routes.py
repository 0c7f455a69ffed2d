import pytest

from .modules import load

routes = load("routes")
ApiError = load("errors").ApiError
Route = routes.Route


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/v1/chat/completions", Route("chat/completions")),
        ("/chat/completions/", Route("chat/completions")),
        ("/completions", Route("completions")),
        ("/v1/responses", Route("responses")),
        ("/openai/v1/responses", Route("responses", is_azure=True)),
        ("/openai/deployments/my-gpt/chat/completions", Route("chat/completions", is_azure=True, deployment="my-gpt")),
        ("/openai/deployments/my-gpt/embeddings", Route("embeddings", is_azure=True, deployment="my-gpt")),
    ],
)
def test_paths_of_openai_and_azure_are_known(path: str, route: object) -> None:
    assert routes.find("POST", path, "2024-10-21") == route


def test_a_model_is_asked_for_by_its_name() -> None:
    assert routes.find("GET", "/v1/models", None) == Route("models")
    assert routes.find("GET", "/v1/models/openai/gpt-4o", None) == Route("models", model="openai/gpt-4o")


@pytest.mark.parametrize(
    "path", ["/v1/chat", "/v2/chat/completions", "/openai/deployments/", "/openai/deployments/x/responses", "/v1/v1"]
)
def test_other_paths_are_404(path: str) -> None:
    with pytest.raises(ApiError, match="Invalid URL") as caught:
        routes.find("POST", path, "2024-10-21")
    assert caught.value.status == 404


def test_a_wrong_method_is_405_with_the_right_one() -> None:
    with pytest.raises(ApiError) as caught:
        routes.find("GET", "/v1/chat/completions", None)
    assert (caught.value.status, caught.value.headers) == (405, {"Allow": "POST"})


def test_azures_deployments_want_their_api_version() -> None:
    with pytest.raises(ApiError, match="api-version") as caught:
        routes.find("POST", "/openai/deployments/x/chat/completions", None)
    assert caught.value.status == 404
