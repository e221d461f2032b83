"""OMI's cloud sends everything to each webhook address that is set up in the OMI app. Somebody with both the shared and
a personal address sees each talk once."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx2
import pytest
from support import PATIENCE, Person, ServerProcess, wait_until
from web_support import new_uid

TALK = ("Right, the van comes on Saturday.", "Then I call Hedda.", "She has the straps.", "And the two dollies.")
ENDS = {"shared": "That is all for now.", "personal": "Goodbye then."}


class Wearer(NamedTuple):
    """Somebody whose OMI account posts to two addresses."""

    person: Person
    uid: str
    addresses: dict[str, str]
    segments: list[dict[str, Any]]
    record_id: str

    def post(self, address: str, body: dict[str, Any]) -> None:
        answer = httpx2.post(self.addresses[address], params={"uid": self.uid}, json=body, timeout=PATIENCE)
        assert answer.status_code == 200, answer.text

    def say(self, address: str, segments: list[dict[str, Any]]) -> None:
        self.post(address, {"session_id": self.uid, "segments": segments})

    def record(self, address: str) -> None:
        began = datetime.now(UTC) - timedelta(seconds=14)
        self.post(
            address,
            {
                "id": self.record_id,
                "created_at": began.isoformat(),
                "started_at": began.isoformat(),
                "finished_at": datetime.now(UTC).isoformat(),
                "structured": {"title": "The van", "overview": "", "category": "other"},
                "transcript_segments": self.segments,
            },
        )

    def shown(self) -> list[tuple[str, list[str]]]:
        """The titles and texts of all conversations, the newest first."""
        conversations = self.person.client.get("/conversations").json()["items"]
        return [(one["title"], [message["text"] for message in self.messages(one["id"])]) for one in conversations]

    def messages(self, conversation_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.person.client.get(f"/conversations/{conversation_id}/messages").json()[
            "items"
        ]
        return found

    def settle(self) -> None:
        """Waits until everything that was posted before has been saved."""
        for number, (address, text) in enumerate(ENDS.items()):
            self.say(address, [segment(text, 20.0 + 3 * number)])
        wait_until(lambda: {*ENDS.values()} <= {text for _, texts in self.shown() for text in texts}, "the last words")


def segment(text: str, start: float) -> dict[str, Any]:
    where = {"speaker": "SPEAKER_0", "is_user": False, "person_id": None, "start": start, "end": start + 2.5}
    return {"id": str(uuid.uuid4()), "text": text} | where


@pytest.fixture
def wearer(shared_server: ServerProcess) -> Wearer:
    ada, uid = shared_server.user(), new_uid()
    shared_server.vouch(ada, uid)
    personal = shared_server.url + urlsplit(ada.client.get("/me/webhook-url").json()["url"]).path
    segments = [segment(text, 3.0 * number) for number, text in enumerate(TALK)]
    addresses = {"shared": shared_server.webhook_url, "personal": personal}
    return Wearer(ada, uid, addresses, segments, str(uuid.uuid4()))


@pytest.mark.parametrize(
    ("steps", "title", "count"),
    [
        (["say shared", "say personal"], TALK[0], 3),
        (["say personal", "say shared"], TALK[0], 3),
        (["record shared", "record personal"], "The van", 4),
        (["say shared", "record personal"], "The van", 4),
        (["say personal", "record shared"], "The van", 4),
        (["record personal", "say shared"], "The van", 4),
        (["record shared", "say personal"], "The van", 4),
        (["say shared", "say personal", "record shared", "record personal"], "The van", 4),
        (["record shared", "record personal", "say shared", "say personal"], "The van", 4),
        (["say personal", "record personal", "say shared", "record shared"], "The van", 4),
    ],
    ids=lambda steps: " and ".join(steps) if isinstance(steps, list) else "",
)
def test_a_talk_is_shown_once_whatever_comes_where_and_in_whichever_order(
    wearer: Wearer, steps: list[str], title: str, count: int
) -> None:
    for step in steps:
        what, address = step.split()
        if what == "say":
            wearer.say(address, wearer.segments[:3])
        else:
            wearer.record(address)
    wearer.settle()
    assert wearer.shown() == [(title, [*TALK[:count], *ENDS.values()])]


def test_a_sentence_that_grows_comes_to_both_addresses_and_is_one(wearer: Wearer) -> None:
    begun = wearer.segments[0] | {"text": "Right, the van"}
    for address, said in ("shared", begun), ("personal", begun), ("personal", wearer.segments[0]):
        wearer.say(address, [said])
    wearer.say("shared", [wearer.segments[0]])
    wearer.settle()
    assert wearer.shown() == [(TALK[0], [TALK[0], *ENDS.values()])]


def test_what_was_deleted_does_not_come_back_by_the_other_address(wearer: Wearer) -> None:
    wearer.say("shared", wearer.segments)
    wait_until(lambda: len(wearer.shown()) == 1, "the talk")
    deleted = wearer.person.current()["conversation"]["id"]
    wearer.person.client.delete(f"/conversations/{deleted}").raise_for_status()
    wearer.say("personal", wearer.segments)
    wearer.record("personal")
    wearer.settle()
    assert sorted(text for _, texts in wearer.shown() for text in texts) == sorted(ENDS.values())


def test_what_comes_at_the_address_of_somebody_else_stays_apart(shared_server: ServerProcess, wearer: Wearer) -> None:
    ben = shared_server.user()
    ben.link(session := f"kitchen-of-{ben.id}").raise_for_status()
    shared_server.say(session, "mine alone")
    wait_until(lambda: len(ben.client.get("/conversations").json()["items"]) == 1, "the talk")
    address = wearer.addresses["personal"]
    httpx2.post(address, json={"session_id": session, "segments": wearer.segments}, timeout=PATIENCE).raise_for_status()
    wearer.settle()
    assert sorted(text for _, texts in wearer.shown() for text in texts) == sorted([*TALK, *ENDS.values()])
    assert wearer._replace(person=ben).shown() == [("mine alone", ["mine alone"])]
