"""Linking an OMI account by saying a sentence into the wearable."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from support import PATIENCE, SECRET, TLS, Follower, Person, ServerProcess
from web_support import (
    SIGNING_SECRETS,
    linked_uids,
    new_uid,
    newcomer,
    segment,
    signature,
    start,
    texts,
    wait_for_texts,
)


def post(
    server: ServerProcess, path: str, uid: str, *said: str, sign: bool = False, at: float = 0, **headers: str
) -> httpx2.Response:
    """A call as OMI's cloud makes it, signed if asked for."""
    segments = [segment(text, at + 2 * place, id=f"{uid}-{at}-{place}") for place, text in enumerate(said)]
    body = json.dumps({"session_id": uid, "segments": segments}).encode()
    if sign:
        headers |= {"X-Omi-Signature": signature(uid, body, secret=SIGNING_SECRETS[1])}
    address = f"{server.url}/omi-webhook{path}"
    return httpx2.post(address, params={"uid": uid}, content=body, headers=headers, timeout=PATIENCE, verify=TLS)


def sentence(person: Person, uid: str) -> str:
    return str(start(person, uid)["say"])


def settled(server: ServerProcess, person: Person, uid: str) -> list[str]:
    """Which OMI accounts are the person's when all calls of this one have been heard."""
    server.wait_until_settled(uid)
    return linked_uids(person)


def everything(person: Person, stream: Follower) -> str:
    """All that the person is shown, in lower case."""
    client, shown = person.client, [json.dumps(stream.events)]
    for path in "/conversations/current", "/conversations", "/conversations/current/events", "/link/omi", "/sessions":
        shown.append(client.get(path).text)
    for conversation in client.get("/conversations").json()["items"]:
        shown.append(client.get(f"/conversations/{conversation['id']}/messages").text)
    return "\n".join(shown).lower()


Said = list[list[str]]
"""The texts of each call."""

WAYS: dict[str, Callable[[list[str]], Said]] = {
    "in one breath": lambda w: [[" ".join(w)]],
    "as a recogniser writes it": lambda w: [[f"{' '.join(w[:3])}, {' '.join(w[3:5])}. {w[5]}!".upper()]],
    "with a filler word": lambda w: [[f"{' '.join(w[:3])} um {' '.join(w[3:])}"]],
    "over segments": lambda w: [[" ".join(w[:2]), " ".join(w[2:4]), " ".join(w[4:])]],
    "over calls": lambda w: [[" ".join(w[:3])], [" ".join(w[3:])]],
    "over calls and segments": lambda w: [[w[0], " ".join(w[1:3])], [w[3]], [w[4], w[5]]],
    "within a talk": lambda w: [["good day to you. " + " ".join(w[:4])], [" ".join(w[4:]) + ". and then he left"]],
}


@pytest.mark.parametrize("way", WAYS)
def test_the_sentence_links_the_wearer_and_is_no_part_of_the_talk(
    shared_server: ServerProcess, ada: Person, uid: str, way: str
) -> None:
    say = sentence(ada, uid)
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        for place, said in enumerate(WAYS[way](say.split())):
            assert post(shared_server, f"/{SECRET}", uid, *said, at=20 * place).status_code == 200
        assert stream.wait_for("session_linked")["session"]["method"] == "uid"
        post(shared_server, f"/{SECRET}", uid, "these are the first words", at=100)
        stream.wait_for_text("these are the first words")
        shown = everything(ada, stream)
    assert linked_uids(ada) == [uid]
    assert set(re.findall(r"\w+", shown)) & {*say.split()} <= {"link"}, shown


def test_what_was_said_around_it_stays(shared_server: ServerProcess, ada: Person, uid: str) -> None:
    post(shared_server, f"/{SECRET}", uid, f"well then. {sentence(ada, uid)}. and now to something else")
    wait_for_texts(ada, "well then. and now to something else")


def test_a_second_copy_of_the_call_leaves_nothing_either(shared_server: ServerProcess, ada: Person, uid: str) -> None:
    """OMI's app and developer webhooks are both on, so that everything comes twice."""
    say = sentence(ada, uid)
    personal = ada.client.get("/me/webhook-url").json()["url"].rpartition("/")[2]
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        for path in f"/{SECRET}", f"/{SECRET}", f"/{personal}":
            post(shared_server, path, uid, say)
        for path in f"/{SECRET}", f"/{personal}":
            post(shared_server, path, uid, f"words after {path[1:3]}", at=20)
            stream.wait_for_text(f"words after {path[1:3]}")
        assert say.removeprefix("link ") not in everything(ada, stream)


def test_it_is_good_once(shared_server: ServerProcess, ada: Person, uid: str) -> None:
    say = sentence(ada, uid)
    post(shared_server, f"/{SECRET}", uid, say)
    shared_server.wait_until_settled(uid)
    ada.client.delete(f"/link/omi/unlink/{uid}").raise_for_status()
    post(shared_server, f"/{SECRET}", uid, say, at=20)
    assert settled(shared_server, ada, uid) == []


