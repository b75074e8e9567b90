"""Addresses. Every named route stands in inbox.access.ROUTES, or it is closed."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", include("allauth.account.urls")),
    path("", include("inbox.urls")),
]
