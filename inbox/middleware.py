"""Default-deny, honest refusals, and each person's language."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin

from inbox import live
from inbox.access import roles_for
from inbox.models import Person

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def role_of(request: HttpRequest) -> str:
    """anonymous, or the person's role. Who is locked out is not signed in at all."""
    user = request.user
    return user.role if isinstance(user, Person) and user.is_active else "anonymous"


class WholeFiles(MiddlewareMixin):
    """Static files in one piece: under ASGI Django would read the stream whole all the same, and warn of it."""

    def process_response(self, _request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not isinstance(response, FileResponse):
            return response
        whole = HttpResponse(b"".join(response), status=response.status_code, headers=response.headers)
        if "Content-Type" not in response.headers:
            del whole.headers["Content-Type"]
        # The file alone: `response.close()` would say that the request has ended, and it has not.
        if response.file_to_stream is not None:
            response.file_to_stream.close()
        return whole


class Heard(MiddlewareMixin):
    """Notes what the live stream has told before the page is read from the database: the page joins it from there."""

    def process_request(self, request: HttpRequest) -> None:
        request.heard = live.hub.newest_id  # type: ignore[attr-defined]


class DefaultDeny(MiddlewareMixin):
    """Lets a request through only where the role table says so."""

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        route = request.resolver_match.view_name if request.resolver_match else ""
        role = role_of(request)
        if role in roles_for(route):
            return None
        if role == "anonymous":
            return sign_in(request)
        raise PermissionDenied


def sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page; a fragment tells htmx to go there, since it cannot follow a redirect out of its frame."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Redirect": reverse(settings.LOGIN_URL)})
    return redirect_to_login(request.get_full_path())


class PersonSettings(MiddlewareMixin):
    """A person's own language, wherever they sign in."""

    def process_request(self, request: HttpRequest) -> None:
        user = request.user
        if isinstance(user, Person) and user.language:
            translation.activate(user.language)
            request.LANGUAGE_CODE = user.language