def test_starting_again_makes_the_sentence_before_worthless(
    shared_server: ServerProcess, ada: Person, uid: str
) -> None:
    before, now = sentence(ada, uid), sentence(ada, uid)
    post(shared_server, f"/{SECRET}", uid, before)
    assert settled(shared_server, ada, uid) == []
    post(shared_server, f"/{SECRET}", uid, now, at=20)
    assert settled(shared_server, ada, uid) == [uid]


def test_it_is_good_for_ten_minutes(shared_server: ServerProcess, ada: Person, uid: str) -> None:
    say = sentence(ada, uid)
    shared_server.rows("UPDATE challenges SET expires_at = expires_at - 600000 WHERE uid = ?", uid)
    post(shared_server, f"/{SECRET}", uid, say)
    assert settled(shared_server, ada, uid) == []


def test_it_proves_only_the_uid_under_which_it_comes(shared_server: ServerProcess, ada: Person, uid: str) -> None:
    """Who wears another device says my sentence: that one does not become mine."""
    other, say = new_uid(), sentence(ada, uid)
    post(shared_server, f"/{SECRET}", other, say)
    shared_server.wait_until_settled(other)
    assert linked_uids(ada) == []


def test_whoever_says_it_first_has_the_wearable(
    shared_server: ServerProcess, ada: Person, ben: Person, uid: str
) -> None:
    adas, bens = sentence(ada, uid), sentence(ben, uid)
    post(shared_server, f"/{SECRET}", uid, adas)
    post(shared_server, f"/{SECRET}", uid, bens, at=20)
    shared_server.wait_until_settled(uid)
    assert (linked_uids(ada), linked_uids(ben)) == ([uid], [])


# what a user could have made proves nothing


@pytest.fixture(scope="session")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Where anybody may post, as on a developer's machine."""
    settings = {"OMILINK_WEBHOOK_AUTH": "open", "OMILINK_SIGNING_SECRET": SIGNING_SECRETS[1]}
    server = ServerProcess(tmp_path_factory.mktemp("open") / "data", **settings).start()
    yield server
    server.close()


@pytest.fixture
def wearer(open_server: ServerProcess, password_hash: str) -> Person:
    return newcomer(open_server, password_hash)


def test_a_call_that_anybody_may_make_proves_nothing(open_server: ServerProcess, wearer: Person, uid: str) -> None:
    say = sentence(wearer, uid)
    assert post(open_server, "", uid, say).status_code == 200
    assert post(open_server, "/not-the-secret", uid, say).status_code == 200
    assert settled(open_server, wearer, uid) == []
    assert post(open_server, f"/{SECRET}", uid, say).status_code == 200
    assert settled(open_server, wearer, uid) == [uid]


def test_a_call_that_omi_signed_does(open_server: ServerProcess, wearer: Person, uid: str) -> None:
    say = sentence(wearer, uid)
    assert post(open_server, "", uid, say, sign=True).status_code == 200
    assert settled(open_server, wearer, uid) == [uid]


@pytest.mark.parametrize("sign", [False, True])
def test_a_call_to_ones_own_url_proves_something_only_if_omi_signed_it(
    open_server: ServerProcess, wearer: Person, uid: str, sign: bool
) -> None:
    personal = wearer.client.get("/me/webhook-url").json()["url"].rpartition("/")[2]
    assert post(open_server, f"/{personal}", uid, sentence(wearer, uid), sign=sign).status_code == 200
    assert settled(open_server, wearer, uid) == [uid] * sign


def test_a_secret_beside_ones_own_url_does_not_make_it_the_shared_one(
    open_server: ServerProcess, wearer: Person, uid: str
) -> None:
    """A proxy may add the secret to every call."""
    personal = wearer.client.get("/me/webhook-url").json()["url"].rpartition("/")[2]
    say = sentence(wearer, uid)
    answer = post(open_server, f"/{personal}", uid, say, Authorization=f"Bearer {SECRET}")
    assert answer.status_code == 200
    assert settled(open_server, wearer, uid) == []


def test_a_uid_in_the_body_counts_as_one_in_the_address(shared_server: ServerProcess, ada: Person, uid: str) -> None:
    say, device = sentence(ada, uid), f"pendant-of-{uid}"
    shared_server.say(device, say, uid=uid)
    shared_server.wait_until_settled(device)
    assert linked_uids(ada) == [uid]


def test_a_call_about_two_accounts_proves_neither(shared_server: ServerProcess, ada: Person, uid: str) -> None:
    body: dict[str, Any] = {"session_id": uid, "uid": uid, "segments": [segment(sentence(ada, uid))]}
    answer = httpx2.post(f"{shared_server.webhook_url}?uid={new_uid()}", json=body, timeout=PATIENCE, verify=TLS)
    assert answer.status_code == 200
    assert settled(shared_server, ada, uid) == []
    assert texts(ada) == []
