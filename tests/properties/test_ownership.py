"""Nobody ever sees words that are not theirs by the contract's table, whatever people, devices and operators do.

A machine of random steps goes through the real use cases; beside it runs a model that knows the table alone.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from properties.histories import PEOPLE, at, call, empty_store, save, say, texts, verify
from sqlalchemy import Engine

from omilink import accounts, sessions
from omilink.adapters.sql_store import SqlTransaction
from omilink.errors import NotFound, OmilinkError
from omilink.linking import Act
from omilink.model import SHARED, Method, User, session_key

A = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"

# Few of each, so that they meet.
somebody = st.sampled_from(PEOPLE)
some_session = st.sampled_from([A, "kitchen"])
some_uid = st.sampled_from([A, "wristband"])


@dataclass
class Device:
    """What the table knows of a session, and the words that nobody owns yet."""

    owner: str | None = None
    method: Method | None = None
    touched: float = 0.0
    shown: set[str] = field(default_factory=set)
    ownerless: set[str] = field(default_factory=set)


class Table:
    """The contract's table "who owns a session", as it is written."""

    def __init__(self) -> None:
        self.devices: dict[str, Device] = {}
        self.verified: dict[str, str] = {}
        self.words: dict[str, set[str]] = {name: set() for name in PEOPLE}

    def device(self, session: str, origin: str = SHARED) -> Device:
        return self.devices.setdefault(session_key(origin, session), Device())

    def hears(self, session: str, uid: str | None, text: str, origin: str, clock: float) -> bool:
        """Whether the delivery is saved and not put aside."""
        device, proven = self.device(session, origin), self.verified.get(uid or "")
        device.touched = clock
        if uid:
            device.shown.add(uid)
        if origin != SHARED:
            if proven not in (None, origin):
                return False
            self._link(device, origin, Method.PERSONAL)
        elif proven and (device.owner is None or device.method is Method.MANUAL):
            self._link(device, proven, Method.UID)
        elif proven and device.owner != proven:
            return False
        elif device.method is Method.MANUAL and (uid == session or self._is_anothers_uid(session, device)):
            device.owner = device.method = None
        (self.words[device.owner] if device.owner else device.ownerless).add(text)
        return True

    def claims(self, user: str, session: str, clock: float) -> str | None:
        """The error's code."""
        device = self.device(session)
        if device.owner == user:
            return None
        if self._is_taken(device, user):
            return "session_not_available"
        if self.verified.get(session) == user:
            self._link(device, user, Method.UID)
        elif session in device.shown or session in self.verified:
            return "proof_required"
        else:
            self._link(device, user, Method.MANUAL)
        device.touched = clock
        return None

    def issues(self, user: str, session: str) -> str | None:
        device = self.device(session)
        if self._is_taken(device, user):
            return "session_not_available"
        self._link(device, user, Method.ISSUED)
        return None

    def unlinks(self, user: str, session: str) -> str | None:
        device = next((d for d in (self.device(session), self.device(session, user)) if d.owner == user), None)
        if device is None:
            return "not_found"
        device.owner = device.method = None
        return None

    def expires(self, since: float) -> set[str]:
        """Who lost a session."""
        silent = [d for d in self.devices.values() if d.method in (Method.MANUAL, Method.UID) and d.touched < since]
        lost = {device.owner for device in silent if device.owner}
        for device in silent:
            device.owner = device.method = None
        return lost

    def _is_anothers_uid(self, session: str, device: Device) -> bool:
        return self.verified.get(session, device.owner) != device.owner

    def _is_taken(self, device: Device, user: str) -> bool:
        shows_anothers = any(self.verified.get(uid, user) != user for uid in device.shown)
        return device.owner not in (None, user) or shows_anothers

    def _link(self, device: Device, user: str, method: Method) -> None:
        device.owner, device.method = user, method
        self.words[user] |= device.ownerless
        device.ownerless = set()


