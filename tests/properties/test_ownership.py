"""Nobody ever sees words that are not theirs by the contract's table, whatever people, devices and operators do.

A machine of random steps goes through the real use cases; beside it runs a model that knows the table alone.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unittest import mock

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from properties.histories import (
    GAP,
    PEOPLE,
    at,
    call,
    conversation_of,
    empty_store,
    moment,
    save,
    say,
    texts,
    turn,
    verify,
)
from sqlalchemy import Engine

from omilink.accounts import rate_limits
from omilink.accounts.rate_limits import Limit
from omilink.database.store import Transaction
from omilink.errors import NotAvailable, NotFound, OmilinkError
from omilink.linking import health, omi_accounts, sessions
from omilink.linking.omi_accounts import Started
from omilink.models.audit import OPERATOR, By
from omilink.models.delivery import Delivery
from omilink.models.ids import SHARED, session_key
from omilink.models.order import Moment
from omilink.models.session import Device, Method
from omilink.models.user import User

A = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"
DAY = 24 * 3600.0
MOMENT = 0.001
LONG_AGO = -1e9
JUMPS = (-2 * DAY, -6 * 3600, -600, -60, -1, 1, 60, 600, 6 * 3600, 2 * DAY)

# Few of each, so that they meet.
somebody = st.sampled_from(PEOPLE)
some_session = st.sampled_from([A, "kitchen"])
some_uid = st.sampled_from([A, "wristband"])
some_origin = st.sampled_from([*[SHARED] * 7, "ada", "ben"])


@dataclass
class Row:
    """What the table knows of a session: who has it since when, and who had it before, from when and until when."""

    owner: str | None = None
    method: Method | None = None
    seen: float = LONG_AGO
    stirred: float = LONG_AGO
    is_known: bool = False
    since: float = LONG_AGO
    had: str | None = None
    had_since: float = LONG_AGO
    left: float = LONG_AGO
    shown: set[str] = field(default_factory=set)
    last: str | None = None
    in_use: bool | None = None
    suspended: str | None = None


@dataclass
class Talk:
    """Words without a long silence, and whose they are. `brought` is when they came along with a uid."""

    row: Row
    owner: str | None
    began: float
    heard: float
    id: str | None = None
    words: set[str] = field(default_factory=set)
    brought: float | None = None


@dataclass
class Verified:
    """Whose an OMI account is since when, whether earlier talk comes along, and whether being issued proves it."""

    user: str
    since: float
    brings: bool
    by_issue: bool


@dataclass
class Asked:
    """What a user is to say or to type."""

    started: Started
    expires: float
    brings: bool
    used: bool = False


class Clock:
    """The server's clock, which jumps, beside the time that passes."""

    def __init__(self) -> None:
        self.now = 0.0
        self._jumps = [(2 * LONG_AGO, 0.0)]

    @property
    def is_steady(self) -> bool:
        return len(self._jumps) == 1

    def jump(self, seconds: float) -> None:
        self.now += MOMENT
        self._jumps.append((self.now, self._jumps[-1][1] + seconds))

    def wall(self, time: float) -> float:
        """What it said at that time."""
        return time + next(ahead for since, ahead in reversed(self._jumps) if since <= time)


