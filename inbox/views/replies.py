"""Writing, checking, sending, taking back, approving. The rules are asked here and again when the sending starts."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from connectors.base import Visibility
from inbox.clock import read_clock
from inbox.forms import ChangeForm, ReasonForm, ReplyForm, WrongStopForm, first_error
from inbox.models import (
    Deed,
    Message,
    Reason,
    Reply,
    Revision,
    Stopped,
    Taken,
    Thread,
    TooMany,
    What,
    WrongStop,
)
from inbox.models.check import check_text, supervised
from inbox.models.correction import correct, give_up
from inbox.models.door import private_reply_door
from inbox.models.reply import is_final
from inbox.screens.conversation import answered_message
from inbox.screens.desk import desk_screen
from inbox.screens.thread import composer_screen, own_draft, side_screen, thread_screen
from inbox.states import ReplyState
from inbox.tasks import wake_after_commit
from inbox.views.answers import (
    back_to,
    get_reply,
    get_shown_thread,
    get_thread,
    is_htmx,
    me,
    not_cleared,
    refused,
    stopped,
    taken,
)
from policies.verdict import Effect, Verdict, segments


@require_POST
def reply_check(request: HttpRequest, pk: int) -> HttpResponse:
    """The verdict on the text as it stands, for the place under the composer."""
    thread, form = get_thread(request, pk, "channel"), ReplyForm(request.POST)
    if not form.is_valid():
        return refused(request, first_error(form), status=422)
    text = form.cleaned_data["text"]
    screen = verdict_screen(request, thread, text, verdict_on(request, thread, text))
    return render(request, "inbox/_verdict.html", screen)


def verdict_on(request: HttpRequest, thread: Thread, text: str) -> Verdict | None:
    """None for an empty text: there is nothing to say about it yet."""
    if not text.strip():
        return None
    draft = own_draft(thread, me(request))
    visibility = (draft or answered_message(thread) or thread).visibility
    signature = draft.signature if draft else thread.channel.signature_of(me(request))
    verdict = check_text(thread, text + signature, visibility=visibility, signature=signature, reply=draft)
    return supervised(verdict, me(request), thread.channel)


def verdict_screen(request: HttpRequest, thread: Thread, text: str, verdict: Verdict | None) -> dict[str, object]:
    """What stands under the text, and what the button says will happen."""
    effect = verdict.effect if verdict else Effect.SEND
    shown = (
        [violation for violation in verdict.violations if violation.effect.rank >= Effect.ADVISE.rank]
        if verdict
        else []
    )
    return {
        **composer_screen(thread, me(request)),
        "verdict": verdict,
        "thread": thread,
        "effect": effect.value,
        "final": bool(verdict and is_final(verdict)),
        "violations": shown,
        "segments": segments(text, shown),
        "asks_topic": thread.topic_suggested if effect == Effect.HOLD and not thread.topic else "",
        "referral": next((v.finding.suggestion for v in shown if v.rule == "outage"), ""),
    }


@require_POST
def reply_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Autosave: what was typed survives a crash, a sign-out and another device."""
    thread, form = get_thread(request, pk, "channel"), ReplyForm(request.POST)
    if not form.is_valid():
        return refused(request, first_error(form), status=422)
    draft = Reply.draft(thread, by=me(request))
    if form.cleaned_data["seen"] is not None:
        draft.saw(form.cleaned_data["seen"])
    draft.save_text(form.cleaned_data["text"])
    return render(request, "inbox/_saved.html", {"thread": thread, "draft": draft})


@require_POST
def reply_send(request: HttpRequest, pk: int) -> HttpResponse:
    """Let it go, as far as the rules let it: out after the undo window, or held for approval."""
    thread, form = get_thread(request, pk, "channel"), ReplyForm(request.POST)
    if not form.is_valid():
        return refused(request, first_error(form), status=422)
    data = form.cleaned_data
    if not data["text"].strip():
        return refused(request, _("Write something first."), status=422)
    if refusal := not_cleared(request, thread):
        return refusal
    reply = Reply.draft(thread, by=me(request))
    reply.saw(data["seen"] or 0)
    reply.save_text(with_referral(request, thread, data["text"]) if data["referral"] else data["text"])
    try:
        reply.submit(by=me(request), checked=data["checked"], ask=data["ask"])
    except Taken as error:
        return taken(request, error, thread)
    except Stopped as error:
        return not_sent(request, thread, reply, error)
    return sent_off(request, reply)


def with_referral(request: HttpRequest, thread: Thread, text: str) -> str:
    """The text with the outage's referral added, where that is what is missing."""
    verdict = verdict_on(request, thread, text)
    offered = [v.finding.suggestion for v in verdict.violations if v.rule == "outage"] if verdict else []
    return f"{text.rstrip()} {offered[0]}" if offered else text


