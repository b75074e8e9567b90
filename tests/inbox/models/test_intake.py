"""The door: whatever a network says, in whatever order and however often, becomes the same rows once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.base import Attachment, Malformed, Mark, Page, PostContext, RemoteMessage, Sent, Window
from connectors.sandbox import demo
from inbox.clock import read_clock
from inbox.models import Author, Channel, CloseReason, Message, PagePost, Person, Quarantined, Stream, Thread
from inbox.models.intake import Batch, commit_page, remove, store
from inbox.models.reply import Reply
from inbox.states import ReplyState, Settled, ThreadState
from tests import make

US = make.remote_author(demo.PAGE_ID, "Nordnett")
WINDOW = Window(complete_up_to=Mark(make.NOON, "1"))
POST = PostContext(f"{demo.PAGE_ID}_1", "Vi bygger ut fibernätet.", make.NOON)


def rows() -> dict[str, int]:
    tables = (Author, Message, Thread, Quarantined, PagePost)
    return {model.__name__: model._default_manager.count() for model in tables}


def commit(channel: Channel, *messages: RemoteMessage, malformed: tuple[Malformed, ...] = ()) -> int | None:
    stream, _new = Stream.objects.get_or_create(channel=channel, key="feed")
    return commit_page(channel, stream, Page(messages=messages, window=WINDOW, malformed=malformed, posts=(POST,)))


class TestPage:
    def test_a_page_that_comes_again_adds_nothing(self, facebook: Channel) -> None:
        first = make.remote("Hvor er fakturaen?")
        answer = make.remote("Samme her!", root_remote_id=first.remote_id, parent_remote_id=first.remote_id)
        bad = (Malformed({"id": None}, "no id"),)
        assert commit(facebook, first, answer, malformed=bad) == 2
        before = rows()
        for _again in range(3):
            commit(facebook, answer, first, malformed=bad)
        assert rows() == before == {"Author": 1, "Message": 2, "Thread": 1, "Quarantined": 1, "PagePost": 1}

    def test_of_two_workers_with_the_same_page_one_stores_it(self, facebook: Channel) -> None:
        """The cursor is the lock: who comes second sees that the window has moved, and reads again from there."""
        stream = Stream.objects.create(channel=facebook, key="feed")
        late = Stream.objects.get(pk=stream.pk)
        page = Page(messages=(make.remote("Hei"),), window=WINDOW)
        assert commit_page(facebook, stream, page) == 1
        assert commit_page(facebook, late, page) is None

    def test_rows_and_cursor_come_together_or_not_at_all(
        self, facebook: Channel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def die(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Stream, "keep", die)
        stream = Stream.objects.create(channel=facebook, key="feed")
        with pytest.raises(KeyboardInterrupt):
            commit_page(facebook, stream, Page(messages=(make.remote("Hei"),), window=WINDOW))
        assert Message.objects.count() == 0
        assert Stream.objects.get().window == Window()

    @pytest.mark.parametrize("told", [None, make.NOON])
    def test_an_entry_from_the_future_does_not_say_how_far_a_stream_is_read(
        self, told: datetime | None, facebook: Channel
    ) -> None:
        """What is written from now until then would never come in."""
        stream = Stream.objects.create(channel=facebook, key="conversation/t_1")
        odd = Mark(datetime(2099, 1, 1, tzinfo=UTC), "1")
        commit_page(facebook, stream, Page((), Window(odd, odd, Mark(make.NOON, "0")), read_at=told))
        known = Stream.objects.get(pk=stream.pk).window
        assert known.complete_up_to is not None
        assert known.newest_seen is not None
        assert max(known.complete_up_to.at, known.newest_seen.at) <= (told or read_clock())
        assert (known.complete_up_to.id, known.walk_to) == ("1", Mark(make.NOON, "0"))

    def test_a_message_twice_on_one_page_is_one(self, facebook: Channel) -> None:
        message = make.remote("Hvor er fakturaen?")
        assert commit(facebook, message, message) == 1

    def test_a_pages_own_post_is_context_and_nothing_to_answer(self, facebook: Channel) -> None:
        commit(facebook, make.remote("Når kommer dere til oss?", post_remote_id=POST.remote_id))
        thread = Thread.objects.get()
        assert thread.page_post is not None
        assert thread.page_post.text == POST.text
        assert thread.messages.count() == 1

    def test_answers_to_an_answer_fall_into_its_thread_whatever_the_network_calls_the_root(
        self, facebook: Channel
    ) -> None:
        first = make.message(facebook, "Hvor er fakturaen?")
        nested = make.remote("Og min?", root_remote_id="somewhere else", parent_remote_id=first.remote_id)
        store(facebook, [nested])
        assert Thread.objects.get().messages.count() == 2


class TestSightings:
    def test_one_public_post_seen_by_two_channels_is_one_message(self, facebook: Channel) -> None:
        other = make.channel("facebook", account_id="900", name="Nordnett Företag")
        post = make.remote("@Nordnett @NordnettForetag hva skjer?")
        assert store(facebook, [post]) == 1
        store(other, [post])
        message = Message.objects.get()
        assert {sighting.channel for sighting in message.sightings.all()} == {facebook, other}
        assert message.thread.channel == facebook

    @pytest.mark.parametrize("theirs", [{"remote_id": "10_1"}, {"remote_id": "10_2", "parent_remote_id": "10_1"}])
    def test_what_another_worker_stores_between_our_look_and_our_rows_is_there_once(
        self, theirs: dict[str, str], facebook: Channel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Their thread has been opened by their message: it hears of ours like any thread that we have."""
        other = make.channel("facebook", account_id="900", name="Nordnett Företag")
        look = Batch.read_openings

        def overtaken(batch: Batch, together: Iterable[Sequence[RemoteMessage]]) -> None:
            monkeypatch.setattr(Batch, "read_openings", look)
            store(other, [make.remote("Hei", root_remote_id="10_1", **theirs)])
            look(batch, together)

        monkeypatch.setattr(Batch, "read_openings", overtaken)
        store(facebook, [make.remote("Trygghetslarmet fungerar inte!", remote_id="10_1")])
        [thread] = Thread.objects.all()
        assert (thread.channel, thread.danger) == (other, theirs["remote_id"] != "10_1")
        assert sorted(thread.messages.values_list("remote_id", flat=True)) == sorted({"10_1", theirs["remote_id"]})
        assert thread.messages.get(remote_id="10_1").sightings.filter(channel=facebook).exists()

    @pytest.mark.django_db
    def test_a_private_message_with_the_same_id_on_two_channels_is_two(self) -> None:
        one = make.channel("facebook", private=True)
        two = make.channel("facebook", private=True, account_id="900")
        assert make.private_thread(one, remote_id="m_1") != make.private_thread(two, remote_id="m_1")
        assert set(Message.objects.values_list("scope", flat=True)) == {one.pk, two.pk}


