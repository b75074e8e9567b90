"""The gate in the database: only a verdict or an approval of exactly this outgoing text lets a reply go (DESIGN §5).

Raw SQL all the way: the gate must hold against every code path, so no code path of ours may help it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q

from inbox.models import Channel, Person, Reply
from inbox.models.reply import digest
from inbox.states import GATED, REPLY_EXITS, ReplyState
from tests import make

TEXT, SIGNATURE, VERSION = "Vi tittar på det.", " /Anna", 7

EFFECTS = ("", "send", "warn", "hold", "block")
DIGESTS = (None, "right", "wrong", "other_version", "other_visibility", "other_message")
VERSIONS = (None, VERSION)
ANSWERS = (None, "message")
APPROVERS = (None, "writer", "lead")
COMBINATIONS = tuple(itertools.product(EFFECTS, DIGESTS, VERSIONS, ANSWERS, APPROVERS, (False, True), DIGESTS))


@pytest.fixture
def written(anna: Person, facebook: Channel) -> Reply:
    thread = make.thread(facebook)
    reply = Reply.draft(thread, by=anna)
    reply.save_text(TEXT)
    return reply


@contextmanager
def refused() -> Iterator[None]:
    with pytest.raises(IntegrityError, match=r"reply_gate|reply_outgoing_is_whole"), transaction.atomic():
        yield


def put(reply: Reply, **columns: object) -> None:
    """Set columns of one row, as somebody with SQL would."""
    names = ", ".join(f"{name} = %s" for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE inbox_reply SET {names} WHERE id = %s", [*columns.values(), reply.pk])


def digests(version: int | None, answers: int | None, outgoing: str) -> dict[str | None, str | None]:
    """What each name of DIGESTS stands for beside these values of the row."""
    return {
        None: None,
        "right": None if version is None else digest(version, "public", answers, outgoing),
        "wrong": digest(version or VERSION, "public", answers, outgoing + "!"),
        "other_version": digest((version or VERSION) + 1, "public", answers, outgoing),
        "other_visibility": digest(version or VERSION, "private", answers, outgoing),
        "other_message": digest(version or VERSION, "public", (answers or 0) + 1, outgoing),
    }


def may_leave(effect: str, said: str | None, by: str | None, alone: bool, approved: str | None, known: bool) -> bool:
    """The gate in words: a verdict of this text that lets it go, or somebody else's (or a lone) approval of it.

    known: there is a rulebook version, without which nothing can be a verdict of anything.
    """
    verdict = effect in ("send", "warn") and said == "right" and known
    approval = (by == "lead" or (by == "writer" and alone)) and approved == "right" and known
    return verdict or approval


def candidates(reply: Reply, lea: Person) -> list[tuple[object, ...]]:
    """(expected, effect, digest, version, answers, approved_by, approved_alone, approved_digest) of every row."""
    rows: list[tuple[object, ...]] = []
    people = {None: None, "writer": reply.written_by_id, "lead": lea.pk}
    for effect, said, version, answers, by, alone, approved in COMBINATIONS:
        answered = reply.answers_id if answers else None
        names = digests(version, answered, reply.outgoing)
        expected = may_leave(effect, said, by, alone, approved, known=version is not None)
        rows.append((expected, effect, names[said], version, answered, people[by], alone, names[approved]))
    return rows


WALK = """
CREATE FUNCTION pg_temp.passes(reply bigint, state text, candidate record) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE inbox_reply SET state = passes.state, not_before = clock_timestamp(), sent_at = clock_timestamp(),
           effect = candidate.effect, digest = candidate.digest, rulebook_version = candidate.rulebook_version,
           answers_id = candidate.answers_id, approved_by_id = candidate.approved_by_id,
           approved_alone = candidate.approved_alone, approved_digest = candidate.approved_digest
     WHERE id = reply;
    RETURN true;
EXCEPTION WHEN check_violation THEN
    RETURN false;
