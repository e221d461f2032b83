"""Whatever is split, joined and taken back by hand, and whatever comes meanwhile, late, again or by OMI's record: what
is shown equals a simple model, and a client that followed the stream holds the same as a fresh one."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from properties.followers import Screen, read
from properties.histories import NOON, Said, call, empty_store, moment, save, say
from sqlalchemy import Engine
from support import in_soak

from omilink.conversations import history, joining
from omilink.database.store import Transaction
from omilink.errors import CannotJoin, CannotSplit, NothingToUndo, OmilinkError
from omilink.linking import sessions
from omilink.models.delivery import Delivery
from omilink.models.ids import digest
from omilink.models.json import time_text

BEGAN = {"kitchen": 0.0, "garden": 0.7}
"""When the clock of each wearable stood at 0, in seconds after noon."""
STEP, LONG = 2.0, 1.5
"""Seconds between the starts of two words of a wearable, and the length of one."""
LATE = 36.0
"""Seconds by which words come late at most."""


@dataclass(slots=True)
class Word:
    device: str
    start: float
    text: str
    came: bool = False

    @property
    def at(self) -> float:
        return BEGAN[self.device] + self.start

    @property
    def segment(self) -> Said:
        id = f"{int(self.start):08x}-0000-4000-8000-{len(self.device):012x}"
        return say(self.text, self.start, self.start + LONG, id=id)


@dataclass(slots=True)
class Piece:
    """The words of a wearable from one second to another, which are shown in one conversation."""

    device: str
    since: float
    until: float
    shown_in: str


@dataclass(slots=True)
class Act:
    kind: str
    other: str
    pieces: list[str] = field(default_factory=list)
    cut: dict[str, str] = field(default_factory=dict)


class Model:
    """What its user has done, without any of omilink's code."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self.pieces: dict[str, Piece] = {}
        self.acts: dict[str, list[Act]] = {}

    def shown(self) -> list[str]:
        return list(dict.fromkeys(piece.shown_in for piece in self.pieces.values()))

    def of(self, conversation: str) -> list[Word]:
        of_pieces = [word for id in self.parts(conversation) for word in self.of_piece(id)]
        return sorted(of_pieces, key=lambda word: word.at)

    def of_piece(self, id: str) -> list[Word]:
        piece = self.pieces[id]
        theirs = [word for word in self.words if word.came and word.device == piece.device]
        return [word for word in theirs if piece.since <= word.start < piece.until]

    def parts(self, conversation: str) -> list[str]:
        return [id for id, piece in self.pieces.items() if piece.shown_in == conversation]

    def join(self, one: str, other: str) -> None:
        if one == other:
            raise CannotJoin("")
        moved = self.parts(other)
        self.acts.setdefault(one, []).append(Act("join", other, moved))
        self._move(moved, one)

    def split(self, conversation: str, at: Word, new: Callable[[], str]) -> None:
        if at == self.of(conversation)[0]:
            raise CannotSplit("")
        gone: dict[str, list[Word]] = {}
        cut: dict[str, str] = {}
        for id in self.parts(conversation):
            words = self.of_piece(id)
            later = [word for word in words if word.at >= at.at]
            if later and (later != words or id == conversation):
                piece = self.pieces[id]
                second = max(piece.since, at.at - BEGAN[piece.device])
                cut[name := f"cut off {len(self.pieces)}"] = id
                self.pieces[name] = Piece(piece.device, second, piece.until, conversation)
                piece.until = second
                gone[name] = later
            elif later:
                gone[id] = later
        first = next(id for id, words in gone.items() if at in words)
        self.acts.setdefault(conversation, []).append(Act("split", first, cut=cut))
        self._move(list(gone), first)
        self._rename(first, new())

    def undo(self, conversation: str) -> None:
        acts, here = list(self.acts.get(conversation, [])), self.parts(conversation)
        while acts and acts[-1].kind == "join" and acts[-1].other not in here:
            acts.pop()  # what was joined has left since
        if not acts:
            raise NothingToUndo("")
        act = acts.pop()
        if act.kind == "join":
            self._move([id for id in act.pieces if id in here], act.other)
        else:
            if act.other not in self.shown():
                raise NothingToUndo("")
            for one in (one for id in here for one in self.acts.get(id, [])):
                one.pieces += [new for new, of in act.cut.items() if of in one.pieces]
            self._move(self.parts(act.other), conversation)
        self.acts[conversation] = acts

    def _move(self, pieces: list[str], to: str) -> None:
        for id in pieces:
            self.pieces[id].shown_in = to

    def _rename(self, before: str, after: str) -> None:
        """A piece has a name of the model until it is shown by itself."""

        def now(id: str) -> str:
            return after if id == before else id

        self.pieces = {now(id): piece for id, piece in self.pieces.items()}
        for piece in self.pieces.values():
            piece.shown_in = now(piece.shown_in)
        for act in (act for acts in self.acts.values() for act in acts):
            act.other, act.pieces = now(act.other), [now(id) for id in act.pieces]
            act.cut = {now(id): now(of) for id, of in act.cut.items()}