class TestOurOwn:
    """What we write comes back: before the answer to the call, after it, or without any call of ours."""

    def echo(self, reply: Reply, remote_id: str = "1_9", **fields: object) -> RemoteMessage:
        assert reply.answers
        values = {
            "remote_id": remote_id,
            "root_remote_id": reply.thread.root_remote_id,
            "parent_remote_id": reply.answers.remote_id,
            "author": US,
            "created_at": make.after(61),
        }
        return make.remote(reply.outgoing, **{**values, **fields})

    def test_seen_before_the_answer_it_is_linked_and_the_answer_changes_nothing(
        self, facebook: Channel, anna: Person
    ) -> None:
        reply = make.sending(make.thread(facebook), anna)
        store(facebook, [self.echo(reply)])
        reply.refresh_from_db()
        assert (reply.state, reply.remote_id) == (ReplyState.SENT, "1_9")
        assert not reply.finish_sent(Sent("1_9"))
        assert Message.objects.get(reply=reply).remote_id == "1_9"
        assert Message.objects.filter(is_ours=True).count() == 1

    def test_seen_after_the_answer_it_is_the_same_message(self, facebook: Channel, anna: Person) -> None:
        reply = make.sending(make.thread(facebook), anna)
        assert reply.finish_sent(Sent("1_9", at=make.after()))
        store(facebook, [self.echo(reply)])
        assert Message.objects.get(is_ours=True).reply == reply
        assert Thread.objects.count() == 1

    def test_it_is_never_queued_as_a_customer(self, facebook: Channel, anna: Person) -> None:
        reply = make.sending(make.thread(facebook), anna)
        store(facebook, [self.echo(reply)])
        assert not Message.objects.unsettled().exists()
        thread = Thread.objects.get()
        assert thread.state == ThreadState.WAITING
        assert thread not in Thread.objects.queue(anna)

    def test_a_thread_that_begins_with_us_is_not_in_the_queue(self, facebook: Channel, anna: Person) -> None:
        store(facebook, [make.remote("Vi har öppet i helgen!", author=US)])
        thread = Thread.objects.get()
        assert thread.state == ThreadState.WAITING
        assert thread.look_again_on is not None
        assert not Thread.objects.queue(anna).exists()

    def test_it_settles_what_it_answers_when_it_turns_up_for_an_uncertain_reply(
        self, facebook: Channel, anna: Person
    ) -> None:
        reply = make.uncertain(make.thread(facebook), anna)
        store(facebook, [self.echo(reply)])
        reply.refresh_from_db()
        assert reply.state == ReplyState.SENT
        assert Thread.objects.get().state == ThreadState.WAITING

    def test_a_second_sending_does_not_leave_when_the_first_turns_up(self, facebook: Channel, anna: Person) -> None:
        reply = make.sending(make.thread(facebook), anna)
        reply.not_found(caught_up=True)
        assert reply.state == ReplyState.QUEUED
        store(facebook, [self.echo(reply)])
        reply.refresh_from_db()
        assert reply.state == ReplyState.SENT
        assert reply.start(at=make.after()) is None

    def test_what_a_person_said_is_out_gets_its_id_when_it_is_seen(self, facebook: Channel, anna: Person) -> None:
        reply = make.uncertain(make.thread(facebook), anna)
        assert reply.is_out(by=anna)
        store(facebook, [self.echo(reply)])
        reply.refresh_from_db()
        assert reply.remote_id == "1_9"
        assert Message.objects.get(remote_id="1_9").reply == reply

    def test_another_text_of_ours_is_not_taken_for_the_reply(self, facebook: Channel, anna: Person) -> None:
        reply = make.sending(make.thread(facebook), anna)
        store(facebook, [replace(self.echo(reply), text="Något helt annat.")])
        reply.refresh_from_db()
        assert reply.state == ReplyState.SENDING

    def test_an_old_post_with_the_same_text_is_not_taken_for_the_reply(self, facebook: Channel, anna: Person) -> None:
        reply = make.sending(make.thread(facebook), anna)
        store(facebook, [self.echo(reply, created_at=make.after(-3600))])
        reply.refresh_from_db()
        assert reply.state == ReplyState.SENDING

    def test_written_in_the_networks_own_app_it_settles_what_it_answers(self, facebook: Channel) -> None:
        question = make.message(facebook, "Hvor er fakturaen?")
        answer = make.remote("Den kommer i dag.", author=US, root_remote_id=question.thread.root_remote_id,
                             parent_remote_id=question.remote_id)  # fmt: skip
        store(facebook, [answer])
        question.refresh_from_db()
        assert question.settled == Settled.ELSEWHERE
        assert question.thread.state == ThreadState.WAITING
        assert Message.objects.get(is_ours=True).reply is None

    def test_an_answer_to_one_person_does_not_settle_anothers_question(self, facebook: Channel) -> None:
        question = make.message(facebook, "Hvor er fakturaen?")
        root = question.thread.root_remote_id
        other = make.message(facebook, "Og min?", root_remote_id=root, author=make.remote_author("ole", "Ole"))
        store(facebook, [make.remote("Den kommer i dag.", author=US, root_remote_id=root,
                                     parent_remote_id=question.remote_id)])  # fmt: skip
        other.refresh_from_db()
        assert other.settled == Settled.NO
        assert Thread.objects.get().state == ThreadState.OPEN


