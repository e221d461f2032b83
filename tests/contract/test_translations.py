"""Translations that OMI's record carries, on both databases: each stands at the messages whose words it has."""

from collections.abc import Iterator
from typing import Any

import pytest
from properties.histories import NOON, call, empty_store, messages, save, say, verify
from sqlalchemy import Engine
from test_record import A, events_of, only, record

from omilink.conversations import history
from omilink.database.store import Transaction
from omilink.ingest import record_reading
from omilink.models.translation import in_language

Json = dict[str, Any]


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    """A store where ada has proven the samples' account, and has said three sentences."""
    with empty_store(engine) as tx:
        verify(tx, A, "ada", NOON)
        said = [
            say("Where is the key?", 0.0, 2.0),
            say("On the table.", 2.0, 4.0),
            say("Thank you so much.", 20.0, 22.0),
        ]
        save(tx, call(23.0, *said, session=A, uid=A))
        yield tx


def segment(text: str, start: float, end: float, translations: object) -> Json:
    return {"text": text, "start": start, "end": end, "speaker": "SPEAKER_0", "translations": translations}


def into(language: object, text: object) -> Json:
    return {"lang": language, "text": text}


JOINED = segment("Where is the key? On the table.", 0.0, 4.0, [into("de", "Wo ist der Schlüssel? Auf dem Tisch.")])
LOST = segment("There it is, I see it now.", 10.0, 13.0, [into("de", "Da ist er."), into("FR-ca", "Le voilà.")])
LAST = segment("Thank you so much.", 20.0, 22.0, [])


def edition(*segments: Json) -> Json:
    return {"id": "x", "started_at": "", "transcript_segments": list(segments), "structured": {"title": "The key"}}


def translated(tx: Transaction, language: str) -> list[list[str | None]]:
    return [[one.text for one in in_language(m.translations, language)] for m in messages(tx, "ada", A)]


def test_translations_stand_at_live_and_filled_in_messages(tx: Transaction) -> None:
    before = {message.id: message.rev for message in messages(tx, "ada", A)}
    save(tx, record(edition(JOINED, LOST, LAST), 160))
    assert [one.source for one in messages(tx, "ada", A)] == ["omi", "omi", "omi_record", "omi"]
    assert translated(tx, "de") == [["Wo ist der Schlüssel? Auf dem Tisch."], [None], ["Da ist er."], []]
    assert translated(tx, "fr-CA") == [[], [], ["Le voilà."], []]
    assert only(tx).translated_into == ["de", "fr-ca"]
    assert {m.id: m.rev for m in messages(tx, "ada", A) if m.id in before} == before
    count = len(events_of(tx))
    save(tx, record(edition(JOINED, LOST, LAST), 200))
    assert len(events_of(tx)) == count


def test_a_later_edition_changes_what_it_translates_and_one_without_changes_nothing(tx: Transaction) -> None:
    save(tx, record(edition(JOINED, LOST, LAST), 160))
    save(tx, record(edition(JOINED, LOST | {"translations": [into("de", "Hier.")]}, LAST), 200))
    plain = [one | {"translations": "none"} for one in (JOINED, LOST, LAST)]
    save(tx, record(edition(*plain), 240))
    assert translated(tx, "de")[2] == ["Hier."]
    assert only(tx).translated_into == ["de"]


def test_translations_go_with_their_conversation(tx: Transaction) -> None:
    save(tx, record(edition(JOINED, LOST, LAST), 160))
    gone = only(tx)
    history.delete(tx, gone.id, "ada", NOON + 200_000)
    assert "Schlüssel" not in repr(tx.all_messages(gone.id))


def test_what_is_no_translation_is_counted(tx: Transaction) -> None:
    odd = [5, into("de", ""), into("not a language", "x"), into(None, "x"), into("fr", 7), into("it", "La chiave.")]
    found = record_reading.read(edition(JOINED | {"translations": odd}) | {"started_at": None})
    assert [[(one.language, one.text) for one in piece.translations] for piece in found.segments] == [
        [("it", "La chiave.")]
    ]
    assert found.unreadable == 5
    many = [into(f"x{chr(97 + number)}", "y" * 20_000) for number in range(12)]
    long = record_reading.read(edition(*[JOINED | {"translations": many}] * 20) | {"started_at": None})
    kept = sum(len(one.text or "") for piece in long.segments for one in piece.translations)
    assert 1_900_000 < kept <= record_reading.MOST_TRANSLATED
    assert long.unreadable == 20 * 2 + 20 * 10 - kept // 20_000
