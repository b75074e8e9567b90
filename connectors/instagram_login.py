"""Instagram by Facebook Login: who runs a page may let us speak for the professional account that it is linked to."""

from __future__ import annotations

from connectors import answer
from connectors.base import Account
from connectors.facebook_login import FacebookLogin
from connectors.graph_webhooks import JsonObject
from connectors.instagram_webhooks import profile


class InstagramLogin(FacebookLogin):
    scopes = (
        "instagram_basic",
        "instagram_manage_comments",
        "pages_show_list",
        "pages_read_engagement",
        "pages_manage_metadata",
    )
    page_fields = "id,access_token,instagram_business_account{id,name,username}"

    def account_of(self, page: JsonObject) -> Account | None:
        found = answer.part(page, "instagram_business_account")
        account_id, handle = answer.known_id(found, "id"), answer.words(found, "username")
        return (
            Account(account_id, answer.words(found, "name") or handle, handle, profile(handle)) if account_id else None
        )
