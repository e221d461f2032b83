"""A misheard message that its user has corrected, on both databases: it stays so, whatever comes later."""

from collections.abc import Iterator
from typing import Any

import pytest
from properties.histories import NOON, call, empty_store, messages, save, say, talks, verify
from sqlalchemy import Engine
from test_record import A, body_of, events_of, heard_live, letters, of_record, record

from omilink.conversations import editing, history, joining
from omilink.conversations.batch import unit_of_work
from omilink.database.search import Filters
from omilink.database.store import Transaction
from omilink.errors import Invalid, NotFound
from omilink.models.conversation import Conversation
from omilink.models.message import MAX_TEXT, Message
from omilink.search import find, index


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    """A store where ada has proven the samples' account."""
    with empty_store(engine) as tx:
        verify(tx, A, "ada", NOON)
        yield tx


def only(tx: Transaction) -> Conversation:
    [conversation] = talks(tx, "ada", A)
    return conversation


def said(tx: Transaction) -> list[str]:
    return [message.shown_text for message in messages(tx, "ada", A)]


def hear(tx: Transaction, heard: float, *segments: dict[str, Any]) -> None:
    save(tx, call(heard, *segments, session=A, uid=A))


def correct(tx: Transaction, message: Message, text: str | None, user: str = "ada") -> Message:
    return editing.correct(tx, message.conversation_id, message.id, user, text)


def found(tx: Transaction, q: str) -> list[str]:
    while index.catch_up(tx):
        pass
    return [hit.text for hit in find.find(tx, "ada", q, Filters(), find.Order.NEWEST, 10).hits]


MISHEARD = say("see header", 1.0, id="0b0e5a52-4ff6-4f5c-9d27-5d2a3c1f6a01")
LATER = say("she lives there", 4.0, id="7c1de9a4-13f0-4e0c-8f43-2f0d2f0f7b02")


def test_a_correction_is_a_new_revision_and_the_title_follows(tx: Transaction) -> None:
    hear(tx, 10.0, MISHEARD, LATER)
    heard, later = messages(tx, "ada", A)
    count = len(events_of(tx))
    corrected = correct(tx, heard, "  see Hedda ")
    correct(tx, later, "she lives here")
    assert messages(tx, "ada", A)[0] == corrected
    assert (corrected.shown_text, corrected.edited, corrected.rev) == ("see Hedda", True, heard.rev + 1)
    assert only(tx).title == "see Hedda"
    for one in corrected, messages(tx, "ada", A)[1]:
        assert correct(tx, one, one.shown_text) == one
    new = events_of(tx)[count:]
    assert [event["type"] for event in new] == ["messages_updated"] * 2
    assert [event["messages"][0]["text"] for event in new] == ["see Hedda", "she lives here"]
    assert new[0]["conversation"]["title"] == "see Hedda"


def test_null_and_the_heard_text_give_back_what_was_heard(tx: Transaction) -> None:
    hear(tx, 10.0, MISHEARD)
    for undo in None, "see header":
        correct(tx, messages(tx, "ada", A)[0], "see Hedda")
        given = correct(tx, messages(tx, "ada", A)[0], undo)
        assert (given.shown_text, given.edited, only(tx).title) == ("see header", False, "see header")


def test_retries_and_later_versions_leave_it(tx: Transaction) -> None:
    hear(tx, 10.0, MISHEARD)
    hear(tx, 11.0, MISHEARD | {"text": "see header on Mon", "end": 4.0})
    correct(tx, messages(tx, "ada", A)[0], "see Hedda on Mon")
    hear(tx, 12.0, MISHEARD)
    hear(tx, 12.5, MISHEARD | {"text": "see header on Mon", "end": 4.0})
    assert said(tx) == ["see Hedda on Mon"]
    hear(tx, 13.0, MISHEARD | {"text": "see header on Monday at noon", "end": 6.0})
    assert said(tx) == ["see Hedda on Mon at noon"]
    assert only(tx).title == "see Hedda on Mon at noon"
    hear(tx, 14.0, MISHEARD | {"text": "sea heather", "end": 7.0})
    assert said(tx) == ["see Hedda on Mon at noon"]


def test_a_message_without_an_id_keeps_it_when_its_words_come_again(tx: Transaction) -> None:
    hear(tx, 10.0, say("see header", 1.0), say("she lives there", 4.0))
    correct(tx, messages(tx, "ada", A)[0], "see Hedda")
    hear(tx, 10.5, say("see header", 1.02), say("she lives there", 4.0))
    assert said(tx) == ["see Hedda", "she lives there"]


def test_records_and_their_later_editions_neither_undo_nor_double_it(tx: Transaction) -> None:
    heard_live(tx, "20a", "20b", "20c")
    of_live = messages(tx, "ada", A)[0]
    correct(tx, of_live, "Something wholly different")
    save(tx, record(body_of("20z"), 160))
    filled_in = next(one for one in messages(tx, "ada", A) if one.source == "omi_record")
    correct(tx, filled_in, "The corrected hole")
    for name, heard in ("20z", 200.0), ("22", 9_000.0), ("20z", 9_100.0):
        save(tx, record(body_of(name), heard))
        now = messages(tx, "ada", A)
        assert letters([one.text for one in now]) == of_record(body_of("20z"))
        assert [one.shown_text for one in now if one.edited] == ["Something wholly different", "The corrected hole"]
    heard_live(tx, "20a", "20b", "20c")
    assert messages(tx, "ada", A) == now


