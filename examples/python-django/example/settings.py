"""The settings: no database, no sessions, no users of Django's own."""

import os
from pathlib import Path

from django.core.management.utils import get_random_secret_key
from dotenv import load_dotenv

HERE = Path(__file__).parent
load_dotenv(HERE.parent / ".env")

# [quickstart]
# The options of the client, see `ginnel.django`; it reads GINNEL_URL by itself.
GINNEL = {"app_id": os.environ.get("GINNEL_APP_ID", "")}
# [/quickstart]

PORT = os.environ.get("PORT") or "8080"
SHARED = HERE.parent.parent / "shared" / "public"

DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
SECRET_KEY = get_random_secret_key()  # Django demands one; nothing is signed with it here.
INSTALLED_APPS = ["example"]
MIDDLEWARE = ["example.middleware.SiteMiddleware"]
ROOT_URLCONF = "example.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "OPTIONS": {"context_processors": ["example.views.add_ginnel"]},
    }
]
# Without DEBUG Django would mail errors; here they are printed.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler", "level": "ERROR"}},
    "root": {"handlers": ["console"]},
}
TIME_ZONE = "UTC"
USE_TZ = True
