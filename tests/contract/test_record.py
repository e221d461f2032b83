"""OMI's record of a conversation: it fills in the words that never came live, and says what the conversation was about.
On both databases, with OMI's own bodies."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from contract_support import prune
from msgspec.structs import replace
from properties.histories import NOON, call, empty_store, save, save_one_by_one, say, talks, verify
from sqlalchemy import Engine

from omilink.conversations import editing, history
from omilink.database.search import Filters
from omilink.database.store import Transaction
from omilink.ingest import record_reading
from omilink.linking import omi_accounts, sessions
from omilink.models.audit import By
from omilink.models.conversation import Conversation
from omilink.models.delivery import Delivery
from omilink.models.json import time_text, to_json
from omilink.models.message import Message
from omilink.models.order import Moment
from omilink.search import index
from omilink.search.find import Order, find

SAMPLES = Path(__file__).parents[1] / "samples"
A = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"
LOST = ["the two dollies.", "Good. How much does the van cost?"]
LOST += ["Three hundred and forty euros, half of it up front.", "I will transfer it tonight."]


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    """A store where ada has proven the samples' account."""
    with empty_store(engine) as tx:
        verify(tx, A, "ada", NOON)
        yield tx


def body_of(name: str) -> dict[str, Any]:
    [path] = SAMPLES.glob(f"{name}-*.json")
    body: dict[str, Any] = json.loads(path.read_text())
    return body


def live(name: str, heard: float) -> Delivery:
    return replace(call(heard, session=A, uid=A), body=json.dumps(body_of(name)).encode())


def record(body: dict[str, Any], heard: float, session: str = A, uid: str | None = A, began: float = 0.0) -> Delivery:
    """The record as it comes so many seconds after noon, of a conversation that began at `began`."""
    if "started_at" in body:
        started = datetime.fromtimestamp(NOON / 1000 + began, UTC)
        body = {**body, "started_at": started.isoformat(), "created_at": (started - timedelta(minutes=12)).isoformat()}
        body["finished_at"] = (started + timedelta(seconds=32)).isoformat()
    sent = call(heard, session=session, uid=uid)
    return replace(sent, kind="conversation", body=json.dumps(body).encode())


def heard_live(tx: Transaction, *names: str) -> None:
    moments = {"20a": 7.0, "20b": 12.5, "20c": 31.0}
    save_one_by_one(tx, [live(name, moments[name]) for name in names])


def only(tx: Transaction, owner: str | None = "ada", session: str = A) -> Conversation:
    [conversation] = talks(tx, owner, session)
    return conversation


def words(tx: Transaction, conversation: Conversation) -> list[Message]:
    return tx.all_messages(conversation.id)


def said(tx: Transaction, conversation: Conversation) -> list[str]:
    return [message.text for message in words(tx, conversation)]


def letters(texts: list[str]) -> str:
    return "".join(letter for text in texts for letter in text.casefold() if letter.isalnum())


def of_record(body: dict[str, Any]) -> str:
    return letters([segment["text"] for segment in body["transcript_segments"]])


def events_of(tx: Transaction, user_id: str = "ada") -> list[dict[str, Any]]:
    return [json.loads(event.data) for event in tx.events_after(user_id, 0, 1000)]


def test_lost_words_are_filled_in_where_they_were_said(tx: Transaction) -> None:
    heard_live(tx, "20a", "20b", "20c")
    before = {message.id: message for message in words(tx, only(tx))}
    save(tx, record(body_of("20z"), 160))
    conversation = only(tx)
    after = words(tx, conversation)
    assert [m.text for m in after if m.source == "omi_record"] == LOST
    assert letters([m.text for m in after]) == of_record(body_of("20z"))
    named = {m.id: m for m in after if m.person_id and m.source == "omi"}
    assert {m.person_id for m in named.values()} == {"6263161c-14c6-4770-9ab8-461930dfed4d"}
    assert {m.speaker for m in named.values()} == {"SPEAKER_1"}
    assert {m.id: m for m in after if m.source == "omi"} == before | {
        id: replace(before[id], person_id=m.person_id, rev=2) for id, m in named.items()
    }
    assert conversation.repaired_count == 25
    assert [m.seq for m in after].index(5) < [m.seq for m in after].index(8) < [m.seq for m in after].index(6)


def test_the_conversation_says_what_omi_says_about_it(tx: Transaction) -> None:
    heard_live(tx, "20a", "20b", "20c")
    save(tx, record(body_of("20z"), 160))
    shown = to_json(only(tx))
    assert (shown["title"], shown["titleSource"]) == ("Moving the piano on Saturday", "omi")
    assert (shown["emoji"], shown["category"]) == ("🎹", "family")
    assert shown["summary"].startswith("The van comes on Saturday")
    assert shown["omiConversationId"] == "d4b62afb-7ba6-4765-bbf1-f2e4b966f72f"
    texts = {message.id: message.text for message in words(tx, only(tx))}
    transfer, hedda = shown["actionItems"]
    assert (transfer["done"], transfer["dueAt"], transfer["owner"]) == (False, "2026-10-12T20:00:00.000Z", None)
    assert [texts[id] for id in transfer["messageIds"]] == ["I will transfer it tonight."]
    assert hedda["owner"] == "Jonas"
    assert [texts[id] for id in hedda["messageIds"]] == ["Then I call Hedda, she has the straps and", LOST[0]]


