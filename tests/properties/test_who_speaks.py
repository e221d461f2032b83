"""Whatever a user says about people and speakers, and whatever words and records come before, between and after: a
fresh client, and one that followed the stream, show what a simple model says."""

import json
import random
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from properties.histories import NOON, call, empty_store, moment, save, talks
from sqlalchemy import Engine

from omilink.conversations import history, people, speakers
from omilink.database.store import Transaction
from omilink.errors import OmilinkError
from omilink.linking import sessions
from omilink.models.delivery import Delivery
from omilink.models.json import json_text, time_text, to_json

TALKS = ("kitchen", "garden", "office")
SPEAKERS = ("SPEAKER_0", "SPEAKER_1", "SPEAKER_2")
VOICES = ("voice-1", "voice-2", None)
NAMES = ("Ida", "Hedda", "Jo", "ida")
STEPS = 25


@dataclass
class Word:
    talk: str
    speaker: str
    number: int
    start: float
    person: str | None
    heard_as: str | None
    """The person as the live call had it."""
    is_lost: bool

    @property
    def is_user(self) -> bool:
        return self.speaker == "SPEAKER_0"

    def segment(self, person: str | None) -> dict[str, Any]:
        text = f"Tale{self.number} of{self.number} foxes{self.number} told{self.number}."
        id = f"{self.number:08x}-0000-4000-8000-000000000000"
        place = {"start": self.start, "end": self.start + 0.8}
        return {"id": id, "text": text, "speaker": self.speaker, "is_user": self.is_user, "person_id": person, **place}


@dataclass
class Somebody:
    name: str | None = None
    is_users: bool = False
    into: str | None = None
    is_deleted: bool = False


@dataclass
class Model:
    """What the user and OMI have said, and what follows from it."""

    words: list[Word] = field(default_factory=list)
    people: dict[str, Somebody] = field(default_factory=dict)
    said: dict[tuple[str, str], tuple[str | None, bool | None]] = field(default_factory=dict)
    """By talk and speaker: the person, "" for nobody, None for whom OMI says; and whether it is the wearer."""
    split: dict[tuple[str, str], str] = field(default_factory=dict)
    """By talk and OMI's person: whom the user meant."""
    last: dict[str, tuple[int, dict[str, Somebody]]] = field(default_factory=dict)
    """The last change of each person: its number, and who was what before."""
    changes: int = 0

    def root(self, id: str) -> str:
        while id in self.people and (into := self.people[id].into):
            id = into
        return id

    def is_listed(self, id: str) -> bool:
        one = self.people.get(id)
        return one is not None and one.name is not None and one.into is None and not one.is_deleted

    def listed(self) -> list[str]:
        return sorted(filter(self.is_listed, self.people))

    def named(self, name: str) -> str | None:
        return next((id for id in self.listed() if (self.people[id].name or "").casefold() == name.casefold()), None)

    def person_of(self, word: Word) -> str | None:
        person = self.said.get((word.talk, word.speaker), (None, None))[0]
        if person is None:
            person = self.split.get((word.talk, word.person or ""), word.person)
        return self.root(person) if person else None

    def name_of(self, word: Word) -> str | None:
        person = self.person_of(word)
        return self.people[person].name if person and self.is_listed(person) else None

    def is_wearer(self, word: Word) -> bool:
        said = self.said.get((word.talk, word.speaker), (None, None))[1]
        return word.is_user if said is None else said

    def voices(self, talk: str, speaker: str) -> set[str]:
        """Whom OMI takes the speaker for."""
        heard = (one for one in self.words if not one.is_lost)
        ids = {one.person for one in heard if (one.talk, one.speaker) == (talk, speaker)}
        return {self.root(self.split.get((talk, id), id)) for id in ids if id}

    def change(self, concerned: dict[str, Somebody], before: dict[str, Somebody]) -> None:
        self.changes += 1
        self.people |= concerned
        self.last |= {id: (self.changes, before) for id in concerned}

    def undo(self, id: str) -> bool:
        if id not in self.last:
            return False
        number, before = self.last[id]
        for other in [each for each, (change, _) in self.last.items() if change == number] + list(before):
            self.last.pop(other, None)
        self.people |= before
        return True

    def give_name(self, id: str, name: str) -> None:
        before = self.people.get(id, Somebody())
        after = Somebody(name, True, before.into)
        if after != before:
            self.change({id: after}, {id: before})

    def merge(self, id: str, into: str) -> None:
        before = self.people.get(id, Somebody())
        merged = Somebody(before.name, before.is_users, into)
        self.change({id: merged, into: self.people[into]}, {id: before})

    def learn(self, names: dict[str, str]) -> None:
        for id, name in names.items():
            one = self.people.setdefault(id, Somebody(name))
            if not one.is_users and not one.is_deleted:
                self.people[id] = Somebody(name, False, one.into)


