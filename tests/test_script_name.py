"""Django's links and redirects behind the gateway, which removes a part of the path and does not say which."""

from pathlib import Path

import httpx

from tests.fronts import Front, lay_out, serve
from tests.platform.gateways import FUNCTION

LINKS = """
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

settings.configure(
    ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=["django.middleware.common.CommonMiddleware"]
)
application = get_wsgi_application()
urlpatterns = [
    path("", lambda request: HttpResponse(reverse("there"))),
    path("go", lambda request: redirect("there")),
    path("there/", lambda request: HttpResponse("there"), name="there"),
]
"""


def test_links_and_redirects_lead_through_the_gateway(way: Front, tmp_path: Path) -> None:
    prefix = f"/function/{FUNCTION}"
    with serve(way, lay_out(tmp_path / "fn", LINKS), script_name=prefix) as running:
        base = prefix if running.url.endswith(prefix) else ""
        assert httpx.get(f"{running.url}/").text == f"{base}/there/"
        for path in ("/go", "/there"):
            response = httpx.get(f"{running.url}{path}", follow_redirects=True)
            assert (response.text, response.url.path) == ("there", f"{base}/there/"), path