def test_the_same_record_again_changes_nothing(tx: Transaction) -> None:
    heard_live(tx, "20a", "20b", "20c")
    save(tx, record(body_of("20z"), 160))
    before = only(tx), words(tx, only(tx)), events_of(tx)
    save(tx, record(body_of("20z"), 165), record(body_of("20z"), 170))
    assert (only(tx), words(tx, only(tx)), events_of(tx)) == before


def test_a_later_edition_changes_only_what_differs(tx: Transaction) -> None:
    heard_live(tx, "20a", "20b", "20c")
    save(tx, record(body_of("20z"), 160))
    before, count = words(tx, only(tx)), len(events_of(tx))
    save(tx, record(body_of("22"), 9_000))
    shown = to_json(only(tx))
    assert shown["title"] == "Umzug: piano and van"
    assert [item["done"] for item in shown["actionItems"]] == [True, False]
    assert words(tx, only(tx)) == before
    assert [event["type"] for event in events_of(tx)[count:]] == ["conversation_changed"]


def test_streams_are_told_of_the_words_and_the_title_at_once(tx: Transaction) -> None:
    heard_live(tx, "20a", "20b", "20c")
    count = len(events_of(tx))
    save(tx, record(body_of("20z"), 160))
    event, named = events_of(tx)[count:]
    assert (event["type"], event["conversation"]["title"]) == ("new_messages", "Moving the piano on Saturday")
    assert (named["type"], {one["speaker"] for one in named["messages"]}) == ("messages_updated", {"SPEAKER_1"})
    assert [message["text"] for message in event["messages"]] == LOST
    assert {message["source"] for message in event["messages"]} == {"omi_record"}


@pytest.mark.parametrize("first", [[], ["20a"], ["20b"], ["20a", "20b"], ["20c"]])
def test_words_that_come_live_after_the_record_are_not_doubled(tx: Transaction, first: list[str]) -> None:
    heard_live(tx, *first)
    save(tx, record(body_of("20z"), 40))
    for name in sorted({"20a", "20b", "20c"} - set(first)):
        save(tx, live(name, 45))
    assert letters(said(tx, only(tx))) == of_record(body_of("20z"))


@pytest.mark.parametrize("first", [[], ["20a"], ["20b"], ["20c"]])
def test_live_words_take_the_place_of_those_that_the_record_filled_in(tx: Transaction, first: list[str]) -> None:
    heard_live(tx, *first)
    save(tx, record(body_of("20z"), 40))
    for name in sorted({"20a", "20b", "20c"} - set(first)):
        save(tx, live(name, 45))
    conversation, after = only(tx), words(tx, only(tx))
    assert {m.segment_id: m.text for m in after if m.source == "omi"} == {
        one["id"]: one["text"] for name in ("20a", "20b", "20c") for one in body_of(name)["segments"]
    }
    assert [m.text for m in after if m.source == "omi_record"] == LOST
    assert (conversation.repaired_count, conversation.message_count) == (25, len(after))
    shown = [(section.heading, section.message_ids) for section in conversation.sections]
    assert {id for _, ids in shown for id in ids} <= {m.id for m in after}
    count = len(events_of(tx))
    save(tx, record(body_of("20z"), 50), live("20a", 51), live("20b", 52), live("20c", 53))
    assert (only(tx), words(tx, only(tx)), len(events_of(tx))) == (conversation, after, count)


def piano(*texts: str) -> dict[str, Any]:
    """A record of these segments, one each ten seconds."""
    segments = [say(text, 10.0 * n, 10.0 * n + 8, id=uuid(n)) for n, text in enumerate(texts)]
    return {"id": "omi", "started_at": "", "transcript_segments": segments, "structured": {"title": "T"}}


def uuid(number: int) -> str:
    return f"0000000{number}-0000-4000-8000-000000000000"


def heard(tx: Transaction, at: float, *segments: dict[str, Any]) -> None:
    save(tx, call(at, *segments, session=A, uid=A))


def test_a_live_segment_takes_a_part_of_a_message_which_is_cut_in_two(tx: Transaction) -> None:
    save(tx, record(piano("We carry the piano up. Then it goes next to the door. Is that all right?"), 20))
    heard(tx, 21, say("then it goes next to the door", 3.0, 6.0, id=uuid(5)))
    after = words(tx, only(tx))
    assert [(m.text, m.source, m.seq) for m in after] == [
        ("We carry the piano up.", "omi_record", 1),
        ("then it goes next to the door", "omi", 2),
        ("Is that all right?", "omi_record", 3),
    ]
    assert only(tx).repaired_count == 9
    assert [event["type"] for event in events_of(tx)[-2:]] == ["new_messages", "messages_updated"]
    heard(tx, 22, say("We carry the piano up", 0.0, 2.5, id=uuid(6)), say("Is that all right?", 6.5, 8.0, id=uuid(7)))
    assert [event["type"] for event in events_of(tx)[-2:]] == ["messages_deleted", "new_messages"]
    assert events_of(tx)[-2]["messageIds"] == [after[0].id, after[2].id]
    assert {m.source for m in words(tx, only(tx))} == {"omi"}
    assert (only(tx).repaired_count, only(tx).message_count) == (0, 3)