def sent_off(request: HttpRequest, reply: Reply) -> HttpResponse:
    """The thread as it stands now; the undo bar counts down beside it."""
    if not is_htmx(request):
        return redirect("thread", reply.thread_id)
    screen = thread_screen(reply.thread, me(request))
    answer = render(request, "inbox/_thread.html", {**screen, "just_sent": reply})
    answer.headers["HX-Trigger"] = "samtal:reply"
    return answer


def not_sent(request: HttpRequest, thread: Thread, reply: Reply, error: Stopped) -> HttpResponse:
    """The text is kept; the verdict or the reason stands under it."""
    if error.verdict is None:
        return refused(request, str(Reason(error.reason).label), thread=thread)
    screen = verdict_screen(request, thread, reply.text, error.verdict)
    if is_htmx(request):
        answer = render(request, "inbox/_verdict.html", screen, status=422)
        answer.headers["HX-Retarget"] = f"#verdict-{thread.pk}"
        answer.headers["HX-Reswap"] = "outerHTML"
        return answer
    beside = {**desk_screen(me(request), request.GET), **side_screen(thread, me(request))}
    page = {**beside, **thread_screen(thread, me(request)), **screen}
    return render(request, "inbox/desk.html", page, status=422)


@require_GET
def reply_compose(request: HttpRequest, pk: int) -> HttpResponse:
    """The composer alone, for a thread that has just been taken."""
    return render(request, "inbox/_composer.html", thread_screen(get_shown_thread(request, pk), me(request)))


