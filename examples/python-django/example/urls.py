"""The addresses of the site."""

from django.conf import settings
from django.urls import path
from django.views.static import serve

from . import views

urlpatterns = [
    path("", views.show_login),
    path("dashboard", views.show_dashboard),
    path("api/me", views.show_me),
    path("unauthorized", views.show_unauthorized),
    path("public/<path:path>", serve, {"document_root": settings.SHARED}),
]
handler404 = views.show_not_found
handler500 = views.show_failure
handler503 = views.show_unavailable  # Called by `ginnel.django`.