class Table:
    """The contract's table "who owns a session", as it is written, and what docs/reference/linking.md adds to it."""

    def __init__(self, clock: "Clock", conversation_of: Callable[[str], str | None]) -> None:
        """Who owns what rests on what came first. Only how long something lasted is taken from the server's clock,
        and which words go on in which conversation, once that clock has jumped, from the store."""
        self.wall, self.clock, self.conversation_of = clock.wall, clock, conversation_of
        self.rows: dict[str, Row] = {}
        self.talks: list[Talk] = []
        self.verified: dict[str, Verified] = {}
        self.asked: dict[tuple[str, str], Asked] = {}

    def words(self, user: str) -> set[str]:
        return {word for talk in self.talks if talk.owner == user for word in talk.words}

    def row(self, session: str, origin: str = SHARED) -> Row:
        return self.rows.setdefault(session_key(origin, session), Row())

    def verified_for(self, uid: str | None) -> str | None:
        return self.verified[uid].user if uid in self.verified else None

    # what devices do

    def hears(self, session: str, uid: str | None, text: str | None, origin: str, clock: float) -> bool:
        """Whether the delivery, accepted then, is saved and not put aside."""
        row, proven = self.row(session, origin), self.verified_for(uid)
        row.last = uid if uid and clock >= row.seen else row.last
        row.seen, row.stirred, row.is_known = max(clock, row.seen), self.clock.now, True
        row.shown |= {uid} if uid and origin == SHARED else set()
        if self._is_put_aside(row, uid, origin, clock):
            return False
        if clock <= row.left:
            self._add(row, row.had, text, clock)
            return True
        if origin != SHARED:
            self._link(row, origin, Method.PERSONAL, clock)
        elif proven and (row.owner is None or row.method is Method.MANUAL):
            self._link(row, proven, Method.UID, clock, brings=self.verified[uid or ""].brings)
        elif row.method is Method.MANUAL and (uid == session or self._is_anothers_uid(session, row)):
            row.suspended = row.owner
            self._unlink(row, clock - MOMENT)
        self._add(row, row.owner, text, clock)
        return True

    def hears_sentence(
        self, user: str, asked_for: str, session: str, uid: str | None, origin: str, *, proven: bool, clock: float
    ) -> bool:
        """As `hears`; known, it is no part of the talk."""
        asked = self.asked[user, asked_for]
        row, known = self.row(session, origin), uid == asked_for and origin in (SHARED, user)
        known = known and clock < asked.expires
        row.is_known = row.is_known or known
        counts = proven and clock > row.left and not self._is_put_aside(row, uid, origin, clock)
        if known:
            row.shown |= {asked_for} if origin == SHARED else set()
            row.last = asked_for if counts else row.last
        if known and counts and not asked.used:
            asked.used = True
            self.proves(user, asked_for, clock, brings=asked.brings)
        return self.hears(session, uid, None if known else asked.started.say, origin, clock)

    def _is_put_aside(self, row: Row, uid: str | None, origin: str, clock: float) -> bool:
        proven = self.verified_for(uid)
        if clock <= row.left:
            return clock < row.had_since
        if row.method is Method.ISSUED and LONG_AGO < row.left < clock < row.since:
            return True
        if origin != SHARED:
            return proven not in (None, origin)
        if row.in_use is False:
            return True
        return bool(proven and row.owner not in (None, proven) and row.method is not Method.MANUAL)

    # what users do

    def claims(self, user: str, session: str, clock: float) -> str | None:
        """The error's code."""
        row = self.row(session)
        if row.owner == user:
            return None
        if row.owner not in (None, user) or self._shows_anothers(row.shown, user) or row.in_use is False:
            return "session_not_available"
        if self.verified_for(session) == user:
            self._link(row, user, Method.UID, clock)
        elif session in row.shown or session in self.verified:
            return "proof_required"
        else:
            self._link(row, user, Method.MANUAL, clock)
        return None

    def unlinks(self, user: str, session: str, clock: float) -> str | None:
        row = next((row for row in (self.row(session), self.row(session, user)) if row.owner == user), None)
        if row is None:
            row = self.row(session)
            if row.suspended != user:
                return "not_found"
            row.suspended = None
            return None
        if row.method is Method.ISSUED:
            self._issue_proves_nothing(session)
        self._unlink(row, clock)
        return None

    def starts(self, user: str, uid: str, started: Started, clock: float, *, brings: bool) -> None:
        row = self.row(uid)
        if row.method is Method.ISSUED and row.owner == user:
            self.proves(user, uid, clock, brings=brings, by_issue=True)
        assert (started.say is None) == (self.verified_for(uid) == user)
        if started.say:
            self.asked[user, uid] = Asked(started, clock + 600, brings)

    def types(self, user: str, uid: str, clock: float) -> bool:
        """Whether the number from the phone proves it."""
        asked = self.asked[user, uid]
        if asked.used or clock >= asked.expires or self._cannot_prove(user, uid):
            return False
        asked.used = True
        self.proves(user, uid, clock, brings=asked.brings)
        return True

    def disowns(self, user: str, uid: str, clock: float) -> str | None:
        if self.verified_for(uid) != user:
            return "not_found"
        for row in self._linked_by(uid):
            self._unlink(row, clock)
        self.is_taken_back(uid)
        return None

    def brings(self, user: str, uid: str, clock: float) -> str | None:
        if self.verified_for(uid) != user:
            return "not_found"
        for row in self._linked_by(uid):
            self._adopt(row, user, since=self.wall(self.verified[uid].since) - DAY, brought=clock)
        return None

    def leaves(self, user: str, uid: str, clock: float) -> str | None:
        if self.verified_for(uid) != user:
            return "not_found"
        rows = self._linked_by(uid)
        for talk in self.talks:
            was_brought = talk.brought is not None and self.wall(clock) - DAY <= self.wall(talk.brought)
            if talk.row in rows and talk.owner == user and was_brought and talk.heard <= talk.brought:
                talk.owner = talk.brought = None
        return None

    # what operators and time do

    def issues(self, user: str, session: str, clock: float) -> str | None:
        row = self.row(session)
        if row.owner not in (None, user) or self._is_proven_for_another(session, row, user):
            return "session_not_available"
        if (row.owner, row.method) == (user, Method.ISSUED):
            return None
        if row.in_use is not None:
            self._issue_proves_nothing(session)
        self._link(row, user, Method.ISSUED, clock, brings=row.in_use is None)
        row.in_use = True
        return None

    def is_handed_over(self, user: str, session: str, clock: float) -> str | None:
        row = self.row(session)
        if not row.in_use or self._is_proven_for_another(session, row, user):
            return "session_not_available"
        self._issue_proves_nothing(session)
        self._link(row, user, Method.ISSUED, clock, brings=False)
        return None

    def ends(self, session: str, clock: float) -> str | None:
        row = self.row(session)
        if row.in_use is None:
            return "not_found"
        self._issue_proves_nothing(session)
        row.shown, row.last = row.shown & {session}, None
        if row.owner:
            self._unlink(row, clock)
        row.in_use = False
        return None

    def is_vouched_for(self, user: str, uid: str, clock: float) -> str | None:
        refused = self._cannot_prove(user, uid)
        self.proves(user, uid, clock, brings=True)
        return "session_not_available" if refused else None

    def is_taken_back(self, uid: str) -> str | None:
        """Sessions that are linked stay so."""
        if uid not in self.verified:
            return "not_found"
        self.asked.pop((self.verified.pop(uid).user, uid), None)
        return None

    def expires(self, since: float, clock: float) -> set[str]:
        """Who lost a session."""
        able = [row for row in self.rows.values() if row.method in (Method.MANUAL, Method.UID)]
        silent = [row for row in able if row.stirred < since]
        lost = {row.owner for row in silent if row.owner}
        for row in silent:
            self._unlink(row, clock)
        return lost

    def _is_proven_for_another(self, session: str, row: Row, user: str) -> bool:
        """To have been issued a device is no proof against the operator who issued it."""
        is_by_issue = session in self.verified and self.verified[session].by_issue
        return self._shows_anothers(row.shown - {session} if is_by_issue else row.shown | {session}, user)

    def _issue_proves_nothing(self, session: str) -> None:
        if session in self.verified and self.verified[session].by_issue:
            del self.verified[session]

    def proves(self, user: str, uid: str, clock: float, *, brings: bool, by_issue: bool = False) -> None:
        """The sessions that have shown it are linked as their next call would."""
        if self._cannot_prove(user, uid) or uid in self.verified:
            return
        self.verified[uid] = Verified(user, clock, brings, by_issue)
        for row in self._showing(uid, ever=False):
            if row.in_use is not False and (row.owner is None or row.method is Method.MANUAL):
                self._link(row, user, Method.UID, clock, brings=brings)

    def _cannot_prove(self, user: str, uid: str) -> bool:
        """It is verified for somebody else, or its session is in somebody else's hands."""
        row, owner = self.row(uid), self.verified_for(uid)
        return owner != user if owner else row.owner not in (None, user) and row.method is not Method.MANUAL

    def _showing(self, uid: str, *, ever: bool) -> list[Row]:
        shared = [(key.removeprefix("shared/"), row) for key, row in self.rows.items() if key.startswith("shared/")]
        return [
            row
            for name, row in shared
            if row.is_known and (uid == name or (uid in row.shown if ever else uid == row.last))
        ]

    def _linked_by(self, uid: str) -> list[Row]:
        user = self.verified_for(uid)
        return [row for row in self._showing(uid, ever=True) if row.owner == user and row.method is Method.UID]

    def _is_anothers_uid(self, session: str, row: Row) -> bool:
        return self.verified_for(session) not in (None, row.owner)

    def _shows_anothers(self, uids: set[str], user: str) -> bool:
        return any(self.verified_for(uid) not in (None, user) for uid in uids)

    def _link(self, row: Row, user: str, method: Method, clock: float, *, brings: bool = True) -> None:
        if (row.owner, row.method) == (user, method):
            return
        if row.owner not in (None, user):
            self._unlink(row, clock - MOMENT)
        since = row.since if row.owner == user else clock
        row.owner, row.method, row.since, row.is_known = user, method, since, True
        row.stirred = self.clock.now
        row.suspended = None
        by_uid = method is Method.UID
        if brings:
            earliest = self.wall(clock) - DAY if by_uid else 2 * LONG_AGO
            self._adopt(row, user, since=earliest, brought=clock if by_uid else None)

    def _adopt(self, row: Row, user: str, *, since: float, brought: float | None) -> None:
        """What began since then, and since somebody had the session."""
        for talk in self.talks:
            is_new_enough = self.wall(talk.began) >= since and talk.began > row.left
            if talk.row is row and talk.owner is None and is_new_enough:
                talk.owner, talk.brought = user, brought

    def _unlink(self, row: Row, until: float) -> None:
        if row.owner:
            row.had, row.had_since = row.owner, row.since
        row.owner, row.method, row.left = None, None, until

    def _add(self, row: Row, owner: str | None, text: str | None, clock: float) -> None:
        if text is None:
            return
        theirs = [t for t in self.talks if t.row is row and t.owner == owner]
        if self.clock.is_steady:
            going_on = [t for t in theirs if abs(clock - t.heard) < GAP]
        else:
            going_on = [t for t in theirs if t.id == self.conversation_of(text)]
        talk = going_on[-1] if going_on else Talk(row, owner, clock, clock, self.conversation_of(text))
        self.talks += [] if going_on else [talk]
        talk.heard = max(clock, talk.heard)
        talk.words.add(text)