def test_search_finds_the_new_text_and_no_longer_the_old_one(tx: Transaction) -> None:
    hear(tx, 10.0, LATER | {"start": 0.5, "end": 0.9}, MISHEARD)
    assert found(tx, "header") == ["see header"]
    correct(tx, messages(tx, "ada", A)[1], "see Hedda")
    assert (found(tx, "header"), found(tx, "hedda")) == ([], ["see Hedda"])
    correct(tx, messages(tx, "ada", A)[1], None)
    assert (found(tx, "header"), found(tx, "hedda")) == (["see header"], [])


def test_it_goes_with_its_conversation(tx: Transaction) -> None:
    hear(tx, 10.0, MISHEARD)
    correct(tx, messages(tx, "ada", A)[0], "see Hedda")
    gone = only(tx)
    history.delete(tx, gone.id, "ada", NOON + 20_000)
    hear(tx, 21.0, MISHEARD)
    assert "Hedda" not in repr(tx.all_messages(gone.id)) + repr(talks(tx, "ada", A)) + repr(events_of(tx))


def test_a_conversation_that_is_given_back_says_what_was_heard(tx: Transaction) -> None:
    hear(tx, 10.0, MISHEARD, LATER)
    for message in messages(tx, "ada", A):
        correct(tx, message, f"Hedda {message.seq}")
    unit_of_work(history.give_back)(tx, only(tx))
    [given] = tx.ownerless_conversations(f"shared/{A}")
    assert given.title == "see header"
    assert [one.shown_text for one in tx.all_messages(given.id)] == ["see header", "she lives there"]
    assert "Hedda" not in repr(events_of(tx))


@pytest.mark.parametrize("text", ["", " \n", "x" * (MAX_TEXT + 1), "a\x00", "\ud800"])
def test_a_text_that_says_nothing_or_cannot_be_stored_is_refused(tx: Transaction, text: str) -> None:
    hear(tx, 10.0, MISHEARD)
    with pytest.raises(Invalid):
        correct(tx, messages(tx, "ada", A)[0], text)
    assert said(tx) == ["see header"]


def test_only_messages_of_ones_own_conversation_are_there(tx: Transaction) -> None:
    hear(tx, 10.0, MISHEARD)
    hear(tx, 1_000.0, LATER)
    first, second = (messages_of for talk in talks(tx, "ada", A) for messages_of in tx.all_messages(talk.id))
    with pytest.raises(NotFound):
        correct(tx, first, "see Hedda", "ben")
    odd = ("", ".", "none", f"{first.conversation_id}.2", f"{first.conversation_id}.", f"{first.id}.1", "\x00", "x.1")
    for id in (*odd, f"{first.conversation_id}.-1", f"{first.conversation_id}.{10**12}", second.id):
        with pytest.raises(NotFound):
            editing.correct(tx, first.conversation_id, id, "ada", "see Hedda")
    assert said(tx) == ["see header", "she lives there"]


@pytest.mark.parametrize("limit", range(1, 9))
def test_pages_around_a_message_lead_to_all_others(tx: Transaction, limit: int) -> None:
    spoken = [say(f"word {number}", 2.0 * number, speaker="SPEAKER_1") for number in range(6)]
    at_once = say("at once", 4.0, 6.0, speaker="SPEAKER_7")
    hear(tx, 13.0, *spoken[:3], at_once, *spoken[3:])
    conversation = only(tx)
    everything = tx.all_messages(conversation.id)
    assert len(everything) == 7
    for middle in everything:
        page = history.around(tx, conversation, limit, middle.id)
        assert middle in page.messages
        assert len(page.messages) == min(limit, 7)
        held, (has_older, has_newer) = page.messages, page[1:]
        at = held.index(middle)
        if has_older and has_newer:
            assert at == (limit - 1) // 2
        while has_older:
            page = history.older(tx, conversation, limit, (held[0].position, held[0].seq))
            held, has_older = [*page.messages, *held], page.has_older
        while has_newer:
            page = history.newer(tx, conversation, limit, (held[-1].position, held[-1].seq))
            held, has_newer = [*held, *page.messages], page.has_newer
        assert held == everything


def test_a_message_of_a_joined_conversation_is_corrected_and_read_around(tx: Transaction) -> None:
    hear(tx, 10.0, MISHEARD)
    hear(tx, 1_000.0, LATER)
    first, second = talks(tx, "ada", A)
    joining.join(tx, first.id, second.id, "ada")
    [part] = tx.all_messages(second.id)
    corrected = editing.correct(tx, first.id, part.id, "ada", "she lives here")
    assert (corrected.id, corrected.conversation_id, corrected.shown_text) == (part.id, first.id, "she lives here")
    for limit in 1, 2:
        page = history.around(tx, history.one(tx, first.id, "ada"), limit, part.id)
        assert page.messages[-1] == corrected
        assert page[1:] == (limit == 1, False)
    [event] = [one for one in events_of(tx) if one["type"] == "messages_updated"]
    assert (event["conversationId"], event["messages"][0]["text"]) == (first.id, "she lives here")
    joining.undo(tx, first.id, "ada")
    assert [one.shown_text for one in tx.all_messages(second.id)] == ["she lives here"]
