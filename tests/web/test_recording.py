"""Users go off the record: what is said then is not kept, and every screen shows it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from support import Person, ServerProcess, wait_until
from web_support import call, is_error, texts, wait_for_texts

CANARY = "marmalade"
PATH = "/me/recording"


def put(person: Person, **form: object) -> httpx2.Response:
    return person.client.put(PATH, json=form)


def calls_not_kept(person: Person) -> int:
    count: int = person.client.get(PATH).json()["notKept"]["calls"]
    return count


def test_a_user_pauses_and_resumes(ada: Person) -> None:
    on = {"ok": True, "state": "on", "until": None, "notKept": {"calls": 0, "lastAt": None}}
    assert ada.client.get(PATH).json() == on
    assert put(ada, state="paused").json() == on | {"state": "paused"}
    assert ada.client.get(PATH).json() == on | {"state": "paused"}
    assert put(ada, state="on").json() == on
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    timed = put(ada, state="paused", until=until.isoformat()).json()
    assert (timed["state"], datetime.fromisoformat(timed["until"])) == ("paused", until)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"state": "off"},
        {"state": "paused", "untill": "2099-01-01T00:00:00Z"},
        {"state": "on", "quiet_hours": [], "spoken_phrases": True},
        {"state": "paused", "until": "tomorrow"},
        {"state": "paused", "until": "2026-12-01T18:00"},
        {"state": "paused", "until": "2001-01-01T00:00:00Z"},
    ],
)
def test_a_pause_that_makes_no_sense_is_refused(ada: Person, form: dict[str, object]) -> None:
    assert is_error(put(ada, **form), 422, "invalid")
    assert ada.client.get(PATH).json()["state"] == "on"


def test_words_off_the_record_are_nowhere_and_every_stream_is_told(make_server: Callable[..., ServerProcess]) -> None:
    server = make_server(OMILINK_KEEP_DELIVERIES="30")
    person = server.user()
    person.link("a-device")
    with person.follow() as stream:
        stream.wait_for("caught_up")
        put(person, state="paused")
        assert stream.wait_for("recording_changed")["recording"]["state"] == "paused"
        for number in range(5):
            server.say("a-device", f"the {CANARY} is number {number}", start=2.0 * number)
        wait_until(lambda: calls_not_kept(person) == 5, "the calls to be counted")
        at = time.time()
        put(person, state="on")
        wait_until(lambda: stream.types().count("recording_changed") == 2, "the streams to be told")
        assert stream.texts() == []
    assert person.current()["conversation"] is None
    assert person.client.get("/search", params={"q": CANARY}).json()["items"] == []
    last = datetime.fromisoformat(person.client.get(PATH).json()["notKept"]["lastAt"]).timestamp()
    assert last <= at
    wait_until(lambda: not files_with(CANARY, server), "the disk to be scrubbed")


def test_what_is_said_after_resuming_is_kept(shared_server: ServerProcess, ada: Person, device: str) -> None:
    ada.link(device)
    put(ada, state="paused")
    call(shared_server, {"session_id": device, "segments": [{"text": "nobody may hear this"}]})
    wait_until(lambda: calls_not_kept(ada) == 1, "the call to be counted")
    put(ada, state="on")
    call(shared_server, {"session_id": device, "segments": [{"text": "and this is kept"}]})
    wait_for_texts(ada, "and this is kept")
    assert texts(ada) == ["and this is kept"]


def files_with(word: str, server: ServerProcess) -> list[str]:
    files = [path for path in server.data_dir.parent.rglob("*") if path.is_file()]
    return [path.name for path in files if word.encode() in path.read_bytes()]
