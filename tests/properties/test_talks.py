"""Talks as senders have them, and the conversations that their users then see."""

import json
from pathlib import Path
from typing import Any

import pytest
from properties.histories import call, empty_store, messages, save, talks, texts
from sqlalchemy import Engine

from omilink.adapters.sql_store import SqlTransaction

TALKS = sorted((Path(__file__).parents[1] / "samples" / "talks").glob("*.json"))

Store = SqlTransaction


@pytest.fixture
def tx(engine: Engine) -> Any:
    with empty_store(engine) as tx:
        yield tx


@pytest.mark.parametrize("path", TALKS, ids=lambda path: path.stem)
def test_a_talk_becomes_what_people_had(tx: Store, path: Path) -> None:
    """At a user's own address, call by call; and once more, which changes nothing."""
    talk, heard = json.loads(path.read_bytes()), 0.0
    calls = []
    for one in talk["calls"]:
        heard += one["wait_s"]
        calls.append(call(heard, *one["body"]["segments"], session=one["body"]["session_id"], origin="ada"))
    for delivery in calls:
        save(tx, delivery)
    session = talk["calls"][0]["body"]["session_id"]
    assert texts(tx, "ada", session) == talk["expect"]
    if "titles" in talk:
        assert [one.title for one in talks(tx, "ada", session)] == talk["titles"]
    before = messages(tx, "ada", session)
    save(tx, *calls)
    assert messages(tx, "ada", session) == before
