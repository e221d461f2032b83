"""People, on both databases: who speaks, by what the user says and by what OMI says, whatever comes later."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from properties.histories import NOON, Said, call, empty_store, moment, save, talks, verify
from sqlalchemy import Engine

from omilink.conversations import history, joining, people, speakers
from omilink.database.store import Transaction
from omilink.errors import Invalid, NotFound, NothingToUndo
from omilink.linking import omi_accounts, sessions
from omilink.models.audit import By
from omilink.models.delivery import Delivery
from omilink.models.json import time_text, to_json
from omilink.models.person import Person

UID = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"
IDA = "31e5c1a3-5370-5d3c-b472-3b11276eab42"
HOUR = 3_600.0


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    with empty_store(engine) as tx:
        verify(tx, UID, "ada", NOON)
        yield tx


def says(text: str, number: int, speaker: str = "SPEAKER_1", **fields: Any) -> Said:
    """A segment that begins at this second."""
    id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{number}/{text}"))
    return {"id": id, "text": text, "speaker": speaker, "start": float(number), "end": number + 1.0} | fields


def live(tx: Transaction, heard: float, *segments: Said) -> str:
    """Saves a call, and returns the id of the latest conversation."""
    save(tx, call(heard, *segments, session=UID, uid=UID))
    return talks(tx, "ada", UID)[-1].id


def record(heard: float, *segments: Said, **structured: Any) -> Delivery:
    """A record of the conversation that began at noon."""
    body = {"id": "omi-1", "started_at": time_text(NOON), "structured": structured, "transcript_segments": segments}
    return replace(call(heard, session=UID, uid=UID), kind="conversation", body=json.dumps(body).encode())


def who(tx: Transaction, conversation_id: str, user: str = "ada") -> list[str | None]:
    """The names of those who speak, as a fresh client has them."""
    names = {id: one.name for one in people.page(tx, user, 5_000) for id in one.ids}
    found = history.resolved(tx, user, tx.all_messages(conversation_id))
    return [names.get(to_json(one)["personId"]) for one in found]


def followed(tx: Transaction, conversation_id: str) -> list[str | None]:
    """The same, as a client has them who followed the stream from its beginning."""
    held: dict[str, dict[str, Any]] = {}
    persons: dict[str, dict[str, Any]] = {}
    for event in (json.loads(one.data) for one in tx.events_after("ada", 0, 10_000)):
        for message in event.get("messages", ()):
            if message["rev"] >= held.get(message["id"], message)["rev"]:
                held[message["id"]] = message
        if event["type"] == "person_changed":
            persons[event["person"]["id"]] = event["person"]
    names = {id: one["name"] for one in persons.values() for id in one["ids"]}
    here = [one for one in held.values() if one["conversationId"] == conversation_id]
    return [names.get(one["personId"]) for one in sorted(here, key=lambda one: (one["position"], one["seq"]))]


def shown(tx: Transaction, conversation_id: str) -> list[str | None]:
    assert followed(tx, conversation_id) == who(tx, conversation_id)
    return who(tx, conversation_id)


def names(tx: Transaction, user: str = "ada") -> list[str | None]:
    return sorted(one.name or "" for one in people.page(tx, user, 5_000))


def name(tx: Transaction, conversation_id: str, speaker: str, name: str) -> Person:
    person = speakers.correct(tx, conversation_id, "ada", speaker, name=name)
    assert person
    return person


def test_a_speaker_gets_a_name_for_what_was_said_and_what_comes(tx: Transaction) -> None:
    talk = live(tx, 2, says("Good morning.", 0), says("Hello.", 1, "SPEAKER_2"))
    assert shown(tx, talk) == [None, None]
    ida = name(tx, talk, "SPEAKER_1", "  Ida\nBerg ")
    assert (ida.name, ida.ids) == ("Ida Berg", [ida.id])
    assert shown(tx, talk) == ["Ida Berg", None]
    assert live(tx, 5, says("It is late.", 3)) == talk
    assert shown(tx, talk) == ["Ida Berg", None, "Ida Berg"]
    save(tx, record(100, says("Good morning.", 0), says("Hello.", 1, "SPEAKER_2"), says("Lost words here.", 6)))
    assert shown(tx, talk) == ["Ida Berg", None, "Ida Berg", "Ida Berg"]
    other = live(tx, HOUR, says("Another talk.", 0))
    assert shown(tx, other) == [None]


def test_renaming_changes_no_message(tx: Transaction) -> None:
    talk = live(tx, 2, says("Good morning.", 0))
    ida = name(tx, talk, "SPEAKER_1", "Ida")
    before = tx.all_messages(talk)
    people.rename(tx, "ada", ida.id, "Idana")
    assert tx.all_messages(talk) == before
    assert shown(tx, talk) == ["Idana"]


def test_whom_omi_knows_is_named_in_all_conversations_of_before_and_later(tx: Transaction) -> None:
    earlier = live(tx, 2, says("Good morning.", 0, person_id=IDA))
    talk = live(tx, HOUR, says("Again.", 0, "SPEAKER_4", person_id=IDA), says("Without.", 2, "SPEAKER_4"))
    assert name(tx, talk, "SPEAKER_4", "Ida").id == IDA
    later = live(tx, 2 * HOUR, says("And again.", 0, "SPEAKER_7", person_id=IDA))
    assert (shown(tx, earlier), shown(tx, talk), shown(tx, later)) == (["Ida"], ["Ida", "Ida"], ["Ida"])


def test_a_voice_of_omis_that_is_said_to_be_somebody_known_is_that_person_everywhere(tx: Transaction) -> None:
    earlier = live(tx, 2, says("Good morning.", 0, person_id=IDA))
    talk = live(tx, HOUR, says("Again.", 0, person_id=IDA))
    ida = people.add(tx, "ada", "Ida")
    speakers.correct(tx, talk, "ada", "SPEAKER_1", person_id=ida.id)
    assert (shown(tx, earlier), shown(tx, talk)) == (["Ida"], ["Ida"])
    people.undo(tx, "ada", ida.id)
    assert (shown(tx, earlier), shown(tx, talk)) == ([None], ["Ida"])


def test_another_name_for_somebody_who_has_a_name_is_for_one_conversation(tx: Transaction) -> None:
    earlier = live(tx, 2, says("Good morning.", 0, person_id=IDA))
    talk = live(tx, HOUR, says("Again.", 0, person_id=IDA))
    name(tx, earlier, "SPEAKER_1", "Ida")
    name(tx, talk, "SPEAKER_1", "Hedda")
    assert (shown(tx, earlier), shown(tx, talk)) == (["Ida"], ["Hedda"])
    name(tx, talk, "SPEAKER_1", "ida")
    assert (shown(tx, talk), names(tx)) == (["Ida"], ["Hedda", "Ida"])


def test_nobody_known_speaks(tx: Transaction) -> None:
    talk = live(tx, 2, says("Good morning.", 0, person_id=IDA), says("Hello.", 1, "SPEAKER_2"))
    for speaker in "SPEAKER_1", "SPEAKER_2":
        name(tx, talk, speaker, "Ida")
        for _ in range(2):
            speakers.correct(tx, talk, "ada", speaker, person_id=None)
    assert shown(tx, talk) == [None, None]
    assert [to_json(one)["personId"] for one in tx.all_messages(talk)] == [None, None]
    assert live(tx, 4, says("Later words.", 3, person_id=IDA)) == talk
    other = live(tx, HOUR, says("Again.", 0, person_id=IDA))
    assert (shown(tx, talk), shown(tx, other)) == ([None, None, None], ["Ida"])


def test_who_is_the_wearer_can_be_corrected_and_stays_so(tx: Transaction) -> None:
    mine, theirs = says("Mine.", 0, "SPEAKER_0", is_user=True), says("Theirs.", 1)
    talk = live(tx, 2, mine, theirs)
    speakers.correct(tx, talk, "ada", "SPEAKER_0", is_user=False)
    speakers.correct(tx, talk, "ada", "SPEAKER_1", is_user=True)

    def wearers() -> list[bool]:
        return [to_json(one)["isUser"] for one in tx.all_messages(talk)]

    assert wearers() == [False, True]
    revs = [one.rev for one in tx.all_messages(talk)]
    live(tx, 3, mine, theirs)
    assert (wearers(), [one.rev for one in tx.all_messages(talk)]) == ([False, True], revs)
    live(tx, 4, theirs | {"text": "Theirs and more.", "end": 2.5})
    save(tx, record(100, mine, theirs | {"text": "Theirs and more.", "end": 2.5}, says("Lost words here.", 6)))
    assert wearers() == [False, True, True]
    name(tx, talk, "SPEAKER_1", "Ida")
    assert (wearers(), shown(tx, talk)) == ([False, False, False], [None, "Ida", "Ida"])
    speakers.correct(tx, talk, "ada", "SPEAKER_0", person_id=None)
    assert wearers() == [True, False, False]


def test_merged_people_are_one_until_it_is_undone(tx: Transaction) -> None:
    talk = live(tx, 2, says("One.", 0), says("Two.", 1, "SPEAKER_2"), says("Three.", 2, "SPEAKER_3"))
    ida, hedda, jo = (name(tx, talk, f"SPEAKER_{n}", who) for n, who in ((1, "Ida"), (2, "Hedda"), (3, "Jo")))
    people.merge(tx, "ada", ida.id, hedda.id)
    merged = people.merge(tx, "ada", hedda.id, jo.id)
    assert merged.ids == [jo.id, *sorted([ida.id, hedda.id])]
    assert (shown(tx, talk), names(tx)) == (["Jo", "Jo", "Jo"], ["Jo"])
    assert {to_json(one)["personId"] for one in history.resolved(tx, "ada", tx.all_messages(talk))} == {jo.id}
    people.undo(tx, "ada", jo.id)
    assert shown(tx, talk) == ["Hedda", "Hedda", "Jo"]
    people.undo(tx, "ada", ida.id)
    assert shown(tx, talk) == ["Ida", "Hedda", "Jo"]
    for one in ida, hedda, jo:
        with pytest.raises(NothingToUndo):
            people.undo(tx, "ada", one.id)


def test_a_merge_says_only_who_was_merged_into_whom(tx: Transaction) -> None:
    first, second, third = (people.add(tx, "ada", name) for name in ("Ida", "Hedda", "Jo"))
    people.merge(tx, "ada", first.id, second.id)
    before = len(tx.events_after("ada", 0, 1000))
    people.merge(tx, "ada", second.id, third.id)
    events = [json.loads(event.data)["person"] for event in tx.events_after("ada", before, 1000)]
    assert {one["id"]: one["mergedInto"] for one in events} == {second.id: third.id, third.id: None}
    assert {id for one in events for id in one["ids"]} == {first.id, second.id, third.id}


def test_a_person_is_split_in_some_conversations_for_late_words_too(tx: Transaction) -> None:
    first = live(tx, 2, says("One.", 0, person_id=IDA), says("Two.", 1, "SPEAKER_2"), says("Three.", 2, "SPEAKER_3"))
    second = live(tx, HOUR, says("Four.", 0, person_id=IDA))
    ida = name(tx, second, "SPEAKER_1", "Ida")
    name(tx, first, "SPEAKER_2", "Ida")
    new = speakers.split(tx, "ada", ida.id, [first])
    assert new.name == "Ida 2"
    people.rename(tx, "ada", new.id, "Hedda")
    assert live(tx, HOUR + 3, says("Five.", 2, person_id=IDA)) == second
    late = says("Lost words here.", 6, "SPEAKER_9", person_id=IDA)
    save(tx, record(200, says("One.", 0), says("Two.", 1), says("Three.", 2), late))
    assert (shown(tx, first), shown(tx, second)) == (["Hedda", "Hedda", None, "Hedda"], ["Ida", "Ida"])
    people.undo(tx, "ada", new.id)
    assert shown(tx, first) == ["Ida 2", "Ida 2", None, "Ida 2"]
    people.undo(tx, "ada", ida.id)
    assert (shown(tx, first), names(tx)) == (["Ida", "Ida", None, "Ida"], ["Ida"])


def test_a_split_needs_words_of_the_person(tx: Transaction) -> None:
    talk = live(tx, 2, says("One.", 0))
    ida = people.add(tx, "ada", "Ida")
    for ids in ([], [talk], [talk] * 101):
        with pytest.raises(Invalid):
            speakers.split(tx, "ada", ida.id, ids)
    with pytest.raises(NotFound):
        speakers.split(tx, "ada", ida.id, ["none"])


def test_a_speaker_of_joined_conversations_is_named_in_all_of_them(tx: Transaction) -> None:
    first = live(tx, 2, says("One.", 0, person_id=IDA), says("Two.", 1, "SPEAKER_2"))
    second = live(tx, HOUR, says("Three.", 0))
    joining.join(tx, first, second, "ada")
    ida = name(tx, first, "SPEAKER_1", "Ida")
    whole = [to_json(one)["personId"] for one in history.current(tx, "ada")[1]]
    assert whole == [ida.id, None, ida.id]
    with pytest.raises(NotFound):
        name(tx, second, "SPEAKER_1", "Jo")
    joining.undo(tx, first, "ada")
    assert live(tx, HOUR + 3, says("Four.", 2)) == second
    assert (shown(tx, first), shown(tx, second)) == (["Ida", None], ["Ida", "Ida"])
    part = joining.split(tx, second, f"{second}.2", "ada")
    assert (shown(tx, second), shown(tx, part)) == (["Ida"], ["Ida"])
    assert live(tx, HOUR + 6, says("Five.", 5)) == part
    assert shown(tx, part) == ["Ida", "Ida"]


def test_the_words_of_a_deleted_person_stay(tx: Transaction) -> None:
    talk = live(tx, 2, says("One.", 0, person_id=IDA))
    name(tx, talk, "SPEAKER_1", "Ida")
    people.remove(tx, "ada", IDA)
    assert (shown(tx, talk), names(tx), len(tx.all_messages(talk))) == ([None], [], 1)
    assert not any("Ida" in event.data for event in tx.events_after("ada", 0, 1000))
    save(tx, record(100, says("One.", 0, person_id=IDA, speaker_name="Ida Berg")))
    assert (shown(tx, talk), names(tx)) == ([None], [])
    assert people.undo(tx, "ada", IDA).name == "Ida"
    assert shown(tx, talk) == ["Ida"]


def test_the_names_of_records_are_learned_and_ones_own_outlast_them(tx: Transaction) -> None:
    said = [
        says("One.", 0, person_id=IDA, speaker_name="Ida Berg"),
        says("Two.", 1, "SPEAKER_2", person_id="2f0b", speaker_name="Speaker 2"),
        says("Mine.", 2, "SPEAKER_0", is_user=True, person_id="user", speaker_name="Ada"),
    ]
    talk = live(tx, 4, *said)
    save(tx, record(100, *said, participants=[{"name": "Ida Berg"}, {"name": "Hedda"}]))
    assert (shown(tx, talk), names(tx)) == (["Ida Berg", None, None], ["Ida Berg"])
    participants = to_json(talks(tx, "ada", UID)[0])["participants"]
    assert participants == [{"name": "Ida Berg", "personId": IDA}, {"name": "Hedda", "personId": None}]
    later = [says("One.", 0, person_id=IDA, speaker_name="Ida B."), *said[1:]]
    save(tx, record(100, *later))
    assert names(tx) == ["Ida B."]
    assert name(tx, talk, "SPEAKER_1", "Mum").id == IDA
    save(tx, record(100, *later))
    assert (shown(tx, talk), names(tx)) == (["Mum", None, None], ["Mum"])


def test_a_record_says_who_spoke_words_that_came_live(tx: Transaction) -> None:
    talk = live(tx, 4, says("One.", 0), says("Two.", 1, "SPEAKER_2"), says("Mine.", 2, "SPEAKER_0", is_user=True))
    name(tx, talk, "SPEAKER_2", "Jo")
    german = [{"lang": "de", "text": "Eins."}]
    said = [
        says("One.", 0, person_id=IDA, speaker_name="Ida", translations=german),
        says("Two.", 1, "SPEAKER_2", person_id=IDA, speaker_name="Ida"),
        says("Mine.", 2, "SPEAKER_0", is_user=True, person_id=IDA, speaker_name="Ida"),
    ]
    for _ in range(2):
        save(tx, record(100, *said))
        assert shown(tx, talk) == ["Ida", "Jo", None]
        assert [one.rev for one in tx.all_messages(talk)] == [2, 3, 1]


def test_words_that_come_live_after_the_record_keep_who_spoke_them(tx: Transaction) -> None:
    talk = live(tx, 2, says("One.", 0))
    lost = says("Lost words here.", 6)
    save(tx, record(100, says("One.", 0), lost | {"person_id": IDA, "speaker_name": "Ida"}))
    assert live(tx, 101, lost) == talk
    assert [(one.text, one.source) for one in tx.all_messages(talk)][1:] == [("Lost words here.", "omi")]
    assert who(tx, talk) == [None, "Ida"]


def test_the_names_of_an_ownerless_record_come_along_with_it(tx: Transaction) -> None:
    said = says("One.", 0, person_id=IDA, speaker_name="Ida Berg")
    body = {"id": "omi-1", "transcript_segments": [said]}
    save(tx, replace(call(50, session="kitchen"), kind="conversation", body=json.dumps(body).encode()))
    sessions.link(tx, "kitchen", "ben", moment(60))
    [talk] = talks(tx, "ben")
    assert who(tx, talk.id, "ben") == ["Ida Berg"]


def test_what_an_owner_said_of_the_speakers_does_not_go_to_the_next(tx: Transaction) -> None:
    save(tx, call(2, says("Good morning.", 0, person_id=IDA), session="late", uid="late"))
    by = By("operator")
    omi_accounts.verify_by_operator(tx, "late", "ada", moment(10), by)
    [talk] = talks(tx, "ada", "late")
    speakers.correct(tx, talk.id, "ada", "SPEAKER_1", name="Ida", is_user=True)
    assert omi_accounts.leave_earlier(tx, "late", "ada", moment(20), by) == 1
    [ownerless] = talks(tx, None, "late")
    assert ownerless.speakers is None
    assert [(one.is_wearer, one.speaking_person_id) for one in tx.all_messages(ownerless.id)] == [(False, IDA)]


def test_other_peoples_people_are_not_there(tx: Transaction) -> None:
    talk = live(tx, 2, says("Good morning.", 0))
    ida, ben = people.add(tx, "ada", "Ida"), people.add(tx, "ben", "Ben")
    for change in (
        lambda: people.rename(tx, "ben", ida.id, "Mine"),
        lambda: people.remove(tx, "ben", ida.id),
        lambda: people.merge(tx, "ben", ida.id, ben.id),
        lambda: people.merge(tx, "ben", ben.id, ida.id),
        lambda: people.undo(tx, "ben", ida.id),
        lambda: speakers.split(tx, "ben", ben.id, [talk]),
        lambda: speakers.correct(tx, talk, "ben", "SPEAKER_1", person_id=ben.id),
        lambda: speakers.correct(tx, talk, "ada", "SPEAKER_1", person_id=ben.id),
        lambda: speakers.correct(tx, talk, "ada", "SPEAKER_2", person_id=ida.id),
    ):
        with pytest.raises(NotFound):
            change()
    assert (names(tx), names(tx, "ben"), shown(tx, talk)) == (["Ida"], ["Ben"], [None])


@pytest.mark.parametrize("given", ["", " \n", "x" * 101, "a\x00b", "\ud800"])
def test_what_is_no_name_is_refused(tx: Transaction, given: str) -> None:
    talk, ida = live(tx, 2, says("Good morning.", 0)), people.add(tx, "ada", "Ida")
    for change in (
        lambda: people.add(tx, "ada", given),
        lambda: people.rename(tx, "ada", ida.id, given),
        lambda: speakers.correct(tx, talk, "ada", "SPEAKER_1", name=given),
    ):
        with pytest.raises(Invalid):
            change()


def test_a_request_says_one_thing(tx: Transaction) -> None:
    talk, ida = live(tx, 2, says("Good morning.", 0)), people.add(tx, "ada", "Ida")
    for both in ({}, {"person_id": ida.id, "name": "Ida"}, {"person_id": None, "name": "Ida"}):
        with pytest.raises(Invalid):
            speakers.correct(tx, talk, "ada", "SPEAKER_1", **both)  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        people.merge(tx, "ada", ida.id, ida.id)


def test_people_are_bounded(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "MOST", 3)
    for number in range(3):
        people.add(tx, "ada", f"Person {number}")
    with pytest.raises(Invalid):
        people.add(tx, "ada", "One too many")
    talk = live(tx, 2, says("One.", 0, person_id=IDA))
    save(tx, record(100, says("One.", 0, person_id=IDA, speaker_name="Ida Berg")))
    assert (len(names(tx)), shown(tx, talk)) == (3, [None])


def test_the_people_of_a_deleted_account_are_gone(tx: Transaction) -> None:
    people.add(tx, "ada", "Ida")
    history.remove_user(tx, "ada", moment(10))
    assert len(tx.people("ada")) == 0


def participants(tx: Transaction, conversation_id: str) -> list[str | None]:
    """The ids of those who took part, as a fresh client has them; the stream must have said the same last."""
    shown = to_json(next(one for one in talks(tx, "ada", UID) if one.id == conversation_id))["participants"]
    events = [json.loads(event.data) for event in tx.events_after("ada", 0, 10_000)]
    told = [event["conversation"] for event in events if "conversation" in event]
    assert [one["participants"] for one in told if one["id"] == conversation_id][-1] == shown
    return [one["personId"] for one in shown]


def test_participants_are_the_people_whom_their_names_mean_whenever_those_are_named(tx: Transaction) -> None:
    talk = live(tx, 2, says("One.", 0), says("Two.", 1, "SPEAKER_2"))
    sent = record(100, says("One.", 0), says("Two.", 1, "SPEAKER_2"), participants=[{"name": "Hedda"}, {"name": "Jo"}])
    save(tx, sent)
    assert participants(tx, talk) == [None, None]
    hedda = name(tx, talk, "SPEAKER_1", "hedda")
    assert participants(tx, talk) == [hedda.id, None]
    people.rename(tx, "ada", hedda.id, "Hedda Quist")
    assert participants(tx, talk) == [hedda.id, None]
    save(tx, replace(sent, seq=sent.seq + 1_000_000))
    assert participants(tx, talk) == [hedda.id, None]
    jo, joanna = people.add(tx, "ada", "Jo"), people.add(tx, "ada", "Joanna")
    people.merge(tx, "ada", jo.id, joanna.id)
    assert participants(tx, talk) == [hedda.id, jo.id]
    assert jo.id in next(one.ids for one in people.page(tx, "ada", 10) if one.id == joanna.id)
    people.remove(tx, "ada", joanna.id)
    assert participants(tx, talk) == [hedda.id, None]
    people.undo(tx, "ada", joanna.id)
    assert participants(tx, talk) == [hedda.id, joanna.id]


def test_a_participant_of_a_later_record_who_was_merged_is_found_by_the_earlier_name(tx: Transaction) -> None:
    talk = live(tx, 2, says("One.", 0))
    jo, joanna = people.add(tx, "ada", "Jo"), people.add(tx, "ada", "Joanna")
    people.merge(tx, "ada", jo.id, joanna.id)
    save(tx, record(100, says("One.", 0), participants=[{"name": "Jo"}]))
    assert participants(tx, talk) == [joanna.id]


def test_participants_of_ownerless_conversations_are_found_among_the_new_owners_people(tx: Transaction) -> None:
    save(tx, call(2, says("One.", 0), session="hall"))
    sent = record(100, says("One.", 0), participants=[{"name": "Jo"}])
    save(tx, replace(sent, session_id="hall", uid=None))
    jo = people.add(tx, "ada", "Jo")
    sessions.link(tx, "hall", "ada", moment(200))
    [talk] = talks(tx, "ada", "hall")
    assert [one["personId"] for one in to_json(talk)["participants"]] == [jo.id]


def test_a_later_record_says_who_spoke_the_words_that_a_record_filled_in(tx: Transaction) -> None:
    talk = live(tx, 2, says("One.", 0))
    lost = says("These words never came live.", 6)
    save(tx, record(100, says("One.", 0), lost))
    [before] = [one for one in tx.all_messages(talk) if one.source == "omi_record"]
    save(tx, record(200, says("One.", 0, is_user=True), lost | {"is_user": True}))
    heard, filled = tx.all_messages(talk)
    assert (heard.is_wearer, filled.is_wearer, filled.rev) == (False, True, before.rev + 1)
    events = [json.loads(event.data) for event in tx.events_after("ada", 0, 1000)]
    assert [one["isUser"] for event in events for one in event.get("messages", ()) if one["id"] == filled.id][-1]
    speakers.correct(tx, talk, "ada", "SPEAKER_1", is_user=False)
    save(tx, record(300, says("One.", 0), lost))
    save(tx, record(400, says("One.", 0), lost | {"is_user": True}))
    assert [one.is_wearer for one in tx.all_messages(talk)] == [False, False]