def test_a_live_segment_that_says_more_than_the_record_is_not_doubled(tx: Transaction) -> None:
    save(tx, record(piano("The van comes at nine", "We carry it up the stairs"), 20))
    heard(tx, 21, say("We carry it up the stairs and then we rest", 10.0, 20.0, id=uuid(5)))
    assert said(tx, only(tx)) == ["The van comes at nine", "We carry it up the stairs and then we rest"]
    save(tx, record(piano("The van comes at nine", "We carry it up the stairs"), 30))
    assert said(tx, only(tx)) == ["The van comes at nine", "We carry it up the stairs and then we rest"]


def test_a_correction_of_filled_in_words_outlasts_the_live_ones(tx: Transaction) -> None:
    save(tx, record(piano("The fan comes at nine", "We carry it up the stares. That is all."), 20))
    [van, stairs] = words(tx, only(tx))
    editing.correct(tx, only(tx).id, van.id, "ada", "The van comes at nine")
    editing.correct(tx, only(tx).id, stairs.id, "ada", "We carry it up the stairs. That is all.")
    heard(tx, 21, say("The fan comes at nine", 0.0, 8.0, id=uuid(5)), say("That is all.", 16.0, 18.0, id=uuid(6)))
    assert [(m.shown_text, m.source) for m in words(tx, only(tx))] == [
        ("The van comes at nine", "omi"),
        ("We carry it up the stairs. That is all.", "omi_record"),
    ]


def test_translations_stay_with_the_words(tx: Transaction) -> None:
    body = piano("The van comes at nine. We carry the piano up.")
    [segment] = body["transcript_segments"]
    segment["translations"] = [{"lang": "de", "text": "Der Wagen kommt um neun. Wir tragen das Klavier hoch."}]
    save(tx, record(body, 20))
    heard(tx, 21, say("The van comes at nine.", 0.0, 4.0, id=uuid(5)))
    after = words(tx, only(tx))
    assert [m.translations and "Klavier" in m.translations for m in after] == [True, False]
    save(tx, record(body, 22))
    assert words(tx, only(tx)) == after


def test_whoever_says_yes_again_is_heard(tx: Transaction) -> None:
    save(tx, record(piano("Is it heavy?", "Yes."), 20))
    heard(tx, 21, say("Yes.", 10.0, 18.0, id=uuid(5)))
    heard(tx, 22, say("Yes.", 18.5, 19.0, id=uuid(6)))
    heard(tx, 23, say("Yes.", 10.0, 18.0, id=uuid(5)))
    assert said(tx, only(tx)) == ["Is it heavy?", "Yes.", "Yes."]


@pytest.mark.parametrize("said_late", ["alpha six bravo six charlie six", "alpha one bravo six charlie one"])
def test_a_live_segment_takes_no_words_that_are_only_like_its_own(tx: Transaction, said_late: str) -> None:
    recorded = [f"alpha {n} bravo {n} charlie {n}" for n in ("one", "two", "three")]
    save(tx, record(piano(*recorded), 30))
    for start in (10.0, 18.5, 28.5):
        heard(tx, 31, say(said_late, start, start + 1.4, id=uuid(int(start % 7) + 3)))
    assert set(recorded) <= set(said(tx, only(tx)))
    save(tx, record(piano(*recorded), 40))
    assert set(recorded) <= set(said(tx, only(tx)))
    assert said(tx, only(tx)).count(said_late) == 3


