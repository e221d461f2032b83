"""A stream tells enough: a snapshot and what came later is the same as a fresh snapshot, however often it was cut."""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties.histories import at, call, empty_store, moment, save, say, talks, verify
from sqlalchemy import Engine

from omilink.conversations import history
from omilink.database.store import Transaction
from omilink.errors import OmilinkError
from omilink.linking import sessions
from omilink.live import event_log
from omilink.live.event_log import Frame
from omilink.models.json import to_json

Json = dict[str, Any]


class Screen:
    """What a client shows, kept up to date by events alone."""

    def __init__(self) -> None:
        self.talks: dict[str, Json] = {}
        self.words: dict[str, Json] = {}

    def show(self, frames: list[Frame]) -> "Screen":
        for frame in frames:
            self._take(json.loads(frame.data))
        return self

    def look_up(self, tx: Transaction, user: str) -> "Screen":
        """What a page does when it opens, and when a conversation comes to the top whose words it lacks."""
        self.talks |= {c.id: to_json(c) for c in tx.conversations_of(user, 1000)}
        talk = self.top()
        if talk and len(self.words_of(talk)) < min(talk["messageCount"], history.SNAPSHOT):
            self._merge(to_json(m) for m in tx.messages(talk["id"], history.SNAPSHOT))
        return self

    def top(self) -> Json | None:
        return max(self.talks.values(), key=lambda c: (c["order"], c["lastMessageAt"], c["id"]), default=None)

    def words_of(self, talk: Json) -> list[Json]:
        words = [m for m in self.words.values() if m["conversationId"] == talk["id"]]
        return sorted(words, key=lambda m: (m["position"], m["seq"]))[-history.SNAPSHOT :]

    def current(self) -> tuple[Json | None, list[Json]]:
        talk = self.top()
        return talk, self.words_of(talk) if talk else []

    def _take(self, event: Json) -> None:
        match event["type"]:
            case "update":
                self.talks, self.words = {}, {}
                self._hear(event)
            case "messages_deleted":
                for id in event["messageIds"]:
                    self.words.pop(id, None)
            case "conversation_deleted":
                self.talks.pop(event["conversationId"], None)
                self.words = {k: m for k, m in self.words.items() if m["conversationId"] != event["conversationId"]}
            case "conversation_changed" | "new_messages" | "messages_updated":
                self._hear(event)

    def _hear(self, event: Json) -> None:
        if event["conversation"]:
            self.talks[event["conversation"]["id"]] = event["conversation"]
        self._merge(event.get("messages", ()))

    def _merge(self, words: Any) -> None:
        for message in words:
            known = self.words.get(message["id"])
            if known is None or known["rev"] < message["rev"]:
                self.words[message["id"]] = message


def fresh(tx: Transaction, user: str) -> tuple[Json | None, list[Json]]:
    answer = to_json(event_log.current(tx, user))
    return answer["conversation"], answer["messages"]


def read_on(tx: Transaction, user: str, cursor: str | None) -> tuple[list[Frame], str]:
    """Everything after the cursor, page by page, and the cursor behind it."""
    frames, cursor, more = event_log.poll(tx, user, cursor)
    while more:
        page, cursor, more = event_log.poll(tx, user, cursor)
        frames += page
    return frames, cursor


# Random histories

Step = Callable[[Transaction, float], None]


def words_come(session: str, texts: list[str], start: float | None, id: str | None) -> Step:
    def step(tx: Transaction, clock: float) -> None:
        said = [say(text, None if start is None else start + 2 * n, id=id) for n, text in enumerate(texts)]
        save(tx, call(clock, *said, session=session, uid="uid of ben" if session == "bens" else None))

    return step


def linked(session: str, user: str) -> Step:
    return lambda tx, clock: _try(lambda: sessions.link(tx, session, user, moment(clock)))


def unlinked(session: str, user: str) -> Step:
    return lambda tx, clock: _try(lambda: sessions.unlink(tx, session, user, moment(clock)))