END $$;
CREATE TEMP TABLE candidate (
    number serial, expected boolean, effect text, digest text, rulebook_version int, answers_id bigint,
    approved_by_id bigint, approved_alone boolean, approved_digest text
) ON COMMIT DROP;
"""


@pytest.mark.parametrize("state", GATED)
def test_only_a_verdict_or_an_approval_of_exactly_this_text_lets_a_reply_go(
    state: ReplyState, written: Reply, lea: Person
) -> None:
    """Every combination of NULL, right and wrong in every column the gate reads, for each state it guards."""
    rows = candidates(written, lea)
    with connection.cursor() as cursor:
        cursor.execute(WALK)
        values = ", ".join(["(%s, %s, %s, %s, %s, %s, %s, %s)"] * len(rows))
        cursor.execute(
            "INSERT INTO candidate (expected, effect, digest, rulebook_version, answers_id, approved_by_id,"
            f" approved_alone, approved_digest) VALUES {values}",
            [value for row in rows for value in row],
        )
        cursor.execute(
            "SELECT candidate.*, pg_temp.passes(%s, %s, candidate) FROM candidate ORDER BY number", [written.pk, state]
        )
        walked = cursor.fetchall()
    wrong = [row for row in walked if row[1] != row[-1]]
    passed = sum(row[-1] for row in walked)
    assert not wrong, f"{len(wrong)} of {len(walked)}, such as {wrong[0]}"
    assert len(walked) == len(COMBINATIONS) == 4320
    assert 0 < passed < len(walked) / 4


@pytest.mark.parametrize("state", GATED)
def test_a_reply_without_a_writer_is_refused_however_well_approved(
    state: ReplyState, written: Reply, lea: Person
) -> None:
    right = digest(VERSION, "public", written.answers_id, written.outgoing)
    with pytest.raises(IntegrityError, match="written_by"), transaction.atomic():
        put(written, state=state, written_by_id=None, approved_by_id=lea.pk, approved_digest=right,
            rulebook_version=VERSION, not_before=make.NOON, sent_at=make.NOON)  # fmt: skip


@pytest.mark.parametrize("column", ["state", "visibility", "outgoing", "written_by_id", "approved_alone"])
def test_what_the_gate_reads_cannot_be_null(column: str, written: Reply) -> None:
    with pytest.raises(IntegrityError, match=f'"{column}"'), transaction.atomic():
        put(written, **{column: None})


@pytest.fixture
def queued(written: Reply) -> Reply:
    right = digest(VERSION, "public", written.answers_id, written.outgoing)
    put(written, state="queued", effect="send", rulebook_version=VERSION, digest=right, not_before=make.NOON)
    written.refresh_from_db()
    return written


CHANGES = {
    "the text": {"text": "Vi betalar allt.", "outgoing": f"Vi betalar allt.{SIGNATURE}"},
    "one letter": {"text": TEXT + " ", "outgoing": f"{TEXT} {SIGNATURE}"},
    "the signature": {"signature": " /Bo", "outgoing": f"{TEXT} /Bo"},
    "the visibility": {"visibility": "private"},
    "the rulebook's version": {"rulebook_version": VERSION + 1},
    "the message it answers": {"answers_id": None},
    "the effect": {"effect": "hold"},
    "the digest": {"digest": None},
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_queued_reply_cannot_be_changed_under_its_verdict(change: str, queued: Reply) -> None:
    with refused():
        put(queued, **CHANGES[change])


@pytest.mark.parametrize("change", ["the text", "the signature", "the visibility", "the message it answers"])
def test_an_approved_reply_cannot_be_changed_under_its_approval(change: str, queued: Reply, lea: Person) -> None:
    right = queued.digest
    put(queued, effect="hold", approved_by_id=lea.pk, approved_digest=right)
    with refused():
        put(queued, **CHANGES[change])


@pytest.mark.parametrize("columns", [{"outgoing": TEXT}, {"text": "annat"}, {"signature": ""}, {"outgoing": ""}])
def test_what_is_sent_is_always_the_whole_text_with_its_signature(columns: dict[str, str], written: Reply) -> None:
    """In a draft too: the verdict, the approval and the network must speak of one string."""
    with refused():
        put(written, **columns)


def test_the_digest_in_python_is_the_one_in_the_check(written: Reply) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT md5(rulebook_version::text || ':' || visibility || ':' || coalesce(answers_id::text, '') || ':'"
            " || outgoing) FROM inbox_reply WHERE id = %s",
            [written.pk],
        )
        assert cursor.fetchone() == (None,)  # no version, no verdict: md5 over NULL is NULL, and the CHECK must mind it
        for text in ("", "åäö 👍🏽", "a:b:c", "två\nrader", "%s '\"\\"):
            put(written, text=text, outgoing=text + SIGNATURE, rulebook_version=VERSION)
            cursor.execute(
                "SELECT md5(rulebook_version::text || ':' || visibility || ':' || coalesce(answers_id::text, '') || ':'"
                " || outgoing) FROM inbox_reply WHERE id = %s",
                [written.pk],
            )
            assert cursor.fetchone() == (digest(VERSION, "public", written.answers_id, text + SIGNATURE),)


def test_a_state_that_does_not_exist_is_refused(written: Reply) -> None:
    with pytest.raises(IntegrityError, match="reply_state"), transaction.atomic():
        put(written, state="gone")


def test_the_gate_guards_every_state_from_which_a_text_can_be_out() -> None:
    """Whatever comes out of `queued` without a person in between is guarded, but for what is certain not out."""
    onward = {ReplyState.QUEUED, ReplyState.SENDING, *REPLY_EXITS[ReplyState.SENDING]}
    assert set(GATED) == onward - {ReplyState.FAILED}


class Scratch(models.Model):
    """The gate's condition as Django renders it, on a table of the test's own: the negative control."""

    state = models.CharField(max_length=10)
    effect = models.CharField(max_length=8, null=True)
    digest = models.CharField(max_length=32, null=True)
    right = models.CharField(max_length=32, null=True)

    class Meta:
        app_label = "inbox"
        managed = False
        constraints = [
            models.CheckConstraint(
                name="scratch_gate",
                condition=~Q(state__in=list(GATED)) | Q(effect__in=["send", "warn"], digest=models.F("right")),
            )
        ]

    def __str__(self) -> str:
        return self.state


@pytest.mark.django_db
def test_djangos_own_rendering_would_let_a_reply_without_a_verdict_through() -> None:
    """A CHECK passes on NULL. The same walk over Django's CheckConstraint finds the hole that ours does not have."""
    with connection.schema_editor() as editor:
        editor.create_model(Scratch)
    assert let_through("queued", "send", None, "d") == 1, "NULL slips through Django's rendering: write it in SQL"
    assert let_through("queued", None, "d", "d") == 1
    assert let_through("queued", "send", "e", "d") == 0
    assert let_through("queued", "send", "d", "d") == 1


def let_through(state: str, effect: str | None, said: str | None, right: str | None) -> int:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                'INSERT INTO inbox_scratch (state, effect, digest, "right") VALUES (%s, %s, %s, %s)',
                [state, effect, said, right],
            )
    except IntegrityError:
        return 0
    return 1