class TestHearing:
    def answered(self, channel: Channel, by: Person) -> Thread:
        thread = make.thread(channel)
        make.sending(thread, by).finish_sent(Sent("1_9", at=make.NOON))
        thread.refresh_from_db()
        assert thread.state == ThreadState.WAITING
        return thread

    @pytest.mark.parametrize("word", ["Tack!", "Tusen takk for hjelpen", "👍", "❤️❤️", "ok, thanks"])
    def test_a_bare_thanks_does_not_open_the_thread_again(self, word: str, facebook: Channel, anna: Person) -> None:
        thread = self.answered(facebook, anna)
        said = make.message(facebook, word, root_remote_id=thread.root_remote_id)
        thread.refresh_from_db()
        assert (thread.state, said.settled) == (ThreadState.WAITING, Settled.THANKS)

    @pytest.mark.parametrize("word", ["Takk, men det virker fortsatt ikke", "Tack?! Inget har hänt", "Nei."])
    def test_thanks_with_more_behind_it_does(self, word: str, facebook: Channel, anna: Person) -> None:
        thread = self.answered(facebook, anna)
        make.message(facebook, word, root_remote_id=thread.root_remote_id)
        thread.refresh_from_db()
        assert thread.state == ThreadState.OPEN

    def test_thanks_before_anybody_answered_is_something_to_look_at(self, facebook: Channel) -> None:
        assert make.message(facebook, "Takk!").settled == Settled.NO

    @pytest.mark.parametrize("end", [CloseReason.SOLVED, CloseReason.SILENT])
    def test_a_closed_thread_opens_when_the_customer_writes(
        self, end: CloseReason, facebook: Channel, anna: Person
    ) -> None:
        thread = self.answered(facebook, anna)
        thread.close(end, by=anna)
        make.message(facebook, "Hallo?", root_remote_id=thread.root_remote_id)
        thread.refresh_from_db()
        assert (thread.state, thread.close_reason, thread.look_again_on) == (ThreadState.OPEN, "", None)

    def test_danger_in_a_later_message_moves_the_thread_to_the_front(self, facebook: Channel, anna: Person) -> None:
        first, thread = make.thread(facebook), make.thread(facebook)
        assert list(Thread.objects.queue(anna)) == [first, thread]
        make.message(facebook, "Trygghetslarmet fungerar inte!", root_remote_id=thread.root_remote_id)
        assert list(Thread.objects.queue(anna)) == [thread, first]
        thread.refresh_from_db()
        assert (thread.danger, thread.due_reason) == (True, "danger")

    def test_a_bystander_who_writes_is_heard_too(self, facebook: Channel, anna: Person) -> None:
        thread = self.answered(facebook, anna)
        make.message(facebook, "Hva med meg?", root_remote_id=thread.root_remote_id,
                     author=make.remote_author("ole", "Ole"))  # fmt: skip
        thread.refresh_from_db()
        assert thread.state == ThreadState.OPEN