def test_a_sentence_of_the_next_conversation_stays_in_it(tx: Transaction) -> None:
    again = "There should be a box of candles."
    heard(tx, 25, say("Shall we go to the harbour on Sunday?", 0.0, 4.0, id=uuid(1)))
    save(tx, record(piano("Shall we go to the harbour on Sunday?", again), 30))
    for start, text in ((0.0, "How was the concert in Bergen?"), (13.0, again), (16.0, "Look behind the flower pots.")):
        heard(tx, 100 + start + 2, say(text, start, start + 2, id=uuid(int(start) // 5 + 4)))
    assert sorted(said(tx, one) for one in tx.conversations_of("ada", 9)) == [
        ["How was the concert in Bergen?", again, "Look behind the flower pots."],
        ["Shall we go to the harbour on Sunday?", again],
    ]


def test_what_a_live_segment_says_later_leaves_the_record(tx: Transaction) -> None:
    heard(tx, 3, say("The van comes", 0.0, 2.0, id=uuid(0)))
    save(tx, record(piano("The van comes at nine", "Fine."), 20))
    assert said(tx, only(tx)) == ["The van comes", "at nine", "Fine."]
    heard(tx, 21, say("The van comes at nine", 0.0, 8.0, id=uuid(0)))
    assert said(tx, only(tx)) == ["The van comes at nine", "Fine."]
    assert only(tx).repaired_count == 1


def test_words_without_a_place_take_the_place_of_their_filled_in_words(tx: Transaction) -> None:
    body = piano("The van comes at nine")
    body["transcript_segments"] += [{"text": "and thank you very much", "id": uuid(8)}]
    save(tx, record(body, 20))
    heard(tx, 21, say("And thank you very much!", id=uuid(8)))
    assert said(tx, only(tx)) == ["The van comes at nine", "And thank you very much!"]


def test_words_that_left_the_record_are_found_once(tx: Transaction) -> None:
    save(tx, record(piano("The copper kettle is on", "and the tin spoon"), 20))
    while index.catch_up(tx):
        pass
    heard(tx, 21, say("The copper kettle is on", 0.0, 8.0, id=uuid(5)))
    while index.catch_up(tx):
        pass
    hits = find(tx, "ada", "kettle", Filters(), Order.NEWEST, 10).hits
    assert [hit.text for hit in hits if hit.field == "words"] == ["The copper kettle is on"]


def test_a_conversation_that_never_came_live_is_made_of_its_record(tx: Transaction) -> None:
    save(tx, record(body_of("21"), 100))
    conversation = only(tx)
    assert letters(said(tx, conversation)) == of_record(body_of("21"))
    shown = to_json(conversation)
    assert shown["title"] == "Bike frame ready on Thursday"
    assert shown["startedAt"] == time_text(NOON)
    heading = [section["heading"] for section in shown["sections"]]
    assert heading == ["State of the repair", "Price", "Side notes"]
    assert [len(section["messageIds"]) for section in shown["sections"]] == [3, 2, 0]
    assert [event["type"] for event in events_of(tx)[-2:]] == ["conversation_changed", "new_messages"]
    save(tx, record(body_of("21"), 140))
    assert only(tx) == conversation


def test_an_old_record_does_not_become_the_current_conversation(tx: Transaction) -> None:
    save(tx, live("25a", 5_000))
    save(tx, record(body_of("21"), 5_010))
    latest = tx.latest_conversation("ada")
    assert latest and said(tx, latest)[0] == "Mm. Yeah."
    assert len(talks(tx, "ada", A)) == 2


@pytest.mark.parametrize("names", [("23y", "23z"), ("23z", "23y")])
def test_two_devices_keep_their_conversations_apart(tx: Transaction, names: tuple[str, str]) -> None:
    save_one_by_one(tx, [live(name, heard) for name, heard in [("23a", 16), ("23b", 23), ("23c", 23.1), ("23d", 29)]])
    before = {one.id: words(tx, one) for one in talks(tx, "ada", A)}
    for name in names:
        save(tx, record(body_of(name), 160, began=16))
    after = talks(tx, "ada", A)
    assert {one.id: words(tx, one) for one in after} == before
    titles = {to_json(one)["title"] for one in after}
    assert titles == {body_of(name)["structured"]["title"] for name in names}


def test_a_discarded_conversation_keeps_its_words_and_gets_no_title(tx: Transaction) -> None:
    save(tx, live("25a", 3))
    save(tx, record(body_of("25z"), 130))
    shown = to_json(only(tx))
    assert (shown["title"], shown["titleSource"], shown["emoji"]) == ("Mm. Yeah.", "words", None)
    assert said(tx, only(tx)) == ["Mm. Yeah.", "Okay then."]


def test_without_ids_the_time_and_the_words_tell_the_conversation(tx: Transaction) -> None:
    heard_live(tx, "20a", "20b", "20c")
    body = body_of("20z")
    for segment in body["transcript_segments"]:
        del segment["id"]
    save(tx, record(body, 160))
    assert letters(said(tx, only(tx))) == of_record(body)
    save(tx, record(body_of("21"), 170))
    assert len(talks(tx, "ada", A)) == 2


def test_dates_that_are_wrong_harm_nothing_where_ids_are_shared(tx: Transaction) -> None:
    heard_live(tx, "20a", "20b", "20c")
    began = only(tx).zero_at
    save(tx, record(body_of("20z"), 160, began=-90 * 86_400))
    assert letters(said(tx, only(tx))) == of_record(body_of("20z"))
    assert only(tx).zero_at == began


@pytest.mark.parametrize("ids", [True, False])
def test_a_deleted_conversation_stays_deleted(tx: Transaction, ids: bool) -> None:
    heard_live(tx, "20a", "20b", "20c")
    history.delete(tx, only(tx).id, "ada", NOON + 100_000)
    body = body_of("20z")
    if not ids:
        for segment in body["transcript_segments"]:
            del segment["id"]
    save_one_by_one(tx, [record(body, 160), record(body_of("22"), 9_000)])
    assert talks(tx, "ada", A) == []
    assert [event["type"] for event in events_of(tx)] == ["session_linked", "conversation_deleted"]


def test_a_deleted_conversation_that_never_came_live_stays_deleted(tx: Transaction) -> None:
    save(tx, record(body_of("21"), 100))
    history.delete(tx, only(tx).id, "ada", NOON + 120_000)
    save(tx, record(body_of("21"), 140))
    assert talks(tx, "ada", A) == []


def test_nothing_that_a_record_said_is_left_after_deleting(tx: Transaction) -> None:
    save(tx, record(body_of("20z"), 100))
    conversation = only(tx)
    history.delete(tx, conversation.id, "ada", NOON + 120_000)
    [tombstone] = tx.conversations_of_record(conversation.omi_id or "", "ada", conversation.session_key)
    assert "piano" not in repr((tombstone, tx.all_messages(conversation.id), events_of(tx))).casefold()


def test_a_record_of_an_ownerless_session_waits_with_its_words(engine: Engine) -> None:
    with empty_store(engine) as tx:
        save(tx, call(7, say("the kettle is on", 0.0), session="kitchen"))
        body = body_of("20z")
        body["transcript_segments"] = [{"text": "The kettle is on. Tea is ready", "start": 0.0, "end": 4.0}]
        save(tx, record(body, 100, session="kitchen", uid=None))
        assert to_json(only(tx, None, "kitchen"))["title"] == "Moving the piano on Saturday"
        sessions.link(tx, "kitchen", "ben", Moment(at=NOON + 200_000, order=NOON + 200_000))
        conversation = only(tx, "ben", "kitchen")
        assert said(tx, conversation) == ["the kettle is on", "Tea is ready"]
        assert to_json(conversation)["title"] == "Moving the piano on Saturday"


def test_a_record_of_an_earlier_owners_conversation_reaches_nobody_else(engine: Engine) -> None:
    with empty_store(engine) as tx:
        at = Moment(at=NOON, order=NOON)
        sessions.link(tx, "kitchen", "ada", at)
        save(
            tx,
            replace(call(7, session="kitchen"), body=json.dumps(body_of("20a") | {"session_id": "kitchen"}).encode()),
        )
        later = Moment(at=NOON + 50_000, order=NOON + 50_000)
        sessions.unlink(tx, "kitchen", "ada", later)
        sessions.link(tx, "kitchen", "ben", later)
        before = words(tx, only(tx, "ada", "kitchen"))
        for name in ("20z", "21"):
            save(tx, record(body_of(name), 160, session="kitchen", uid=None))
        assert talks(tx, "ben", "kitchen") == []
        assert words(tx, only(tx, "ada", "kitchen")) == before


def handed_over(tx: Transaction, *first: Delivery) -> None:
    """Ada has the kitchen's session until a minute after noon, and ben after it."""
    sessions.link(tx, "kitchen", "ada", Moment(at=NOON, order=NOON))
    save_one_by_one(tx, first)
    later = Moment(at=NOON + 60_000, order=NOON + 60_000)
    sessions.unlink(tx, "kitchen", "ada", later)
    sessions.link(tx, "kitchen", "ben", later)


def spoken(number: int, text: str, start: float) -> dict[str, Any]:
    return say(text, start, id=f"0000000{number}-0000-4000-8000-000000000000")


ADAS, BENS = spoken(1, "ada keeps a secret", 0.0), spoken(2, "ben has the device", 70.0)


def of_both(**changes: Any) -> dict[str, Any]:
    return {"id": "both", "started_at": "", "transcript_segments": [ADAS, BENS], "structured": {"title": "T"}} | changes


@pytest.mark.parametrize("ids", [True, False])
@pytest.mark.parametrize("began", [0.0, 40.0, 69.0])
def test_a_record_that_goes_over_a_change_of_owner_has_no_effect(engine: Engine, ids: bool, began: float) -> None:
    with empty_store(engine) as tx:
        handed_over(tx, call(5, ADAS, session="kitchen"))
        save(tx, call(75, BENS, session="kitchen"))
        before = only(tx, "ben", "kitchen")
        segments = [ADAS, BENS] if ids else [{**one, "id": None} for one in (ADAS, BENS)]
        saved = save(tx, record(of_both(transcript_segments=segments), 200, session="kitchen", uid=None, began=0.0))
        assert saved.of_before == 2
        if ids:
            save(tx, record(of_both(), 201, session="kitchen", uid=None, began=began))
        assert only(tx, "ben", "kitchen") == before
        assert said(tx, before) == [BENS["text"]]


def test_after_a_change_of_owner_a_record_needs_a_date(engine: Engine) -> None:
    with empty_store(engine) as tx:
        handed_over(tx, call(5, ADAS, session="kitchen"))
        save(tx, call(75, BENS, session="kitchen"))
        body = {"id": "undated", "transcript_segments": [spoken(3, "said in secret", 60.0), BENS], "structured": {}}
        save(tx, record(body, 200, session="kitchen", uid=None))
        assert said(tx, only(tx, "ben", "kitchen")) == [BENS["text"]]


def test_a_record_of_earlier_words_does_not_wait_for_the_next_owner(engine: Engine) -> None:
    with empty_store(engine) as tx:
        sessions.link(tx, "kitchen", "ada", Moment(at=NOON, order=NOON))
        sessions.unlink(tx, "kitchen", "ada", Moment(at=NOON + 60_000, order=NOON + 60_000))
        save(tx, record(of_both(), 90, session="kitchen", uid=None))
        sessions.link(tx, "kitchen", "ben", Moment(at=NOON + 120_000, order=NOON + 120_000))
        assert talks(tx, "ben", "kitchen") == []


def test_a_record_that_began_after_the_change_of_owner_is_applied(engine: Engine) -> None:
    with empty_store(engine) as tx:
        handed_over(tx, call(5, ADAS, session="kitchen"))
        save(tx, call(75, BENS, session="kitchen"))
        later = spoken(3, "and what was lost", 72.0)
        body = of_both(transcript_segments=[{**BENS, "start": 0.0, "end": 1.0}, {**later, "start": 2.0, "end": 3.0}])
        save(tx, record(body, 200, session="kitchen", uid=None, began=70.0))
        assert said(tx, only(tx, "ben", "kitchen")) == [BENS["text"], later["text"]]


@pytest.mark.parametrize("ids", [True, False])
def test_a_record_of_a_deleted_and_a_living_conversation_has_no_effect(tx: Transaction, ids: bool) -> None:
    gone, stays = spoken(1, "this was deleted by ada", 0.0), spoken(2, "this was not deleted at all", 300.0)
    save_one_by_one(tx, [call(5, gone, session=A, uid=A), call(305, stays, session=A, uid=A)])
    first, _ = sorted(talks(tx, "ada", A), key=lambda one: one.first_order)
    history.delete(tx, first.id, "ada", NOON + 310_000)
    before = only(tx)
    segments = [gone, spoken(3, "more of it", 4.0), stays]
    body = of_both(transcript_segments=segments if ids else [{**one, "id": None} for one in segments])
    save(tx, record(body, 500, began=0.0))
    assert only(tx) == before
    assert said(tx, before) == [stays["text"]]


def test_a_record_that_overlaps_a_deleted_conversation_a_little_has_no_effect(tx: Transaction) -> None:
    save(tx, call(5, spoken(1, "this was deleted by ada", 0.0), session=A, uid=A))
    history.delete(tx, only(tx).id, "ada", NOON + 10_000)
    segments = [say("this was deleted by ada", 0.0), say("and much more was said", 200.0)]
    save(tx, record(of_both(transcript_segments=segments), 300, began=0.0))
    assert talks(tx, "ada", A) == []


def test_a_record_of_the_day_of_a_deleted_conversation_without_a_time_has_no_effect(tx: Transaction) -> None:
    save(tx, call(5, {"text": "this was deleted by ada"}, session=A, uid=A))
    history.delete(tx, only(tx).id, "ada", NOON + 10_000)
    save(tx, record(of_both(transcript_segments=[say("this was deleted by ada", 0.0)]), 9_000, began=-3_000.0))
    assert talks(tx, "ada", A) == []


ODD: list[dict[str, Any]] = [
    {"transcript_segments": "none", "structured": {"title": "Kept"}},
    {"transcript_segments": [{"text": "kept words"}, 7, {"text": None}], "structured": []},
    {"transcript_segments": [], "external_data": {"text": "Kept by an integration"}, "started_at": "yesterday"},
    {"structured": {"title": "Kept", "action_items": {"a": 1}, "sections": [3, {"heading": "H"}], "participants": 5}},
    {"id": 7, "started_at": "9999-12-31T23:59:59", "structured": {"title": "Kept\x00", "overview": 3, "emoji": []}},
    {"structured": {"title": "Kept", "action_items": [{"description": "do", "due_at": "soon"}, {"description": ""}]}},
]


@pytest.mark.parametrize("body", ODD)
def test_an_odd_record_keeps_what_can_be_kept(tx: Transaction, body: dict[str, Any]) -> None:
    save(tx, replace(call(100, session=A, uid=A), kind="conversation", body=json.dumps(body).encode()))
    conversation = only(tx)
    assert "ept" in repr((to_json(conversation)["title"], said(tx, conversation)))
    save(tx, replace(call(110, session=A, uid=A), kind="conversation", body=json.dumps(body).encode()))
    assert only(tx) == conversation


def test_the_lists_and_the_summary_of_a_record_are_cut_to_a_size(tx: Transaction) -> None:
    """Every event of the conversation has them."""
    lines = [{"id": f"s{n}", "text": f"word {n}", "start": n * 2.0, "end": n * 2 + 1.0} for n in range(200)]
    ids = [line["id"] for line in lines]
    about = {
        "title": "Long",
        "overview": "ü" * 20_000,
        "sections": [
            {"heading": f"Part {n}", "body_markdown": "ä" * 5_000, "source_segment_ids": ids} for n in range(99)
        ],
        "action_items": [{"description": f"Do {n}", "source_segment_ids": ids} for n in range(99)],
    }
    save(tx, record({"id": "x", "started_at": "", "transcript_segments": lines, "structured": about}, 900))
    shown = to_json(only(tx))
    assert shown["summary"] == "ü" * 4_096
    assert [part["heading"] for part in shown["sections"]] == ["Part 0", "Part 1", "Part 2", "Part 3"]
    assert [len(part["text"]) for part in shown["sections"][:3]] == [5_000] * 3
    assert 0 < len(shown["sections"][3]["text"]) < 5_000
    assert shown["actionItems"] == []
    assert [len(part["messageIds"]) for part in shown["sections"]] == [200, 200, 100, 0]
    assert len(json.dumps(shown, ensure_ascii=False).encode()) < 100_000


def test_many_short_items_and_participants_are_cut_to_a_size(tx: Transaction) -> None:
    items = [{"description": f"Do {n}"} for n in range(200)]
    people = [{"name": f"Person {n}"} for n in range(200)]
    about = {"title": "Many", "action_items": items, "participants": people}
    save(tx, record({"id": "x", "started_at": "", "transcript_segments": [], "structured": about}, 900))
    shown = to_json(only(tx))
    assert len(shown["actionItems"]) == 200
    assert 0 < len(shown["participants"]) < 60


def test_appointments_are_shown_as_far_as_they_can_be_read(tx: Transaction) -> None:
    heard_live(tx, "20a", "20b", "20c")
    save(tx, record(body_of("20z"), 160))
    van = {"title": "Removal van", "description": "Piano first", "startsAt": "2026-10-17T07:00:00.000Z", "minutes": 180}
    assert to_json(only(tx))["events"] == [van]
    edited = body_of("22")
    odd = [{"description": "no title"}, {"title": "Two\nlines", "duration": True, "start": "soon"}, {}, 7]
    edited["structured"]["events"] = [*odd, {"title": "Long", "duration": 1e30}, {"title": "Half", "duration": 7.5}]
    late = record(edited, 9_000)
    save(tx, late)
    shown = [(one["title"], one["startsAt"], one["minutes"]) for one in to_json(only(tx))["events"]]
    assert shown == [("", None, None), ("Two lines", None, None), ("Long", None, None), ("Half", None, 7)]
    assert record_reading.read(json.loads(late.body)).unreadable == 4
    edited["structured"]["events"] = [{"title": "x" * 400, "description": "y" * 15_000}] * 9
    save(tx, record(edited, 9_100))
    [*_, last] = only(tx).events
    assert len(only(tx).events) == 3
    assert len(last.description or "") < 15_000


def test_an_empty_record_makes_no_conversation(tx: Transaction) -> None:
    save(tx, record({"id": "x", "transcript_segments": [], "structured": {"title": ""}}, 100))
    assert talks(tx, "ada", A) == []


def test_a_large_record_is_applied_in_a_short_time(tx: Transaction) -> None:
    """Far below a minute, where comparing each letter with each takes hours."""
    many = [{"text": f"word {n} and {n * 7}", "start": n * 3.0, "end": n * 3 + 2.0} for n in range(3_000)]
    save(tx, record({"id": "x", "started_at": "", "transcript_segments": many, "structured": {}}, 9_100))
    assert only(tx).message_count == 3_000


def day(heard: float, date: str, session: str = A, uid: str | None = A, **more: object) -> Delivery:
    body = {"summary": "", "summary_json": {"date": date, "headline": date, **more}}
    return replace(call(heard, session=session, uid=uid), kind="day_summary", body=json.dumps(body).encode())


def dates(tx: Transaction, user_id: str, *bounds: str) -> list[str]:
    return [one.date for one in tx.days_of(user_id, 10, *bounds)]


def test_days_are_kept_by_date_and_the_same_summary_again_changes_nothing(tx: Transaction) -> None:
    save(tx, day(10, "2026-10-14"), day(20, "2026-10-15"), day(30, "2026-10-16"))
    assert dates(tx, "ada") == ["2026-10-16", "2026-10-15", "2026-10-14"]
    assert dates(tx, "ada", "2026-10-15", "2026-10-15") == ["2026-10-15"]
    assert dates(tx, "ada", "", "", "2026-10-15") == ["2026-10-14"]
    count = len(events_of(tx))
    save(tx, day(40, "2026-10-15"))
    assert len(events_of(tx)) == count
    save(tx, day(50, "2026-10-15", overview="More"))
    assert [event["daySummary"]["overview"] for event in events_of(tx)[count:]] == ["More"]


def test_a_day_names_the_conversations_whose_records_have_come(tx: Transaction) -> None:
    save(tx, record(body_of("21"), 100))
    known = only(tx)
    save(tx, day(110, "2026-10-13", highlights=[{"summary": "h", "conversation_ids": [known.omi_id, "unknown"]}]))
    [event] = [event for event in events_of(tx) if event["type"] == "day_summary_changed"]
    assert event["daySummary"]["conversationIds"] == [known.id]


def test_a_day_that_names_very_many_conversations_is_saved_with_200_of_them(tx: Transaction) -> None:
    """PostgreSQL takes 65,535 parameters of a statement."""
    ids = [f"{number:06}" for number in range(72_000)]
    lists = ("highlights", "action_items")
    of_day = {name: [{"conversation_ids": ids[at : at + 200]} for at in range(0, 36_000, 200)] for name in lists}
    save(tx, day(10, "2026-10-14", **of_day))
    [kept] = tx.days_of("ada", 10)
    assert kept.summary().omi_conversation_ids == ids[:200]
    assert tx.conversations_by_omi_id("ada", ids) == {}


def test_ids_that_no_database_can_store_are_left_out_of_a_day(tx: Transaction) -> None:
    save(tx, record(body_of("21"), 100))
    ids = ["\ud800", "a\x00b", "", only(tx).omi_id]
    save(tx, day(110, "2026-10-13", highlights=[{"conversation_id": "\udfff", "conversation_ids": ids}]))
    [kept] = tx.days_of("ada", 10)
    assert kept.summary().omi_conversation_ids == [only(tx).omi_id]


def test_ownerless_days_wait_for_a_link_and_go_when_they_have_been_kept_long_enough(engine: Engine) -> None:
    with empty_store(engine) as tx:
        save(tx, day(10, "2026-10-14", session="kitchen", uid=None), day(11, "2026-10-14", session="hall", uid=None))
        sessions.link(tx, "kitchen", "ben", Moment(at=NOON + 60_000, order=NOON + 60_000))
        assert dates(tx, "ben") == ["2026-10-14"]
        prune(tx, unlinked_before=NOON + 86_400_000)
        sessions.link(tx, "hall", "cleo", Moment(at=NOON + 70_000, order=NOON + 70_000))
        assert (dates(tx, "ben"), dates(tx, "cleo")) == (["2026-10-14"], [])


def test_after_a_change_of_owner_a_summary_of_the_day_before_reaches_nobody_else(engine: Engine) -> None:
    with empty_store(engine) as tx:
        early, late, far = (noon_of(days) for days in (-1, 0, 2))
        handed_over(tx, day(5, early, session="kitchen", uid=None), day(6, far, session="kitchen", uid=None))
        sent = [day(100 + n, date, session="kitchen", uid=None) for n, date in enumerate((early, late, far))]
        save_one_by_one(tx, sent)
        assert (dates(tx, "ada"), dates(tx, "ben")) == ([early], [far])


def test_each_owner_of_a_session_keeps_a_summary_of_the_day(engine: Engine) -> None:
    with empty_store(engine) as tx:
        date = noon_of(0)
        handed_over(tx, day(5, date, session="kitchen", uid=None, overview="Of Ada"))
        save(tx, day(100, date, session="kitchen", uid=None, overview="Of both"))
        assert (dates(tx, "ada"), dates(tx, "ben")) == ([date], [])
        save(tx, record(body_of("21"), 2_000, session="kitchen", uid=None, began=1_900))
        bens = only(tx, "ben", "kitchen").omi_id
        for number, (total, named) in enumerate(((2, bens), (None, bens), (1, "another"), (1, bens))):
            highlights = [{"summary": "h", "conversation_id": named}]
            stats = {"total_conversations": total}
            sent = day(2_010 + number, date, session="kitchen", uid=None, highlights=highlights, stats=stats)
            save(tx, sent)
            assert dates(tx, "ben") == ([date] if (total, named) == (1, bens) else [])
        assert [one.summary().overview for one in tx.days_of("ada", 10)] == ["Of Ada"]
        assert [one.summary().conversation_count for one in tx.days_of("ben", 10)] == [1]


def test_a_summary_without_an_owner_does_not_wait_for_the_next_one(engine: Engine) -> None:
    with empty_store(engine) as tx:
        sessions.link(tx, "kitchen", "ada", Moment(at=NOON, order=NOON))
        sessions.unlink(tx, "kitchen", "ada", Moment(at=NOON + 60_000, order=NOON + 60_000))
        save(tx, day(90, noon_of(0), session="kitchen", uid=None))
        sessions.link(tx, "kitchen", "ben", Moment(at=NOON + 120_000, order=NOON + 120_000))
        assert dates(tx, "ben") == []


def test_days_that_were_taken_along_are_given_back(engine: Engine) -> None:
    with empty_store(engine) as tx:
        save(tx, call(5, say("hello there", 0.0), session=A, uid=A), day(10, noon_of(-1)))
        verify(tx, A, "ada", NOON + 60_000)
        save(tx, call(61, say("hello again", 200.0), session=A, uid=A), day(70, noon_of(0)))
        assert dates(tx, "ada") == [noon_of(0), noon_of(-1)]
        moment = Moment(at=NOON + 80_000, order=NOON + 80_000)
        omi_accounts.leave_earlier(tx, A, "ada", moment, By("ada"))
        assert dates(tx, "ada") == [noon_of(0)]
        told = [one["daySummary"] for one in events_of(tx) if one["type"] == "day_summary_changed"]
        assert [(one["date"], one["headline"]) for one in told if one["date"] == noon_of(-1)] == [(noon_of(-1), None)]
        assert [one["headline"] for one in told if one["date"] == noon_of(0)] == [noon_of(0)]
        omi_accounts.bring_earlier(tx, A, "ada", moment, By("ada"))
        assert dates(tx, "ada") == [noon_of(0), noon_of(-1)]


def noon_of(days: int) -> str:
    return (datetime.fromtimestamp(NOON / 1000, UTC) + timedelta(days=days)).date().isoformat()


def test_days_go_with_their_user(tx: Transaction) -> None:
    save(tx, day(10, "2026-10-14"))
    tx.remove_user("ada", Moment(at=NOON + 60_000, order=NOON + 60_000))
    assert dates(tx, "ada") == []


@pytest.mark.parametrize("late", [100.0, 3_000.0])
def test_a_conversation_whose_calls_came_late_is_found_without_ids(tx: Transaction, late: float) -> None:
    """By its words, since its times are those of its calls; another one of that time has other words."""
    body = body_of("20z")
    for segment in body["transcript_segments"]:
        del segment["id"]
    moments = {"20a": 7.0, "20b": 12.5, "20c": 31.0}
    save_one_by_one(tx, [live(name, moments[name] + late) for name in moments])
    save(tx, record(body, late + 160))
    assert letters(said(tx, only(tx))) == of_record(body)


def test_other_words_an_hour_later_are_another_conversation(tx: Transaction) -> None:
    body = body_of("20z")
    save(tx, call(1_000, say("Right, the bus was late again today.", 1), session=A, uid=A))
    save(tx, record(body, 1_160))
    assert [len(words(tx, one)) > 1 for one in talks(tx, "ada", A)].count(True) == 1
    assert len(talks(tx, "ada", A)) == 2