@require_POST
def reply_turn(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer what was said in public in private, as far as the network takes it; or in public after all."""
    thread = get_thread(request, pk, "channel")
    if answer := not_cleared(request, thread):
        return answer
    form, draft = ReplyForm(request.POST), Reply.draft(thread, by=me(request))
    if form.is_valid() and "text" in request.POST:
        draft.save_text(form.cleaned_data["text"])
    if "private" in request.POST and (why := no_private_answer(draft)):
        return refused(request, why)
    if not draft.turn(Visibility.PRIVATE if "private" in request.POST else Visibility.PUBLIC):
        return refused(request, _("This has been settled already."))
    return HttpResponse(status=204, headers={"HX-Refresh": "true"}) if is_htmx(request) else redirect("thread", pk)


def no_private_answer(draft: Reply) -> str:
    """Why the network takes none to what this draft answers; "" where it does."""
    door = private_reply_door(draft.answers, draft.channel, read_clock()) if draft.answers else None
    return door.shut if door else _("The network takes no private answer here.")


@require_POST
def reply_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back. Once this says so, it never leaves."""
    reply = get_reply(request, pk)
    if not reply.undo(by=me(request)):
        return refused(request, _("Too late: it is already on its way."))
    return taken_back(request, reply)


def taken_back(request: HttpRequest, reply: Reply) -> HttpResponse:
    """The text is in the composer again: at once on its own thread's page, else one click away."""
    path = reverse("thread", args=[reply.thread_id])
    if not is_htmx(request):
        return redirect(path)
    if urlsplit(request.headers.get("HX-Current-URL", "")).path == path:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    answer = render(request, "inbox/_taken_back.html", {"path": path})
    answer.headers["HX-Trigger"] = "samtal:refresh"
    return answer


def settled(request: HttpRequest, reply: Reply, done: bool) -> HttpResponse:
    """The thread as it stands now; or that somebody was quicker."""
    if not done:
        return refused(request, _("This has been settled already."))
    return back_to(request, "thread", reply.thread_id)


@require_POST
def reply_out(request: HttpRequest, pk: int) -> HttpResponse:
    """A person has seen on the network that it is out."""
    reply = get_reply(request, pk, own=not me(request).leads)
    return settled(request, reply, reply.is_out(by=me(request)))


@require_POST
def reply_written(request: HttpRequest, pk: int) -> HttpResponse:
    """A person has written it on the site itself, where no call of ours could."""
    reply = get_reply(request, pk, own=not me(request).leads)
    return settled(request, reply, reply.written_there(by=me(request)))


@require_POST
def reply_again(request: HttpRequest, pk: int) -> HttpResponse:
    """A person has looked on the network: it is not out, so send it again."""
    reply = get_reply(request, pk, own=not me(request).leads)
    return settled(request, reply, reply.send_again(by=me(request)))


@require_POST
def reply_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A reply that was not sent becomes a draft again."""
    reply = get_reply(request, pk)
    return settled(request, reply, reply.edit_again(by=me(request)))


@require_POST
def reply_approve(request: HttpRequest, pk: int) -> HttpResponse:
    """A lead, or the named mentor, lets a held reply go."""
    reply = get_reply(request, pk, own=False)
    if not reply.may_be_approved_by(me(request)):
        return refused(request, _("A lead approves this."), status=403)
    if Revision.objects.open().filter(reply=reply).exists():
        return refused(request, _("The text was changed: its writer confirms it first."))
    try:
        approved = reply.approve(
            by=me(request), alone="alone" in request.POST, despite=request.POST.get("despite", "").strip()
        )
    except Stopped as error:
        return stopped(request, error)
    if not approved:
        return refused(request, _("Somebody has decided this already."))
    return back_to(request, "board")


@require_POST
def reply_change(request: HttpRequest, pk: int) -> HttpResponse:
    """The approver changes the text: it leaves as theirs where it passes by itself, else its writer confirms."""
    form, reply = ChangeForm(request.POST), get_reply(request, pk, own=False)
    if not form.is_valid():
        return refused(request, first_error(form), status=422)
    if not reply.may_be_approved_by(me(request)):
        return refused(request, _("A lead approves this."), status=403)
    try:
        revision = Revision.make(reply, form.cleaned_data["text"], by=me(request))
    except Stopped as error:
        return refused(request, stopped_words(error), status=422)
    if revision is None:
        return refused(request, _("Nothing was changed, or somebody has decided this already."))
    return back_to(request, "board")


def stopped_words(error: Stopped) -> str:
    """Which rule stops the text, in its own words."""
    found = [violation.finding.message for violation in error.verdict.violations] if error.verdict else []
    return " ".join([str(Reason(error.reason).label), *found[:1]])


@require_POST
def reply_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """The writer says yes to what an approver changed."""
    reply = get_reply(request, pk)
    revision = Revision.objects.open().filter(reply=reply).order_by("-pk").first()
    try:
        confirmed = revision is not None and revision.confirm(by=me(request))
    except Stopped as error:
        return stopped(request, error)
    return settled(request, reply, confirmed)


@require_POST
def reply_take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """The writer takes a held reply back to write on."""
    reply = get_reply(request, pk)
    return settled(
        request, reply, reply.state == ReplyState.HELD and reply.return_to_draft(Reason.UNDONE, by=me(request))
    )


@require_POST
def reply_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a sent reply on the network, with a reason; the record keeps it."""
    form, reply = ReasonForm(request.POST), get_reply(request, pk, own=not me(request).leads)
    if not form.is_valid():
        return refused(request, _("Say in a word why it is withdrawn."), status=422)
    message = Message.objects.filter(reply=reply, removed_at=None).select_related("thread__channel", "author").first()
    if reply.state != ReplyState.SENT or message is None or not message.can_be_withdrawn:
        return refused(request, _("This cannot be withdrawn from here. Open it on the network."))
    try:
        deed = Deed.ask(message, What.DELETE, by=me(request), reason=form.cleaned_data["reason"])
    except TooMany:
        return refused(request, _("You have withdrawn and deleted as much this hour as one person may."))
    wake_after_commit("do", deed.pk)
    return back_to(request, "thread", reply.thread_id)


@require_POST
def reply_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Write another text for a sent reply, one's own or as a lead; the composer shows it."""
    reply = get_reply(request, pk, own=not me(request).leads)
    if refusal := not_cleared(request, reply.thread):
        return refusal
    if correct(reply, by=me(request)) is None:
        return refused(request, _("This cannot be corrected from here. Open it on the network."))
    return back_to(request, "thread", reply.thread_id)


@require_POST
def reply_keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a correction up: what was sent stays as it is."""
    reply = get_reply(request, pk)
    return settled(request, reply, give_up(reply, by=me(request)))


@require_POST
def reply_send_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Back to the writer, with a word why."""
    form, reply = ReasonForm(request.POST), get_reply(request, pk, own=False)
    if not form.is_valid():
        return refused(request, _("Say in a word what should change."), status=422)
    if not reply.may_be_approved_by(me(request)):
        return refused(request, _("A lead approves this."), status=403)
    if reply.state != ReplyState.HELD or not reply.send_back(by=me(request), reason=form.cleaned_data["reason"]):
        return refused(request, _("Somebody has decided this already."))
    return back_to(request, "board")


@require_POST
def reply_wrong_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """ "Wrong stop": the agent says the rule is wrong here. Somebody answers it."""
    thread, form = get_thread(request, pk, "channel"), WrongStopForm(request.POST)
    if not form.is_valid():
        return refused(request, first_error(form), status=422)
    draft = Reply.draft(thread, by=me(request))
    WrongStop.report(draft, form.cleaned_data["rule"], draft.text, by=me(request))
    return render(request, "inbox/_wrong_stop.html", {"rule": form.cleaned_data["rule"]})