class Histories(RuleBasedStateMachine):
    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._open = ExitStack()
        self._open.enter_context(mock.patch.object(rate_limits, "WRONG_CODE", Limit("wrong_code", 1000, 1)))
        self.tx = self._open.enter_context(empty_store(engine))
        self.time = Clock()
        self.table = Table(self.time, partial(conversation_of, self.tx))
        letters = itertools.product("abcdefghij", repeat=3)  # a figure could end a sentence that was said before
        self._words = (f"word {''.join(three)}" for three in letters)

    @property
    def clock(self) -> float:
        return self.time.now

    @clock.setter
    def clock(self, seconds: float) -> None:
        self.time.now = seconds
        turn(self.tx, seconds)

    def teardown(self) -> None:
        self._open.close()

    @property
    def now(self) -> Moment:
        return moment(self.clock, self.time.wall(self.clock))

    @rule(seconds=st.sampled_from(JUMPS))
    def the_clock_jumps(self, seconds: float) -> None:
        self.time.jump(seconds)
        self.clock += MOMENT

    # devices

    @rule(
        session=some_session,
        uid=st.none() | some_uid,
        origin=some_origin,
        pause=st.sampled_from([1, 1, 1, 200, DAY]),
    )
    def a_webhook_comes(self, session: str, uid: str | None, origin: str, pause: float) -> None:
        self.clock += pause
        text = next(self._words)
        saved = save(self.tx, self._call(self.clock, text, session=session, uid=uid, origin=origin))
        assert bool(saved.quarantined) != self.table.hears(session, uid, text, origin, self.clock)

    @rule(session=some_session, uid=st.none() | some_uid, origin=some_origin, late=st.sampled_from([0.5, 1.5, 4.5]))
    def a_webhook_is_late(self, session: str, uid: str | None, origin: str, late: float) -> None:
        """It was accepted before what has happened since."""
        text, accepted = next(self._words), self.clock - late
        saved = save(self.tx, self._call(accepted, text, session=session, uid=uid, origin=origin))
        assert bool(saved.quarantined) != self.table.hears(session, uid, text, origin, accepted)

    @precondition(lambda self: self.table.asked)
    @rule(
        data=st.data(),
        session=some_session,
        uid=st.none() | some_uid,
        origin=some_origin,
        proven=st.booleans(),
        pause=st.sampled_from([1, 1, 1, 600]),
    )
    def a_sentence_comes(
        self, data: st.DataObject, session: str, uid: str | None, origin: str, proven: bool, pause: float
    ) -> None:
        self.clock += pause
        user, asked_for = data.draw(st.sampled_from(sorted(self.table.asked)), "asked")
        text = self.table.asked[user, asked_for].started.say
        assert text
        where = {"session": session, "uid": uid, "origin": origin}
        saved = save(self.tx, self._call(self.clock, text, proven=proven, **where))
        heard = self.table.hears_sentence(user, asked_for, **where, proven=proven, clock=self.clock)  # type: ignore[arg-type]
        assert bool(saved.quarantined) != heard

    # users

    @rule(session=some_session, user=somebody)
    def somebody_links(self, session: str, user: str) -> None:
        expected = self.table.claims(user, session, self.clock)
        assert self._refusal(sessions.link, session, user) == expected

    @rule(session=some_session, user=somebody)
    def somebody_unlinks(self, session: str, user: str) -> None:
        expected = self.table.unlinks(user, session, self.clock)
        assert self._refusal(sessions.unlink, session, user) == expected

    @rule(uid=some_uid, user=somebody, brings=st.booleans())
    def somebody_starts(self, uid: str, user: str, brings: bool) -> None:
        started = omi_accounts.start(self.tx, uid, user, self.now, By(user), by_phone=True, include_earlier=brings)
        self.table.starts(user, uid, started, self.clock, brings=brings)

    @precondition(lambda self: self.table.asked)
    @rule(data=st.data())
    def somebody_types_the_number(self, data: st.DataObject) -> None:
        user, uid = data.draw(st.sampled_from(sorted(self.table.asked)), "asked")
        number = str(self.table.asked[user, uid].started.number)
        assert self._confirms(user, uid, number) == self.table.types(user, uid, self.clock)

    @rule(uid=some_uid, user=somebody)
    def somebody_types_a_wrong_number(self, uid: str, user: str) -> None:
        assert not self._confirms(user, uid, "12345")

    @rule(uid=some_uid, user=somebody)
    def somebody_unlinks_an_omi_account(self, uid: str, user: str) -> None:
        expected = self.table.disowns(user, uid, self.clock)
        assert self._refusal(omi_accounts.unlink, uid, user, by=By(user)) == expected

    @rule(uid=some_uid, user=somebody)
    def somebody_brings_earlier_conversations(self, uid: str, user: str) -> None:
        expected = self.table.brings(user, uid, self.clock)
        assert self._refusal(omi_accounts.bring_earlier, uid, user, by=By(user)) == expected

    @rule(uid=some_uid, user=somebody)
    def somebody_leaves_earlier_conversations(self, uid: str, user: str) -> None:
        expected = self.table.leaves(user, uid, self.clock)
        assert self._refusal(omi_accounts.leave_earlier, uid, user, by=By(user)) == expected

    # operators and time

    @rule(session=some_session, user=somebody)
    def an_operator_issues(self, session: str, user: str) -> None:
        expected = self.table.issues(user, session, self.clock)
        assert self._refusal(sessions.issue, [session], user, by=OPERATOR) == expected

    @rule(session=some_session, user=somebody)
    def an_operator_hands_over(self, session: str, user: str) -> None:
        expected = self.table.is_handed_over(user, session, self.clock)
        assert self._refusal(sessions.hand_over, session, user, by=OPERATOR) == expected

    @rule(session=some_session, how=st.sampled_from([Device.RETURNED, Device.LOST]))
    def a_device_ends(self, session: str, how: Device) -> None:
        expected = self.table.ends(session, self.clock)
        assert self._refusal(sessions.end, session, how, by=OPERATOR) == expected

    @rule(uid=some_uid, user=somebody)
    def an_operator_verifies(self, uid: str, user: str) -> None:
        expected = self.table.is_vouched_for(user, uid, self.clock)
        assert self._refusal(omi_accounts.verify_by_operator, uid, user, by=OPERATOR) == expected

    @rule(uid=some_uid)
    def an_operator_takes_that_back(self, uid: str) -> None:
        def unvouch(tx: Transaction, uid: str, now: Moment) -> str:
            return omi_accounts.unverify_by_operator(tx, uid, now.at, OPERATOR)

        assert self._refusal(unvouch, uid) == self.table.is_taken_back(uid)

    @rule(ttl=st.sampled_from([2, 100]))
    def links_expire(self, ttl: float) -> None:
        expected = self.table.expires(self.clock - ttl, self.clock)
        assert sessions.expire(self.tx, at(self.clock - ttl), self.now, 100) == expected

    # what holds whatever happens

    @invariant()
    def every_session_has_the_owner_of_the_table(self) -> None:
        stored = self.tx.sessions(self.table.rows)
        for key, row in self.table.rows.items():
            found = (stored[key].user_id, stored[key].method) if key in stored else (None, None)
            assert found == (row.owner, row.method), key
        suspended = {
            (name, session.id) for name in PEOPLE for session in self.tx.sessions_of(name) if not session.user_id
        }
        assert suspended == {(row.suspended, key) for key, row in self.table.rows.items() if row.suspended}

    @invariant()
    def every_uid_is_verified_for_whom_the_table_says(self) -> None:
        assert self.tx.users_verified_for([A, "wristband"]) == {
            uid: found.user for uid, found in self.table.verified.items()
        }

    @invariant()
    def everybody_sees_their_words_and_no_others(self) -> None:
        for name in PEOPLE:
            talks = self.tx.conversations_of(name, 1000)
            assert {m.text for talk in talks for m in self.tx.messages(talk.id, 1000)} == self.table.words(name)

    @invariant()
    def streams_were_told_of_the_same_words(self) -> None:
        for name in PEOPLE:
            events = [json.loads(event.data) for event in self.tx.events_after(name, 0, 10_000)]
            assert {m["text"] for event in events for m in event.get("messages", ())} == self.table.words(name)

    def _call(self, accepted: float, text: str, **where: Any) -> Delivery:
        return call(accepted, say(text, accepted), wall=self.time.wall(accepted), **where)

    def _confirms(self, user: str, uid: str, number: str) -> bool:
        woken = omi_accounts.confirm(self.tx, uid, user, number, "192.0.2.1", self.now, By(user))
        return woken is not None

    def _refusal(self, do: Callable[..., object], *what: object, **how: object) -> str | None:
        """The error's code."""
        try:
            do(self.tx, *what, self.now, **how)
        except OmilinkError as error:
            return error.code
        return None