class Histories(RuleBasedStateMachine):
    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._open = ExitStack()
        self.tx = self._open.enter_context(empty_store(engine))
        self.table = Table()
        self.clock = 0.0
        self._words = (f"word {number}" for number in itertools.count(1))

    def teardown(self) -> None:
        self._open.close()

    @rule(
        session=some_session,
        uid=st.none() | some_uid,
        origin=st.sampled_from([*[SHARED] * 7, "ada", "ben"]),
        pause=st.sampled_from([1, 1, 1, 200]),
    )
    def a_webhook_comes(self, session: str, uid: str | None, origin: str, pause: float) -> None:
        self.clock += pause
        text = next(self._words)
        saved = save(self.tx, call(self.clock, say(text, self.clock), session=session, uid=uid, origin=origin))
        assert bool(saved.quarantined) != self.table.hears(session, uid, text, origin, self.clock)

    @rule(session=some_session, user=somebody)
    def somebody_links(self, session: str, user: str) -> None:
        expected = self.table.claims(user, session, self.clock)
        assert self._refusal(lambda: sessions.link(self.tx, session, user, at(self.clock))) == expected

    @rule(session=some_session, user=somebody)
    def an_operator_issues(self, session: str, user: str) -> None:
        expected = self.table.issues(user, session)
        assert self._refusal(lambda: sessions.link(self.tx, session, user, at(self.clock), act=Act.ISSUE)) == expected

    @rule(session=some_session, user=somebody)
    def somebody_unlinks(self, session: str, user: str) -> None:
        expected = self.table.unlinks(user, session)
        assert self._refusal(lambda: sessions.unlink(self.tx, session, user, at(self.clock))) == expected

    @rule(ttl=st.sampled_from([2, 100]))
    def links_expire(self, ttl: float) -> None:
        expected = self.table.expires(self.clock - ttl)
        assert sessions.expire(self.tx, at(self.clock - ttl), at(self.clock), 100) == expected

    @rule(uid=some_uid, user=somebody)
    def an_operator_verifies(self, uid: str, user: str) -> None:
        expected = None if self.table.verified.setdefault(uid, user) == user else "invalid"
        email = f"{user}@example.org"
        assert self._refusal(lambda: accounts.verify_uid(self.tx, email, uid, at(self.clock))) == expected

    @rule(uid=some_uid)
    def an_operator_takes_that_back(self, uid: str) -> None:
        assert self.tx.remove_omi_link(uid) == (self.table.verified.pop(uid, None) is not None)

    @invariant()
    def every_session_has_the_owner_of_the_table(self) -> None:
        stored = self.tx.sessions(self.table.devices)
        for key, device in self.table.devices.items():
            found = (stored[key].user_id, stored[key].method) if key in stored else (None, None)
            assert found == (device.owner, device.method), key

    @invariant()
    def everybody_sees_their_words_and_no_others(self) -> None:
        for name, theirs in self.table.words.items():
            talks = self.tx.conversations_of(name, 1000)
            assert {m.text for talk in talks for m in self.tx.messages(talk.id, 1000)} == theirs

    @invariant()
    def streams_were_told_of_the_same_words(self) -> None:
        for name, theirs in self.table.words.items():
            events = [json.loads(event.data) for event in self.tx.events_after(name, 0, 10_000)]
            assert {m["text"] for event in events for m in event.get("messages", ())} == theirs

    def _refusal(self, act: Callable[[], object]) -> str | None:
        try:
            act()
        except OmilinkError as error:
            return error.code
        return None


def test_whatever_happens_everybody_sees_their_own_words_and_no_others(engine: Engine) -> None:
    run_state_machine_as_test(
        partial(Histories, engine), settings=settings(max_examples=100, stateful_step_count=20, deadline=None)
    )


# Stories of the table, as people meet them


@pytest.fixture
def tx(engine: Engine) -> Iterator[SqlTransaction]:
    with empty_store(engine) as tx:
        yield tx


def told(tx: SqlTransaction, name: str) -> list[tuple[str, str | None]]:
    """What the user's streams were told about sessions, with the reason."""
    events = [json.loads(event.data) for event in tx.events_after(name, 0, 1000)]
    return [(e["type"], e.get("reason")) for e in events if e["type"].startswith("session_")]


def link(tx: SqlTransaction, session: str, user: str, *, manual_linking: bool = True) -> str:
    """The method, or the code of the refusal."""
    try:
        return str(sessions.link(tx, session, user, at(0), manual_linking=manual_linking).method)
    except OmilinkError as refused:
        return refused.code


def test_who_claims_a_uid_before_its_wearable_speaks_gets_no_word(tx: SqlTransaction) -> None:
    assert link(tx, A, "ben") == "manual"
    save(tx, call(1, say("a wearables words", 0), session=A, uid=A))
    assert (texts(tx, "ben", A), texts(tx, None, A)) == ([], [["a wearables words"]])
    assert told(tx, "ben") == [("session_linked", None), ("session_unlinked", "proof_required")]
    assert link(tx, A, "ben") == "proof_required"
    ((suspended, _),) = sessions.mine(tx, "ben")
    assert sessions.health(suspended, 0, at(2), {}).status == "suspended"
    shown = sessions.shown(suspended, 0, at(2), {})
    assert (shown["linked"], shown["lastSeenAt"]) == (False, None)