def deleted(session: str, user: str, which: int) -> Step:
    def step(tx: Transaction, clock: float) -> None:
        for talk in talks(tx, user, session)[which:][:1]:
            history.delete(tx, talk.id, user, at(clock))

    return step


def _try(act: Callable[[], object]) -> None:
    with contextlib.suppress(OmilinkError):
        act()


some_session = st.sampled_from(["kitchen", "garden", "bens"])
somebody = st.sampled_from(["ada", "ben"])
words = st.builds(
    words_come,
    some_session,
    st.lists(st.sampled_from(["yes", "no", "tea", "tea please"]), min_size=1, max_size=3),
    st.none() | st.sampled_from([0.0, 2.0, 9.0, 30.0, 33.0, 60.0]),
    st.none() | st.sampled_from(["a", "b", "c"]),
)
steps = (
    words
    | words
    | words
    | st.builds(linked, some_session, somebody)
    | st.builds(unlinked, some_session, somebody)
    | st.builds(deleted, some_session, somebody, st.sampled_from([0, -1]))
)
histories = st.lists(st.tuples(st.sampled_from([1, 3, 30, 200]), steps), max_size=14)


def play(tx: Transaction, history: list[tuple[float, Step]]) -> Iterator[None]:
    """Yields before the first step and after each."""
    verify(tx, "uid of ben", "ben", at(0))
    for session, user in ("kitchen", "ada"), ("attic", "ben"):
        sessions.link(tx, session, user, moment(0))
    clock = 0.0
    yield
    for pause, step in history:
        clock += pause
        step(tx, clock)
        yield


@given(histories, st.integers(0, 14), somebody)
def test_a_snapshot_and_later_events_are_as_good_as_a_fresh_snapshot(
    engine: Engine, history: list[tuple[float, Step]], joined: int, user: str
) -> None:
    """One client joins in the middle and reads at the end; one has been there from the start and reads every step."""
    late, always = Screen(), Screen()
    joined = min(joined, len(history))
    with empty_store(engine) as tx, mock.patch.object(event_log, "PAGE", 3):
        cursor = None
        for number, _ in enumerate(play(tx, history)):
            frames, cursor = read_on(tx, user, cursor)
            always.show(frames)
            if number == joined:
                snapshot, joined_at = read_on(tx, user, None)
                late.show(snapshot).look_up(tx, user)
        late.show(read_on(tx, user, joined_at)[0]).look_up(tx, user)
        assert late.current() == fresh(tx, user)
        assert always.current() == fresh(tx, user), "and nothing had to be looked up"


@given(histories, somebody)
def test_cut_at_every_event_and_resumed_nothing_is_lost_nothing_comes_twice(
    engine: Engine, history: list[tuple[float, Step]], user: str
) -> None:
    with empty_store(engine) as tx:
        began = None
        for _ in play(tx, history):
            began = began or event_log.current(tx, user).cursor
        frames, end = read_on(tx, user, began)
        for number, frame in enumerate(frames):
            assert read_on(tx, user, frame.id) == (frames[number + 1 :], end)
        with mock.patch.object(event_log, "PAGE", 1):
            assert read_on(tx, user, began) == (frames, end)


# How a stream begins


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    """Ada has a kitchen in which three words were said, one call each."""
    with empty_store(engine) as tx:
        sessions.link(tx, "kitchen", "ada", moment(0))
        for second, word in enumerate(["one", "two", "three"]):
            save(tx, call(second, say(word, second)))
        yield tx


def types(frames: list[Frame]) -> list[str]:
    return [json.loads(frame.data)["type"] for frame in frames]


def test_without_a_cursor_it_begins_with_a_snapshot(tx: Transaction) -> None:
    opening = event_log.begin(tx, "ada", None)
    assert (opening.resumed, types(opening.frames)) == (False, ["update"])
    update = json.loads(opening.frames[0].data)
    assert [m["text"] for m in update["messages"]] == ["one", "two", "three"]
    assert update["cursor"] == opening.frames[0].id == event_log.current(tx, "ada").cursor
    assert (update["ok"], update["sessionId"]) == (True, "kitchen")