def test_whatever_happens_everybody_sees_their_own_words_and_no_others(engine: Engine) -> None:
    run_state_machine_as_test(partial(Histories, engine), settings=settings())


# Stories of the table, as people meet them


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    with empty_store(engine) as tx:
        yield tx


def told(tx: Transaction, name: str) -> list[tuple[str, str | None]]:
    """What the user's streams were told about sessions, with the reason."""
    events = [json.loads(event.data) for event in tx.events_after(name, 0, 1000)]
    return [(e["type"], e.get("reason")) for e in events if e["type"].startswith("session_")]


def link(tx: Transaction, session: str, user: str, *, manual_linking: bool = True) -> str:
    """The method, or the code of the refusal."""
    try:
        return str(sessions.link(tx, session, user, moment(0), manual_linking=manual_linking).method)
    except OmilinkError as refused:
        return refused.code


def test_who_claims_a_uid_before_its_wearable_speaks_gets_no_word(tx: Transaction) -> None:
    assert link(tx, A, "ben") == "manual"
    save(tx, call(1, say("a wearables words", 0), session=A, uid=A))
    assert (texts(tx, "ben", A), texts(tx, None, A)) == ([], [["a wearables words"]])
    assert told(tx, "ben") == [("session_linked", None), ("session_unlinked", "proof_required")]
    assert link(tx, A, "ben") == "proof_required"
    ((suspended, _),), _ = health.sessions_of(tx, "ben")
    assert health.judged(suspended, 0, at(2), {}).status == "suspended"
    shown = health.with_health(suspended, 0, at(2), {})
    assert (shown.linked, shown.last_seen_at) == (False, None)


