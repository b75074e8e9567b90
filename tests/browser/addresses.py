"""The addresses that the stage's templates ask for by name."""

from django.urls import include, path
from django.views.i18n import set_language

urlpatterns = [
    path("account/", include("allauth.account.urls")),
    path("language/", set_language, name="set_language"),
]