class Story:
    """Does the same to a store and to the model."""

    def __init__(self, tx: Transaction, seed: int) -> None:
        self.tx, self.chance, self.model, self.now = tx, random.Random(seed), Model(), 0.0
        for talk in TALKS:
            sessions.link(tx, talk, "ada", moment(0))

    def step(self) -> None:
        self.now += 3.0
        acts = [self.says] * 4 + [self.names] * 3
        acts += [self.repeats, self.records, self.chooses, self.denies, self.is_wearer, self.adds, self.renames]
        acts += [self.merges, self.splits, self.undoes, self.undoes, self.deletes]
        self.chance.choice(acts)()

    # words

    def says(self) -> None:
        """At once, or late, behind what was said later."""
        start = self.now - self.chance.choice([1.0, 2.0])
        word = self._word(start, is_lost=self.chance.random() < 0.2)
        if not word.is_lost:
            self._send(word)
            word.person = word.heard_as

    def repeats(self) -> None:
        live = [one for one in self.model.words if not one.is_lost]
        if live:
            self._send(self.chance.choice(live))

    def records(self) -> None:
        """OMI's record of a talk. It has the lost words, and knows people whom the live words did not have."""
        talk = self.chance.choice(TALKS)
        words = sorted((one for one in self.model.words if one.talk == talk), key=lambda one: one.start)
        if not any(not one.is_lost for one in words):
            return
        names = {id: f"OMI's {id}" for id in VOICES if id and self.chance.random() < 0.4}
        segments = []
        for one in words:
            known = one.person or (None if one.is_user else self.chance.choice(VOICES))
            speaker_name = names.get(known or "", "Speaker 1")
            segments.append(one.segment(known) | {"speaker_name": speaker_name})
            if known and not one.is_user and known in names:
                self.model.learn({known: names[known]})
            one.person, one.is_lost = known, False
        body = {"id": f"omi-{talk}", "started_at": time_text(NOON), "transcript_segments": segments}
        sent: Delivery = call(self.now, session=talk)
        save(self.tx, replace(sent, kind="conversation", body=json.dumps(body).encode()))

    def _word(self, start: float, *, is_lost: bool) -> Word:
        speaker = self.chance.choice(SPEAKERS)
        heard_as = None if speaker == "SPEAKER_0" else self.chance.choice(VOICES)
        talk = self.chance.choice(TALKS)
        word = Word(talk, speaker, len(self.model.words) + 1, start, heard_as, heard_as, is_lost)
        self.model.words.append(word)
        return word

    def _send(self, word: Word) -> None:
        save(self.tx, call(self.now, word.segment(word.heard_as), session=word.talk))

    # speakers

    def names(self) -> None:
        talk, speaker, name = self._somewhere(), self.chance.choice(SPEAKERS), self.chance.choice(NAMES)
        person = self._try(lambda id: speakers.correct(self.tx, id, "ada", speaker, name=name), talk)
        if person is None:
            return
        voices, meant = self.model.voices(talk, speaker), self.model.named(name)
        voice = voices.pop() if len(voices) == 1 else None
        if meant is None and voice and not (self.model.is_listed(voice) and self.model.people[voice].is_users):
            self.model.give_name(voice, name)
            meant = voice
        elif meant is None:
            meant = person.id
            self.model.people[meant] = Somebody(name, True)
        elif voice and voice != meant and not self.model.is_listed(voice):
            self.model.merge(voice, meant)
        assert person.id == meant
        self.model.said[talk, speaker] = (meant, False)

    def chooses(self) -> None:
        listed = self.model.listed()
        talk, speaker = self._somewhere(), self.chance.choice(SPEAKERS)
        if not listed:
            return
        meant = self.chance.choice(listed)
        if self._try(lambda id: speakers.correct(self.tx, id, "ada", speaker, person_id=meant), talk):
            voices = self.model.voices(talk, speaker)
            voice = voices.pop() if len(voices) == 1 else meant
            if voice != meant and not self.model.is_listed(voice):
                self.model.merge(voice, meant)
            self.model.said[talk, speaker] = (meant, False)

    def denies(self) -> None:
        talk, speaker = self._somewhere(), self.chance.choice(SPEAKERS)
        if self._try(lambda id: [speakers.correct(self.tx, id, "ada", speaker, person_id=None)], talk):
            self.model.said[talk, speaker] = ("" if self.model.voices(talk, speaker) else None, None)

    def is_wearer(self) -> None:
        talk, speaker, is_user = self._somewhere(), self.chance.choice(SPEAKERS), self.chance.random() < 0.5
        if self._try(lambda id: [speakers.correct(self.tx, id, "ada", speaker, is_user=is_user)], talk):
            nobody = "" if self.model.voices(talk, speaker) else None
            before = self.model.said.get((talk, speaker), (None, None))[0]
            self.model.said[talk, speaker] = (nobody if is_user else before, is_user)

    # people

    def adds(self) -> None:
        name = self.chance.choice(NAMES)
        self.model.people[people.add(self.tx, "ada", name).id] = Somebody(name, True)

    def renames(self) -> None:
        for id in self._some(1):
            name = self.chance.choice(NAMES)
            people.rename(self.tx, "ada", id, name)
            self.model.give_name(id, name)

    def merges(self) -> None:
        for id, into in zip(*[iter(self._some(2))] * 2, strict=True):
            people.merge(self.tx, "ada", id, into)
            self.model.merge(id, into)

    def splits(self) -> None:
        talk, model = self._somewhere(), self.model
        for id in self._some(1):
            new = self._try(lambda where, id=id: speakers.split(self.tx, "ada", id, [where]), talk)
            if new:
                ids = {each for each in [*VOICES, *model.people] if each and model.root(each) == id}
                model.change({id: model.people[id], new.id: Somebody(new.name, True)}, {})
                model.last |= dict.fromkeys((id, new.id), (model.changes, {new.id: Somebody(new.name, True, id)}))
                for key, (person, wearer) in list(model.said.items()):
                    if key[0] == talk and person in ids:
                        model.said[key] = (new.id, wearer)
                model.split |= {(talk, each): new.id for each in ids}

    def undoes(self) -> None:
        if self.model.people:
            id = self.chance.choice(sorted(self.model.people))
            done = self._try(lambda _: [people.undo(self.tx, "ada", id)], "")
            assert bool(done) == self.model.undo(id)

    def deletes(self) -> None:
        for id in self._some(1):
            people.remove(self.tx, "ada", id)
            one = self.model.people[id]
            self.model.change({id: Somebody(None, one.is_users, None, True)}, {id: one})

    def _some(self, count: int) -> list[str]:
        listed = self.model.listed()
        return self.chance.sample(listed, count) if len(listed) >= count else []

    def _somewhere(self) -> str:
        return self.chance.choice(TALKS)

    def _try(self, act: Any, talk: str) -> Any:
        """What the act returns in the conversation of the talk; None if it is refused."""
        found = talks(self.tx, "ada", talk)
        with self.tx._connection.begin_nested() as attempt:
            try:
                return act(found[0].id if found else "none")
            except OmilinkError:
                attempt.rollback()
                return None

    # what is shown

    def check(self) -> None:
        said = {one.segment(None)["text"]: one for one in self.model.words if not one.is_lost}
        fresh: dict[str, dict[str, Any]] = {}
        for talk in TALKS:
            for conversation in talks(self.tx, "ada", talk):
                found = history.resolved(self.tx, "ada", self.tx.all_messages(conversation.id))
                fresh |= {one.text: json.loads(json_text(to_json(one))) for one in found}
        assert fresh.keys() == said.keys()
        listed = [json.loads(json_text(to_json(one))) for one in people.page(self.tx, "ada", 1000)]
        assert [(one["id"], one["name"]) for one in listed] == [
            (id, self.model.people[id].name) for id in self.model.listed()
        ]
        held, persons = followed(self.tx)
        for messages, known in (fresh, listed), (held, persons):
            names = {id: one["name"] for one in known for id in one["ids"]}
            shown = {text: (names.get(one["personId"]), one["isUser"]) for text, one in messages.items()}
            assert shown == {text: (self.model.name_of(one), self.model.is_wearer(one)) for text, one in said.items()}


def followed(tx: Transaction) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """The messages by text and the people that a client holds that has followed the stream from its beginning."""
    held: dict[str, dict[str, Any]] = {}
    persons: dict[str, dict[str, Any]] = {}
    for content in (json.loads(one.data) for one in tx.events_after("ada", 0, 10_000)):
        for message in content.get("messages", ()):
            if message["rev"] >= held.get(message["id"], message)["rev"]:
                held[message["id"]] = message
        if content["type"] == "person_changed":
            persons[content["person"]["id"]] = content["person"]
    return {one["text"]: one for one in held.values()}, list(persons.values())


@given(st.integers(0, 2**32))
def test_what_is_shown_of_people_and_speakers_is_what_a_simple_model_says(engine: Engine, seed: int) -> None:
    with empty_store(engine) as tx:
        story = Story(tx, seed)
        for _ in range(STEPS):
            story.step()
        story.check()