def test_its_owner_gets_them_all_once_the_uid_is_verified(tx: Transaction) -> None:
    link(tx, A, "ben")
    save(tx, call(1, say("one", 0), session=A, uid=A))
    verify(tx, A, "ada", at(2))
    save(tx, call(3, say("two", 2), session=A, uid=A))
    assert (texts(tx, "ada", A), texts(tx, "ben", A)) == ([["one", "two"]], [])
    assert told(tx, "ada") == [("session_linked", None)]
    assert health.sessions_of(tx, "ben") == ([], None)


def test_proof_takes_a_claimed_session_over_and_leaves_what_was_saved(tx: Transaction) -> None:
    link(tx, "kitchen", "ben")
    save(tx, call(1, say("bens", 0)))
    verify(tx, "wristband", "ada", at(2))
    save(tx, call(3, say("adas", 2), uid="wristband"))
    assert (texts(tx, "ada"), texts(tx, "ben")) == ([["adas"]], [["bens"]])
    assert told(tx, "ben")[-1] == ("session_unlinked", "linked_with_proof")
    assert tx.audit_entries(1, session_key="shared/kitchen")[0].rule == "proof-beats-claim"


@pytest.mark.parametrize("is_issued", [True, False])
def test_another_users_proof_is_put_aside_where_an_owner_has_proof(tx: Transaction, is_issued: bool) -> None:
    verify(tx, "kitchen", "ben", at(0))
    verify(tx, "wristband", "ada", at(0))
    if is_issued:
        sessions.issue(tx, ["kitchen"], "ben", moment(0), OPERATOR)
    else:
        sessions.link(tx, "kitchen", "ben", moment(0))
    aside = call(1, say("whose", 0), uid="wristband")
    saved = save(tx, aside)
    assert saved.quarantined == {aside.seq: "hands-change-only-by-unlinking"}
    assert (texts(tx, "ada"), texts(tx, "ben"), texts(tx, None)) == ([], [], [])
    assert tx.audit_entries(1, session_key="shared/kitchen")[0].rule == "hands-change-only-by-unlinking"
    sessions.unlink(tx, "kitchen", "ben", moment(2))
    save(tx, call(3, say("adas", 2), uid="wristband"))
    assert texts(tx, "ada") == [["adas"]]