def test_its_owner_gets_them_all_once_the_uid_is_verified(tx: SqlTransaction) -> None:
    link(tx, A, "ben")
    save(tx, call(1, say("one", 0), session=A, uid=A))
    verify(tx, A, "ada", at(2))
    save(tx, call(3, say("two", 2), session=A, uid=A))
    assert (texts(tx, "ada", A), texts(tx, "ben", A)) == ([["one", "two"]], [])
    assert told(tx, "ada") == [("session_linked", None)]
    assert sessions.mine(tx, "ben") == []


def test_proof_takes_a_claimed_session_over_and_leaves_what_was_saved(tx: SqlTransaction) -> None:
    link(tx, "kitchen", "ben")
    save(tx, call(1, say("bens", 0)))
    verify(tx, "wristband", "ada", at(2))
    save(tx, call(3, say("adas", 2), uid="wristband"))
    assert (texts(tx, "ada"), texts(tx, "ben")) == ([["adas"]], [["bens"]])
    assert told(tx, "ben")[-1] == ("session_unlinked", "linked_with_proof")
    assert tx.last_rule("shared/kitchen") == "proof-beats-claim"


@pytest.mark.parametrize("act", [Act.ISSUE, Act.CLAIM])
def test_another_users_proof_is_put_aside_where_an_owner_has_proof(tx: SqlTransaction, act: Act) -> None:
    verify(tx, "kitchen", "ben", at(0))
    verify(tx, "wristband", "ada", at(0))
    sessions.link(tx, "kitchen", "ben", at(0), act=act)
    aside = call(1, say("whose", 0), uid="wristband")
    saved = save(tx, aside)
    assert saved.quarantined == {aside.seq: "hands-change-only-by-unlinking"}
    assert (texts(tx, "ada"), texts(tx, "ben"), texts(tx, None)) == ([], [], [])
    assert tx.last_rule("shared/kitchen") == "hands-change-only-by-unlinking"
    sessions.unlink(tx, "kitchen", "ben", at(2))
    save(tx, call(3, say("adas", 2), uid="wristband"))
    assert texts(tx, "ada") == [["adas"]]


def test_of_a_hundred_who_claim_a_session_one_gets_it_and_the_others_the_same_answer(tx: SqlTransaction) -> None:
    def claim(name: str) -> str:
        try:
            return str(sessions.link(tx, "kitchen", name, at(0)).user_id)
        except OmilinkError as refused:
            return f"{refused.code}: {refused.message}"

    people = [f"user {number}" for number in range(100)]
    for name in people:
        tx.add_user(User(id=name, email=f"{name}@example.org", display_name=None, created_at=0), "-")
    winner, *others = (claim(name) for name in people)
    assert winner == people[0]
    assert len(set(others)) == 1
    assert others[0].startswith("session_not_available: ") and people[0] not in others[0]


def test_linking_early_waits_for_the_device(tx: SqlTransaction) -> None:
    assert link(tx, "kitchen", "ada") == "manual"
    ((linked, saved),) = sessions.mine(tx, "ada")
    assert sessions.health(linked, saved, at(0), {}).status == "waiting"
    save(tx, call(1, say("hello", 0)))
    linked, saved = sessions.one(tx, "kitchen", "ada")
    assert (saved, sessions.health(linked, saved, at(2), {}).status) == (1, "ok")
    assert sessions.health(linked, saved, at(2) + sessions.QUIET, {}).status == "quiet"
    assert sessions.health(linked, saved, at(2), {"dead": 1}).status == "failing"


def test_an_unverified_uid_is_not_linked_by_linking_a_session_that_showed_it(tx: SqlTransaction) -> None:
    save(tx, call(1, say("kitchens", 0), uid="wristband"))
    assert link(tx, "kitchen", "ada") == "manual"
    save(tx, call(2, say("gardens", 0), session="garden", uid="wristband"))
    assert (texts(tx, "ada"), texts(tx, "ada", "garden")) == ([["kitchens"]], [])


def test_a_server_that_does_not_link_by_id_alone_says_so(tx: SqlTransaction) -> None:
    assert link(tx, "kitchen", "ada", manual_linking=False) == "proof_required"
    verify(tx, "kitchen", "ada", at(0))
    assert link(tx, "kitchen", "ada", manual_linking=False) == "uid"


def test_a_session_of_somebody_else_is_as_unknown_as_one_that_is_not_there(tx: SqlTransaction) -> None:
    link(tx, "kitchen", "ada")
    answers = set()
    for name in "kitchen", "nowhere":
        for ask in sessions.one, lambda tx, name, user: sessions.unlink(tx, name, user, at(0)):
            with pytest.raises(NotFound) as unknown:
                ask(tx, name, "ben")
            answers.add((ask is sessions.one, unknown.value.message))
    assert len(answers) == 2