def test_the_cursor_of_a_snapshot_goes_on_without_a_gap(tx: Transaction) -> None:
    cursor = event_log.current(tx, "ada").cursor
    save(tx, call(3, say("four", 3)))
    frames, after, more = event_log.poll(tx, "ada", cursor)
    assert (types(frames), after, more) == (["new_messages"], frames[-1].id, False)
    assert [m["text"] for m in json.loads(frames[0].data)["messages"]] == ["four"]
    assert event_log.begin(tx, "ada", cursor).resumed


def test_the_cursor_of_a_first_connect_leads_to_a_fresh_snapshot(tx: Transaction) -> None:
    """Whoever is cut off between `connected` and `update` has seen nothing yet."""
    connected = event_log.begin(tx, "ada", None).cursor
    again = event_log.begin(tx, "ada", connected)
    assert (again.resumed, types(again.frames)) == (False, ["update"])


def test_a_user_without_anything_gets_an_empty_snapshot_and_then_the_first_words(tx: Transaction) -> None:
    frames, cursor, _ = event_log.poll(tx, "ben", None)
    update = json.loads(frames[0].data)
    assert (update["conversation"], update["messages"], update["sessionId"]) == (None, [], None)
    verify(tx, "uid of ben", "ben", at(0))
    save(tx, call(5, say("hello", 0), session="bens", uid="uid of ben"))
    screen = Screen().show(read_on(tx, "ben", cursor)[0])
    assert [m["text"] for m in screen.current()[1]] == ["hello"]


def odd_cursors(cursor: str) -> dict[str, str]:
    name, _, seq = cursor.partition(".")
    return {
        "unknown": "AAAAAAAAAAAA.1",
        "future": f"{name}.{int(seq) + 1}",
        "far future": f"{name}.{'9' * 15}",
        "negative": f"{name}.-1",
        "signed": f"{name}.+1",
        "fraction": f"{name}.1.5",
        "no number": name,
        "empty number": f"{name}.",
        "space": f"{name}. 1",
        "line feed": f"{name}.1\n",
        "ten kilobytes": f"{name}.{'1' * 10_000}",
        "ten kilobytes of name": f"{'A' * 10_000}.1",
        "NUL": f"{name}.1\x00",
        "only NUL": "\x00",
        "unicode digits": f"{name}.١",
        "full-width digits": f"{name}.１",
        "superscript": f"{name}.²",
        "lone surrogate": "\ud800",
        "other case": f"{name.swapcase()}.1",
        "just a number": "1",
    }


@pytest.mark.parametrize("what", odd_cursors("A.1"))
def test_a_cursor_that_cannot_be_honoured_is_told_and_a_snapshot_follows(tx: Transaction, what: str) -> None:
    opening = event_log.begin(tx, "ada", odd_cursors(event_log.current(tx, "ada").cursor)[what])
    assert (opening.resumed, types(opening.frames)) == (False, ["reset", "update"])
    assert json.loads(opening.frames[0].data) == {"type": "reset", "reason": "cursor_unknown"}
    assert Screen().show(opening.frames).current() == fresh(tx, "ada")


def test_another_users_cursor_is_as_good_as_any_unknown_one(tx: Transaction) -> None:
    adas = event_log.current(tx, "ada").cursor
    opening = event_log.begin(tx, "ben", adas)
    assert opening == event_log.begin(tx, "ben", "AAAAAAAAAAAA.1")
    assert types(opening.frames) == ["reset", "update"]
    assert not any('"one"' in frame.data for frame in opening.frames)