@pytest.mark.parametrize("removes", [False, True])
def test_no_app_links_again_what_a_proof_has_ended(tx: Transaction, removes: bool) -> None:
    sessions.link(tx, "kitchen", "ben", moment(0))
    verify(tx, "kitchen", "ada", at(1))
    save(tx, call(2, say("whose", 0)))
    if removes:
        sessions.unlink(tx, "kitchen", "ben", moment(3))
        assert tx.audit_entries(1, session_key="shared/kitchen")[0].rule == "suspended-let-go"
    omi_accounts.unlink(tx, "kitchen", "ada", moment(4), By("ada"))
    with pytest.raises(NotAvailable):
        sessions.link(tx, "kitchen", "ben", moment(5), again=True)
    assert texts(tx, "ben") == []


def test_of_a_hundred_who_claim_a_session_one_gets_it_and_the_others_the_same_answer(tx: Transaction) -> None:
    def claim(name: str) -> str:
        try:
            return str(sessions.link(tx, "kitchen", name, moment(0)).user_id)
        except OmilinkError as refused:
            return f"{refused.code}: {refused.message}"

    people = [f"user {number}" for number in range(100)]
    for name in people:
        tx.add_user(User(id=name, email=f"{name}@example.org", display_name=None, created_at=0), "-")
    winner, *others = (claim(name) for name in people)
    assert winner == people[0]
    assert len(set(others)) == 1
    assert others[0].startswith("session_not_available: ") and people[0] not in others[0]


