"""A Django application whose views stream answers. The template serves `application` with every limit of an answer."""

from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from . import views

settings.configure(
    # The gateway decides which host names lead here, and passes its own name for this replica now and then.
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"],
    ROOT_URLCONF=views,
    TEMPLATES=[
        {"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [Path(__file__).parent]},
    ],
    # Without DEBUG, Django would mail errors of views to ADMINS and log nothing.
    LOGGING={
        "version": 1,
        "handlers": {"stderr": {"class": "logging.StreamHandler"}},
        "loggers": {"django": {"handlers": ["stderr"], "level": "WARNING"}},
    },
)

application = get_wsgi_application()


def is_public(request):
    """The page needs no token; its answers do, if the function has tokens."""
    return request.path == "/"