class TestChanges:
    def test_an_edit_is_kept_and_noticed(self, facebook: Channel) -> None:
        told = make.remote("Hvor er fakturaen?")
        store(facebook, [told])
        store(facebook, [replace(told, text="Hvor er pakken?")])
        message = Message.objects.get()
        assert message.text == "Hvor er pakken?"
        assert message.edited_at is not None

    def test_hiding_is_not_an_edit(self, facebook: Channel) -> None:
        told = make.remote("Hvor er fakturaen?")
        store(facebook, [told])
        store(facebook, [replace(told, hidden=True)])
        message = Message.objects.get()
        assert (message.hidden, message.edited_at) == (True, None)

    def test_what_is_gone_asks_for_no_answer(self, facebook: Channel) -> None:
        message = make.message(facebook)
        assert remove(facebook, message.remote_id)
        assert not remove(facebook, message.remote_id), "said twice"
        assert not remove(facebook, "never seen")
        message.refresh_from_db()
        assert message.settled == Settled.REMOVED
        assert message.thread.state == ThreadState.WAITING

    def test_an_author_who_changes_their_name_has_the_new_one(self, facebook: Channel) -> None:
        make.message(facebook, author=make.remote_author("kari", "Kari"))
        make.message(facebook, author=make.remote_author("kari", "Kari Nordmann"))
        assert Author.objects.get().name == "Kari Nordmann"


HOSTILE = ["\x00", "a\x00b", "\ud800", "x\udfffy", "\\u0000", "\\ud800", "é\u0301\u202e", "😀" * 5000, "\\\\u0000\x00"]


class TestPoison:
    @pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:24])
    def test_what_the_database_cannot_keep_is_kept_without_it(self, text: str, facebook: Channel) -> None:
        poison = make.remote(
            text,
            author=make.remote_author("kari", text),
            permalink=f"https://example.test/{text}",
            attachments=(Attachment("photo", text, text),),
            raw={"text": text, text: [text, {"deep": text}], "number": float("nan")},
        )
        fine = make.remote("Hei")
        assert commit(facebook, poison, fine, malformed=(Malformed({"raw": text}, text),)) == 2
        assert commit(facebook, poison, fine, malformed=(Malformed({"raw": text}, text),)) is not None
        stored = Message.objects.get(remote_id=poison.remote_id)
        kept = text.replace("\x00", "")
        assert stored.text == "".join("?" if 0xD800 <= ord(each) < 0xE000 else each for each in kept)
        assert stored.edited_at is None, "the same text is not an edit"
        assert Quarantined.objects.count() == 1

    def test_words_that_only_look_like_an_escape_stay_as_they_are(self, facebook: Channel) -> None:
        assert make.message(facebook, r"C:\u0000 och \ud800").text == r"C:\u0000 och \ud800"

    @pytest.mark.parametrize("reach", [-5, 2**31, 10**30])
    def test_a_number_of_readers_that_cannot_be_stops_nothing(self, reach: int, facebook: Channel) -> None:
        author = replace(make.remote_author("kari", "Kari"), reach=reach)
        assert make.message(facebook, author=author).author.reach in (0, 2**31 - 1)  # type: ignore[union-attr]

    def test_a_language_we_do_not_know_stops_nothing(self, facebook: Channel) -> None:
        assert make.thread(facebook, language="zh-Hant-TW").language == "zh-Ha"

    @pytest.mark.parametrize("raw", [{"id": 1, "message": ["not", "a", "text"]}, [], "", 0, None])
    def test_what_cannot_be_read_is_kept_once_and_the_rest_goes_on(self, raw: object, facebook: Channel) -> None:
        bad = Malformed(raw, "it is no message")
        for _again in range(3):
            commit(facebook, make.remote("Hei", remote_id="10_1"), malformed=(bad, bad))
        assert Quarantined.objects.get().raw == raw
        assert Message.objects.count() == 1