def test_linking_early_waits_for_the_device(tx: Transaction) -> None:
    assert link(tx, "kitchen", "ada") == "manual"
    ((linked, saved),), _ = health.sessions_of(tx, "ada")
    assert health.judged(linked, saved, at(0), {}).status == "waiting"
    save(tx, call(1, say("hello", 0)))
    linked, saved = health.session_of(tx, "kitchen", "ada")
    assert (saved, health.judged(linked, saved, at(2), {}).status) == (1, "ok")
    assert health.judged(linked, saved, at(2) + health.QUIET, {}).status == "quiet"
    assert health.judged(linked, saved, at(2), {"dead": 1}).status == "failing"


def test_an_unverified_uid_is_not_linked_by_linking_a_session_that_showed_it(tx: Transaction) -> None:
    save(tx, call(1, say("kitchens", 0), uid="wristband"))
    assert link(tx, "kitchen", "ada") == "manual"
    save(tx, call(2, say("gardens", 0), session="garden", uid="wristband"))
    assert (texts(tx, "ada"), texts(tx, "ada", "garden")) == ([["kitchens"]], [])


def test_a_server_that_does_not_link_by_id_alone_says_so(tx: Transaction) -> None:
    assert link(tx, "kitchen", "ada", manual_linking=False) == "proof_required"
    verify(tx, "kitchen", "ada", at(0))
    assert link(tx, "kitchen", "ada", manual_linking=False) == "uid"


def test_a_session_of_somebody_else_is_as_unknown_as_one_that_is_not_there(tx: Transaction) -> None:
    link(tx, "kitchen", "ada")
    answers = set()
    for name in "kitchen", "nowhere":
        for ask in health.session_of, lambda tx, name, user: sessions.unlink(tx, name, user, moment(0)):
            with pytest.raises(NotFound) as unknown:
                ask(tx, name, "ben")
            answers.add((ask is health.session_of, unknown.value.message))
    assert len(answers) == 2
