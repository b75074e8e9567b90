"""Who may open what: one table for every route. A route that is not in it is closed to everyone (DefaultDeny)."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

NOBODY: frozenset[str] = frozenset()
PUBLIC = frozenset({"anonymous", "none", "agent", "lead", "admin"})
SIGNED_IN = frozenset({"none", "agent", "lead", "admin"})
DESK = frozenset({"agent", "lead", "admin"})
LEADS = frozenset({"lead", "admin"})
LEADS_ONLY = frozenset({"lead"})
ADMINS = frozenset({"admin"})

# Route name → the roles that may use it. Clearance and whose thread it is are asked by the view itself.
ROUTES: dict[str, frozenset[str]] = {
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    # figures without a word of anyone's; the proxy keeps it from the outside
    "metrics": PUBLIC,
    # the networks' notifications: nobody signs in, the signature over the body is what counts
    "webhook": PUBLIC,
    "set_language": PUBLIC,
    "account_login": PUBLIC,
    "account_logout": PUBLIC,
    "account_inactive": PUBLIC,
    "account_reset_password": PUBLIC,
    "account_reset_password_done": PUBLIC,
    "account_reset_password_from_key": PUBLIC,
    "account_reset_password_from_key_done": PUBLIC,
    "account_change_password": SIGNED_IN,
    "account_reauthenticate": SIGNED_IN,
    # allauth brings these; people are added by an admin and sign in with a password
    "account_signup": NOBODY,
    "account_email": NOBODY,
    "account_email_verification_sent": NOBODY,
    "account_confirm_email": NOBODY,
    "account_set_password": NOBODY,
    "account_confirm_login_code": NOBODY,
    "preferences": SIGNED_IN,
    # the desk: reading is for everyone with a role, answering asks for a clearance as well
    "desk": DESK,
    "thread_list": DESK,
    "leaving": DESK,
    "duty": DESK,
    "live_stream": DESK,
    "live_shown": DESK,
    "thread": DESK,
    "thread_next": DESK,
    "thread_messages": DESK,
    "thread_head": DESK,
    "thread_side": DESK,
    "thread_claim": DESK,
    "thread_release": DESK,
    "thread_assign": LEADS_ONLY,
    "thread_take_over": DESK,
    "thread_tag": DESK,
    "thread_refuse_topic": DESK,
    "thread_set_aside": DESK,
    "thread_close": DESK,
    "thread_reopen": DESK,
    "thread_later": DESK,
    "thread_note": DESK,
    "thread_follow_up": DESK,
    "reply_compose": DESK,
    "reply_check": DESK,
    "reply_draft": DESK,
    "reply_send": DESK,
    "reply_turn": DESK,
    "reply_wrong_stop": DESK,
    "picture": DESK,
    "reply_undo": DESK,
    "reply_out": DESK,
    "reply_written": DESK,
    "reply_again": DESK,
    "reply_edit": DESK,
    # an agent may be the mentor of a colleague: the view asks whether this reply is theirs to approve
    "reply_approve": DESK,
    "reply_send_back": DESK,
    "reply_change": DESK,
    "reply_confirm": DESK,
    "reply_take_back": DESK,
    "reply_withdraw": DESK,
    "reply_correct": DESK,
    "reply_keep": DESK,
    # reading the thread is one thing; a lead says who may hide and delete on a channel
    "message_moderate": DESK,
    "message_like": DESK,
    "deed_again": DESK,
    "follow_ups": DESK,
    "follow_up_confirm": DESK,
    "follow_up_keep": DESK,
    "follow_up_drop": DESK,
    "board": LEADS,
    "brake_pull": LEADS_ONLY,
    "brake_lift": LEADS_ONLY,
    "brake_release": LEADS_ONLY,
    # everyone may read the rules they are held to
    "rules": DESK,
    "rules_try": DESK,
    "rules_version": DESK,
    "rules_publish": ADMINS,
    "rules_discard": ADMINS,
    "rule_edit": ADMINS,
    "rule_off": LEADS_ONLY,
    # an outage cannot wait for the admin
    "situation_new": LEADS,
    "situation_end": LEADS,
    "snippets": DESK,
    "snippet_edit": LEADS,
    "snippet_approve": LEADS,
    "channels": LEADS,
    "channel": ADMINS,
    "channel_new": ADMINS,
    "channel_connect": ADMINS,
    "channel_reconnect": ADMINS,
    "channel_connected": ADMINS,
    "channel_choose": ADMINS,
    "channel_disconnect": ADMINS,
    "gap_acknowledge": LEADS,
    "quarantine_replay": LEADS,
    "quarantine_replay_all": LEADS,
    "channel_pause": LEADS,
    "channel_resume": LEADS,
    "people": LEADS,
    "clearance_give": LEADS_ONLY,
    "lock_out": LEADS,
}


def roles_for(route: str) -> frozenset[str]:
    """The roles that may use a route; nobody where the table does not know it."""
    return ROUTES.get(route, NOBODY)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People are added by an admin; nobody signs themselves up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