class Story:
    """Does the same to omilink and to the model, and compares."""

    def __init__(self, tx: Transaction) -> None:
        self.tx, self.model, self.now, self.calls = tx, Model(), 0.0, list[Delivery]()
        for device in BEGAN:
            sessions.link(tx, device, "ada", moment(0))
            self.say(device, 1, True)
        for one in history.page(tx, "ada", 10):
            self.model.pieces[one.id] = Piece(one.omi_session_id, -math.inf, math.inf, one.id)
        self.screen = Screen(tx)

    def say(self, device: str, count: int, arrives: bool) -> None:
        """The next words of a wearable come, or are lost."""
        first = max(0, math.ceil((self.now - BEGAN[device]) / STEP))
        words = [Word(device, STEP * (first + n), "") for n in range(count)]
        for word in words:
            word.text, word.came = digest(len(self.model.words)), arrives
            self.model.words.append(word)
        self.now = words[-1].at + LONG
        if arrives:
            self._call(device, words)

    def catch_up(self, device: str, which: int) -> None:
        """Lost words come late."""
        lost = [one for one in self.model.words if one.device == device and not one.came]
        late = [one for one in lost if self.now - one.at < LATE]
        if late:
            word = late[which % len(late)]
            word.came = True
            self.now += 0.01  # no two calls have one order
            self._call(device, [word])

    def repeat(self, which: int) -> None:
        """A call comes again."""
        save(self.tx, replace(self.calls[which % len(self.calls)], received_at=NOON + round(self.now * 1000)))

    def record(self, device: str) -> None:
        """OMI's record of all that a wearable has heard."""
        heard = [one for one in self.model.words if one.device == device]
        body = {
            "id": f"record of {device}",
            "started_at": time_text(NOON + round(BEGAN[device] * 1000)),
            "structured": {"title": f"About the {device}", "overview": "All of it."},
            "transcript_segments": [one.segment for one in heard],
        }
        sent = replace(call(self.now, session=device), kind="conversation", body=json.dumps(body).encode())
        save(self.tx, sent)
        for one in heard:
            one.came = True

    def join(self, one: int, other: int) -> None:
        first, second = self._shown(one), self._shown(other)
        self._do(
            lambda: joining.join(self.tx, first, second, "ada"),
            lambda: self.model.join(first, second),
        )

    def split(self, one: int, place: int) -> None:
        conversation = self._shown(one)
        words = self.model.of(conversation)
        if not words:
            return
        at = words[place % len(words)]
        [id] = [message["id"] for message in read(self.tx, conversation) if message["text"] == at.text]
        new: list[str] = []
        self._do(
            lambda: new.append(joining.split(self.tx, conversation, id, "ada")),
            lambda: self.model.split(conversation, at, lambda: new[0]),
        )

    def undo(self, one: int) -> None:
        conversation = self._shown(one)
        self._do(lambda: joining.undo(self.tx, conversation, "ada"), lambda: self.model.undo(conversation))

    def compare(self) -> None:
        shown = {one.id for one in history.page(self.tx, "ada", 1000)}
        assert shown == set(self.model.shown())
        for id in shown:
            assert [m["text"] for m in read(self.tx, id)] == [word.text for word in self.model.of(id)]
        assert self.screen.is_as_fresh()

    def _shown(self, which: int) -> str:
        shown = sorted(self.model.shown())
        return shown[which % len(shown)]

    def _call(self, device: str, words: list[Word]) -> None:
        self.calls.append(call(self.now, *(word.segment for word in words), session=device))
        save(self.tx, self.calls[-1])

    def _do(self, act: Callable[[], Any], act_in_model: Callable[[], Any]) -> None:
        try:
            act()
        except OmilinkError as error:
            refused: type[OmilinkError] | None = type(error)
        else:
            refused = None
        try:
            act_in_model()
        except OmilinkError as error:
            assert refused is type(error)
        else:
            assert refused is None


device, number = st.sampled_from(list(BEGAN)), st.integers(0, 30)
steps = st.one_of(
    st.tuples(st.just("say"), device, st.integers(1, 3), st.booleans()),
    st.tuples(st.just("catch_up"), device, number),
    st.tuples(st.just("repeat"), number),
    st.tuples(st.just("record"), device),
    st.tuples(st.just("join"), number, number),
    st.tuples(st.just("split"), number, number),
    st.tuples(st.just("split"), number, number),
    st.tuples(st.just("undo"), number),
)


@settings(max_examples=in_soak(500, else_=25))
@given(steps=st.lists(steps, min_size=1, max_size=20))
def test_what_is_shown_equals_a_simple_model(engine: Engine, steps: list[tuple[Any, ...]]) -> None:
    with empty_store(engine) as tx:
        story = Story(tx)
        for name, *arguments in steps:
            getattr(story, name)(*arguments)
            story.compare()