def test_a_cursor_of_another_history_is_not_honoured(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that was restored or replaced."""
    before = event_log.current(tx, "ada").cursor
    monkeypatch.setattr(tx, "epoch", lambda: "another history")
    assert types(event_log.begin(tx, "ada", before).frames) == ["reset", "update"]


def test_a_cursor_that_is_too_old_says_so(tx: Transaction) -> None:
    before = event_log.current(tx, "ada").cursor
    save(tx, call(3, say("four", 3)))
    now = event_log.current(tx, "ada").cursor
    tx.prune(now=0, deliveries_before=0, unlinked_before=0, events_before=10**15, most=100)
    opening = event_log.begin(tx, "ada", before)
    assert json.loads(opening.frames[0].data) == {"type": "reset", "reason": "cursor_too_old"}
    assert types(opening.frames) == ["reset", "update"]
    assert event_log.begin(tx, "ada", now).resumed, "the newest cursor has missed nothing"


def test_a_cursor_tells_neither_the_user_nor_the_history(tx: Transaction) -> None:
    adas, bens = (event_log.current(tx, user).cursor.partition(".")[0] for user in ("ada-lovelace", "ben"))
    assert "ada-lovelace" not in adas and tx.epoch() not in adas
    assert adas != bens


def test_the_ids_of_reset_and_update_are_safe_to_resume_from(tx: Transaction) -> None:
    reset, update = event_log.begin(tx, "ada", "AAAAAAAAAAAA.1").frames
    save(tx, call(3, say("four", 3)))
    for cut_after, screen in (reset, Screen()), (update, Screen().show([update])):
        screen.show(read_on(tx, "ada", cut_after.id)[0])
        assert screen.current() == fresh(tx, "ada")


# What a stream tells


def test_late_linking_brings_everything_that_was_said(tx: Transaction) -> None:
    """More than fits into one event, in two conversations."""
    for second in range(60):
        save(tx, call(second, say(f"word {second}", 2 * second), say(f"and {second}", 2 * second + 1), session="attic"))
    save(tx, call(999, say("the newest", 0), session="attic"))
    screen = Screen().show(event_log.poll(tx, "ada", None)[0])
    cursor = event_log.current(tx, "ada").cursor
    sessions.link(tx, "attic", "ada", moment(1000))
    linked, *words = read_on(tx, "ada", cursor)[0]
    assert json.loads(linked.data)["type"] == "session_linked"
    assert json.loads(linked.data)["session"]["hasConversations"]
    assert set(types(words)) == {"conversation_changed", "new_messages"}
    assert max(len(json.loads(f.data).get("messages", ())) for f in words) <= history.SNAPSHOT
    screen.show(words)
    assert screen.current() == fresh(tx, "ada")
    assert len(screen.words) == 3 + 121


def test_a_snapshot_holds_the_newest_fifty_in_spoken_order(tx: Transaction) -> None:
    save(tx, call(300, *(say(f"word {n}", 600 + n / 2, 600.5 + n / 2) for n in reversed(range(70)))))
    texts = [message.text for message in event_log.current(tx, "ada").messages]
    assert texts == [f"word {n}" for n in range(20, 70)]


def test_deleted_words_are_in_no_event_and_the_stream_says_what_is_gone(tx: Transaction) -> None:
    (talk,) = talks(tx, "ada")
    began = event_log.begin(tx, "ada", None)
    history.delete(tx, talk.id, "ada", at(9))
    frames, _ = read_on(tx, "ada", began.frames[0].id)
    assert [json.loads(f.data) for f in frames] == [{"type": "conversation_deleted", "conversationId": talk.id}]
    assert not any('"one"' in event.data for event in tx.events_after("ada", 0, 1000))
    assert fresh(tx, "ada") == (None, [])


def test_the_session_of_the_current_conversation_is_named(tx: Transaction) -> None:
    sessions.link(tx, "garden", "ada", moment(9))
    assert event_log.current(tx, "ada").session_id == "kitchen"
    save(tx, call(10, say("hello", 0), session="garden"))
    assert event_log.current(tx, "ada").session_id == "garden"
