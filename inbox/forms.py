"""What people type, checked before a verb sees it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

import connectors
from connectors.base import Capabilities, Secret
from connectors.login import Offer
from inbox.clock import read_clock
from inbox.models import (
    Channel,
    Clearance,
    CloseReason,
    FollowUp,
    Level,
    Person,
    Reply,
    Role,
    Snippet,
    Topic,
    What,
)
from inbox.states import Waits
from policies.models import Rule, Rulebook, Situation


class PlainText(forms.CharField):
    """Text as it was typed: not stripped, with the line ends a network counts."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(strip=False, **kwargs)  # type: ignore[arg-type]

    def to_python(self, value: object) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n").replace("\x00", "")


class ReplyForm(forms.Form):
    """The composer. `seen` is the newest message on the writer's screen."""

    text = PlainText(required=False, max_length=10_000)
    seen = forms.IntegerField(required=False, min_value=0)
    checked = forms.BooleanField(required=False)
    ask = forms.BooleanField(required=False)
    referral = forms.BooleanField(required=False)


class ChangeForm(forms.Form):
    """A held reply's text as the approver would have it."""

    text = PlainText(label=_("The reply"), max_length=10_000)


class NoteForm(forms.Form):
    text = PlainText(label=_("Note"), max_length=4000)


class TakeOverForm(forms.Form):
    reason = forms.CharField(label=_("Why do you take over?"), max_length=300)


class AssignForm(forms.Form):
    to = forms.ModelChoiceField(
        label=_("To"),
        queryset=Person.objects.filter(is_active=True, role__in=[Role.AGENT, Role.LEAD]).order_by("first_name"),
    )


class SetAsideForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Why is no answer needed?"),
        choices=[
            (reason.value, reason.label) for reason in (CloseReason.NO_QUESTION, CloseReason.SPAM, CloseReason.NOT_OURS)
        ],
    )


class CloseForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("How did it end?"),
        choices=[(reason.value, reason.label) for reason in (CloseReason.SOLVED, CloseReason.SILENT)],
    )


class TopicForm(forms.Form):
    topic = forms.ChoiceField(label=_("Topic"), choices=[("", _("None")), *Topic.choices], required=False)


class RefuseTopicForm(forms.Form):
    topic = forms.ChoiceField(choices=Topic.choices)


LATER = {
    "hour": (_("In one hour"), timedelta(hours=1)),
    "afternoon": (_("In four hours"), timedelta(hours=4)),
    "tomorrow": (_("Tomorrow"), timedelta(days=1)),
    "week": (_("In a week"), timedelta(days=7)),
}


class LaterForm(forms.Form):
    until = forms.ChoiceField(label=_("Until when?"), choices=[(key, label) for key, (label, _wait) in LATER.items()])

    def moment(self) -> datetime:
        """Tomorrow and next week begin at eight in the morning."""
        wait = LATER[self.cleaned_data["until"]][1]
        when = timezone.localtime() + wait
        return when.replace(hour=8, minute=0, second=0, microsecond=0) if wait >= timedelta(days=1) else when


class FollowUpForm(forms.ModelForm):  # type: ignore[type-arg]
    due_at = forms.DateTimeField(
        label=_("By"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )

    class Meta:
        model = FollowUp
        fields = ["text", "due_at"]
        labels = {"text": _("What is to be done?")}


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300)


class BrakeForm(forms.Form):
    """Nothing chosen is everything."""

    channel = forms.ModelChoiceField(label=_("Channel"), queryset=Channel.objects.order_by("name"), required=False)
    person = forms.ModelChoiceField(label=_("Person"), queryset=Person.objects.filter(is_active=True), required=False)


class ReleaseForm(forms.Form):
    """What becomes of replies that a brake stopped: one (`reply`) or all."""

    what = forms.ChoiceField(choices=[("release", _("Release")), ("return", _("Back to draft"))])
    reply = forms.ModelChoiceField(queryset=Reply.objects.filter(waits_for=Waits.BRAKE), required=False)

    def replies(self) -> list[Reply]:
        one = self.cleaned_data["reply"]
        return [one] if one else list(Reply.objects.filter(state="queued", waits_for=Waits.BRAKE).order_by("pk"))


# Of the 512 characters that X's search takes, some are ours.
LONGEST_SEARCH = 450


class ChannelForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Channel
        fields = [
            "name",
            "purpose",
            "sender",
            "signature",
            "lead_in",
            "language",
            "searches",
            "target_minutes",
            "look_again_days",
            "reach_days",
            "monthly_cap",
        ]
        labels = {
            "target_minutes": _("First answer within (minutes)"),
            "look_again_days": _("Look again after (working days)"),
            "reach_days": _("Posts followed for (days)"),
        }
        help_texts = {
            "searches": _(
                'One search a line, in the network\'s own words, such as: (nordnett OR "nord nett") lang:sv.'
            ),
        }

    def __init__(self, data: QueryDict | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        if not self.instance.capabilities.can_listen:
            del self.fields["searches"]
        if self.instance.network not in settings.SAMTAL_PRICES:
            del self.fields["monthly_cap"]

    def clean_searches(self) -> str:
        """Each as short as the network takes it, beside what we add to it."""
        lines = [" ".join(line.split()) for line in self.cleaned_data["searches"].splitlines() if line.strip()]
        if any(len(line) > LONGEST_SEARCH for line in lines):
            raise forms.ValidationError(_("A search has at most %(most)s characters.") % {"most": LONGEST_SEARCH})
        return "\n".join(dict.fromkeys(lines))


SECRET_WORDS = {
    "access_token": _("Access token"),
    "access_token_secret": _("Secret of the access token"),
    "consumer_key": _("Key of the app"),
    "consumer_secret": _("Secret of the app"),
}


class TokenForm(forms.Form):
    """What a network's own pages show for copying, instead of consent by OAuth."""

    def __init__(self, data: QueryDict | None = None, *, network: str) -> None:
        super().__init__(data)
        if hint := connectors.get(network).account_hint:
            self.fields["account"] = forms.CharField(
                label=_("Account or address"), max_length=300, widget=forms.TextInput(attrs={"placeholder": hint})
            )
        for name in connectors.get(network).pasted:
            self.fields[name] = forms.CharField(
                label=SECRET_WORDS.get(name, name), max_length=2000, widget=forms.PasswordInput
            )

    @property
    def secrets(self) -> dict[str, Secret]:
        return {name: Secret(value) for name, value in self.cleaned_data.items() if name != "account"}

    @property
    def account(self) -> str:
        """Empty where the token says whose it is."""
        return str(self.cleaned_data.get("account", ""))


class PagesForm(forms.Form):
    """Which of the accounts that somebody let us speak for are connected."""

    accounts = forms.MultipleChoiceField(
        label=_("What shall your team answer?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )

    def __init__(self, data: QueryDict | None = None, *, offers: list[Offer]) -> None:
        super().__init__(data)
        field = self.fields["accounts"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(offer.account.remote_id, offer.account.name or offer.account.remote_id) for offer in offers]
        field.initial = [key for key, _name in field.choices] if len(offers) == 1 else []


class ClearanceForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Clearance
        fields = ["channel", "level", "mentor", "moderates"]

    def clean(self) -> dict[str, object]:
        data: dict[str, object] = super().clean() or {}
        if data.get("level") == Level.SUPERVISED and not data.get("mentor"):
            raise forms.ValidationError(_("Name the mentor who reads the replies."))
        return data

    def validate_unique(self) -> None:
        """One clearance a channel: a new one takes the place of the old."""


class ModerateForm(forms.Form):
    """Taking a customer's message from the public."""

    what = forms.ChoiceField(label=_("What is to be done?"), widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Why?"), max_length=300, help_text=_("For the log; the customer does not see it."))

    def __init__(self, data: QueryDict | None = None, *, offered: list[What], capabilities: Capabilities) -> None:
        # In its dialog it stands on a page with other forms that ask for a reason.
        super().__init__(data, auto_id="moderate_%s")
        field = self.fields["what"]
        assert isinstance(field, forms.ChoiceField)
        words = {**DEED_WORDS, What.HIDE: FOLDED} if capabilities.hiding_folds else DEED_WORDS
        field.choices = [(what.value, words[what]) for what in offered if what in words]
        self.possible = bool(field.choices)


FOLDED = _("Hide it: it moves behind a button that everybody can press")
DEED_WORDS = {
    What.HIDE: _("Hide it: only its writer and their friends still see it"),
    What.UNHIDE: _("Show it again"),
    What.DELETE: _("Delete it on the network: it cannot be brought back there"),
}


class SnippetForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Snippet
        fields = ["title", "language", "topic", "text"]


class WrongStopForm(forms.Form):
    rule = forms.SlugField()


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]
    """How a person likes the screen."""

    language = forms.ChoiceField(
        label=_("Language"), choices=[("", _("As in the browser")), *settings.LANGUAGES], required=False
    )
    theme = forms.ChoiceField(
        label=_("Colours"),
        choices=[("", _("As on the computer")), ("light", _("Light")), ("dark", _("Dark"))],
        required=False,
    )
    undo_seconds = forms.IntegerField(label=_("Seconds to undo a reply"), required=False, min_value=0, max_value=200)

    class Meta:
        model = Person
        fields = ["language", "theme", "compact", "letter_keys", "undo_seconds"]
        labels = {
            "compact": _("Compact rows"),
            "letter_keys": _("Single-letter keys"),
        }


def first_error(form: forms.BaseForm) -> str:
    """The first thing that is wrong, as a sentence."""
    for errors in form.errors.values():
        return str(errors[0])
    return ""


class Lines(forms.CharField):
    """One a line; empty lines are nothing."""

    widget = forms.Textarea

    def prepare_value(self, value: object) -> object:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: object) -> list[str]:
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class RuleForm(forms.Form):
    """One rule: what it does, where it holds, its words, and what it says in four languages."""

    effect = forms.ChoiceField(label=_("What it does"), choices=Rule.Effects.choices, widget=forms.RadioSelect)
    visibility = forms.MultipleChoiceField(
        label=_("Where it holds"),
        choices=[("public", _("Public replies")), ("private", _("Private replies"))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Nothing ticked is everywhere."),
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages"), choices=settings.LANGUAGES, widget=forms.CheckboxSelectMultiple, required=False
    )
    terms = Lines(
        label=_("Words and patterns"),
        required=False,
        help_text=_("One a line. A pattern stands between slashes: /offer(s|ed)?/"),
    )

    def __init__(self, data: QueryDict | None, *, rule: Rule) -> None:
        self.rule = rule
        initial = {
            "effect": rule.effect,
            "terms": rule.terms,
            "visibility": rule.scope.get("visibility", []),
            "languages": rule.scope.get("languages", []),
        }
        super().__init__(data, initial=initial)
        for code, name in settings.LANGUAGES:
            texts = rule.texts.get(code, {})
            self.fields[f"directive_{code}"] = forms.CharField(
                label=_("Directive, %(language)s") % {"language": name},
                initial=texts.get("directive", ""),
                max_length=300,
            )

    def clean_terms(self) -> list[str]:
        terms: list[str] = self.cleaned_data["terms"]
        for validate in Rule._meta.get_field("terms").validators:
            validate(terms)
        return terms

    def save_in(self, draft: Rulebook) -> None:
        """Store the change on the draft's own row of this rule."""
        data = self.cleaned_data
        texts = {
            code: {**self.rule.texts.get(code, {}), "directive": data[f"directive_{code}"]}
            for code, _name in settings.LANGUAGES
        }
        scope = {**self.rule.scope, "visibility": data["visibility"], "languages": data["languages"]}
        draft.rules.filter(code=self.rule.code).update(
            effect=data["effect"],
            terms=data["terms"],
            texts=texts,
            scope={key: value for key, value in scope.items() if value},
        )


class TryForm(forms.Form):
    """A text to try the rules on, and the question it answers."""

    question = PlainText(
        label=_("What the customer wrote"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )
    text = PlainText(label=_("The reply"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))
    visibility = forms.ChoiceField(
        label=_("Visibility"), choices=[("public", _("Public")), ("private", _("Private"))], initial="public"
    )
    topic = forms.ChoiceField(label=_("Topic"), choices=[("", _("None")), *Topic.choices], required=False)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES, initial="sv")
    incident = forms.BooleanField(label=_("During an outage"), required=False)


class SituationForm(forms.Form):
    """An outage, a quiet period or an embargo."""

    kind = forms.ChoiceField(
        label=_("What is it?"), choices=Situation.Kind.choices, widget=forms.RadioSelect, initial="outage"
    )
    title = forms.CharField(label=_("Name"), max_length=200)
    area = forms.CharField(label=_("Area"), max_length=200, required=False)
    channels = forms.ModelMultipleChoiceField(
        label=_("Channels"),
        queryset=Channel.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Nothing ticked is every channel."),
    )
    terms = Lines(
        label=_("Words that attach a thread"),
        required=False,
        help_text=_("One a line: place names, the service, how people say it."),
    )
    topics = forms.MultipleChoiceField(
        label=_("Topics that are held"), choices=Topic.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    phone = forms.CharField(label=_("Customer service by phone"), max_length=120, required=False)
    link = forms.URLField(label=_("Page to point to"), required=False, assume_scheme="https")
    ends_at = forms.DateTimeField(
        label=_("Until"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Empty: until further notice."),
    )

    def clean(self) -> dict[str, object]:
        data: dict[str, object] = super().clean() or {}
        if data.get("kind") == "outage" and not (data.get("phone") or data.get("link")):
            raise forms.ValidationError(_("Say where customers are pointed to: a phone number or a page."))
        return data

    def situation(self) -> Situation:
        data = self.cleaned_data
        targets = [
            {"kind": kind, "text": data[field], "language": "", "hours": []}
            for kind, field in (("phone", "phone"), ("page", "link"))
            if data[field]
        ]
        return Situation(
            kind=data["kind"],
            title=data["title"],
            area=data["area"],
            starts_at=read_clock(),
            ends_at=data["ends_at"],
            channel_ids=[channel.pk for channel in data["channels"]],
            terms=data["terms"],
            topics=data["topics"],
            targets=targets,
        )
