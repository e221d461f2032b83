"""Linking an OMI account by the number that OMI pushes to its phone."""

import asyncio
import re
import socket
from collections.abc import Iterator

import pytest
from omi_api import API_KEY, APP_ID, HALF_A_HEADER, NO_ANSWER, NO_END, OmiApi
from support import Person, ServerProcess
from web_support import confirm, elsewhere, is_error, linked_uids, new_uid, start, texts

from omilink.errors import OmilinkError, RateLimited, Unavailable
from omilink.linking import notification
from omilink.linking.notification import Notifications, NotReached


def resend(person: Person, uid: str) -> dict[str, object]:
    answer = person.client.post("/link/omi/resend", json={"omi_user_id": uid}, headers=elsewhere())
    assert answer.status_code == 200, answer.text
    shown: dict[str, object] = answer.json()
    return shown


def audit(server: ServerProcess, uid: str) -> list[tuple[object, ...]]:
    return server.rows("SELECT rule, proof, before, after FROM audit WHERE uid = ? ORDER BY id", uid)


# the whole way


def test_the_number_links_the_wearer(phone_server: ServerProcess, omi_api: OmiApi, wearer: Person, uid: str) -> None:
    phone_server.say(uid, "said before anybody linked it", uid=uid)
    phone_server.wait_until_settled(uid)
    with wearer.follow() as stream:
        stream.wait_for("caught_up")
        started = start(wearer, uid)
        assert started.keys() == {"ok", "say", "pushed", "notPushed", "expiresAt"}
        assert (started["pushed"], started["notPushed"]) == (True, None)
        number = omi_api.number(uid)
        confirmed = confirm(wearer, uid, number)
        assert confirmed.status_code == 200, confirmed.text
        stream.wait_for("session_linked")
        stream.wait_for_text("said before anybody linked it")
        listed = wearer.client.get("/link/omi").text
        assert not any(number in shown for shown in (str(started), confirmed.text, listed, str(stream.events)))
    assert linked_uids(wearer) == [uid]
    assert texts(wearer) == ["said before anybody linked it"]
    assert is_error(confirm(wearer, uid, number), 403, "wrong_code")  # it is good once


def test_the_message_says_what_it_does(omi_api: OmiApi, wearer: Person, uid: str) -> None:
    start(wearer, uid)
    assert re.fullmatch(r"omilink: \d{6} links your wearable.*Not you\?.*", omi_api.messages(uid)[0])


@pytest.mark.parametrize("typed", ["{0}{1}", " {0} {1} ", "{0}-{1}"])
def test_the_number_is_taken_as_people_type_it(omi_api: OmiApi, wearer: Person, uid: str, typed: str) -> None:
    start(wearer, uid)
    number = omi_api.number(uid)
    assert confirm(wearer, uid, typed.format(number[:3], number[3:])).status_code == 200


def test_a_client_may_send_it_as_a_number(omi_api: OmiApi, wearer: Person, uid: str) -> None:
    """Also one that begins with a zero, which JSON's numbers cannot."""
    start(wearer, uid)
    while not omi_api.number(uid).startswith("0"):
        uid = new_uid()
        start(wearer, uid)
    assert confirm(wearer, uid, int(omi_api.number(uid))).status_code == 200


@pytest.mark.parametrize("code", [-1, 10**30, 1.5, None, [], True])
def test_what_can_be_no_number_is_no_try(wearer: Person, uid: str, code: object) -> None:
    for _ in range(6):
        assert is_error(confirm(wearer, uid, code), 422, "invalid")
    assert is_error(confirm(wearer, uid, "1"), 403, "wrong_code")


@pytest.mark.parametrize("path", ["start", "confirm"])
def test_what_can_be_no_uid_is_refused(wearer: Person, path: str) -> None:
    for uid in "", "two words", "null", "a/b", "\0", "x" * 129:
        answer = wearer.client.post(f"/link/omi/{path}", json={"omi_user_id": uid, "code": "1"}, headers=elsewhere())
        assert is_error(answer, 422, "invalid")
        assert "omi_user_id" in answer.json()["message"]


def test_another_number_takes_the_place_of_the_first(omi_api: OmiApi, wearer: Person, uid: str) -> None:
    started = start(wearer, uid)
    first = omi_api.number(uid)
    again = resend(wearer, uid)
    assert again == {"ok": True, "pushed": True, "notPushed": None, "expiresAt": started["expiresAt"]}
    assert is_error(confirm(wearer, uid, first), 403, "wrong_code")
    assert confirm(wearer, uid, omi_api.number(uid, 2)).status_code == 200


def test_nothing_is_sent_again_that_was_not_started(wearer: Person, stranger: Person, uid: str) -> None:
    start(wearer, uid)
    answer = stranger.client.post("/link/omi/resend", json={"omi_user_id": uid})
    assert is_error(answer, 404, "not_found")


def test_a_strangers_number_is_of_no_use(omi_api: OmiApi, wearer: Person, stranger: Person, uid: str) -> None:
    """Whoever has the phone links the account only to where they asked for it."""
    start(stranger, uid)
    start(wearer, uid)
    strangers, wearers = omi_api.number(uid, 1), omi_api.number(uid, 2)
    assert confirm(stranger, uid, wearers).status_code == 403
    assert confirm(wearer, uid, strangers).status_code == 403
    assert confirm(wearer, uid, wearers).status_code == 200
    assert confirm(stranger, uid, strangers).status_code == 403
    assert (linked_uids(wearer), linked_uids(stranger)) == ([uid], [])


def test_a_linked_account_needs_no_other_proof(omi_api: OmiApi, wearer: Person, uid: str) -> None:
    start(wearer, uid)
    confirm(wearer, uid, omi_api.number(uid))
    again = start(wearer, uid)
    assert (again["say"], again["pushed"]) == (None, False)
    assert len(omi_api.messages(uid)) == 1


def test_the_audit_tells_who_linked_what_by_which_proof(
    phone_server: ServerProcess, omi_api: OmiApi, wearer: Person, uid: str
) -> None:
    start(wearer, uid)
    confirm(wearer, uid, omi_api.number(uid))
    wearer.client.delete(f"/link/omi/unlink/{uid}").raise_for_status()
    assert audit(phone_server, uid) == [
        ("proof-accepted", "typed", None, wearer.id),
        ("omi-account-unlinked", None, wearer.id, None),
    ]


# when OMI does not take it


@pytest.mark.parametrize(
    ("status", "headers", "why"),
    [
        (403, {}, "Install the app"),
        (404, {}, "no such account"),
        (429, {"Retry_After": "900"}, "as much as it may for now. Say the sentence, or wait for 15 minutes"),
        (500, {}, "cannot send now"),
        (302, {"Location": "http://127.0.0.1:9/"}, "refused"),
    ],
)
def test_a_refusal_is_told_and_the_sentence_works(
    phone_server: ServerProcess,
    omi_api: OmiApi,
    wearer: Person,
    uid: str,
    status: int,
    headers: dict[str, str],
    why: str,
) -> None:
    omi_api.refuse(uid, status, **headers)
    started = start(wearer, uid)
    assert started["pushed"] is False
    assert why in started["notPushed"]
    with wearer.follow() as stream:
        stream.wait_for("caught_up")
        phone_server.say(uid, started["say"], uid=uid)
        stream.wait_for("session_linked")


def test_without_an_app_at_omi_there_is_only_the_sentence(shared_server: ServerProcess, ada: Person, uid: str) -> None:
    assert ada.client.get("/link/omi").json()["canPush"] is False
    started = start(ada, uid)
    assert (started["pushed"], started["notPushed"]) == (False, None)
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        shared_server.say(uid, started["say"], uid=uid)
        stream.wait_for("session_linked")
    assert linked_uids(ada) == [uid]


# the client by itself


def push(api: OmiApi, uid: str, *, url: str | None = None, app_id: str = APP_ID, key: str = API_KEY) -> None:
    asyncio.run(Notifications(url or api.url, app_id, key).push(uid, "a few words & more?"))


def complaint(api: OmiApi, uid: str, **how: str) -> OmilinkError:
    with pytest.raises(OmilinkError) as caught:
        push(api, uid, **how)
    assert API_KEY not in caught.value.message
    return caught.value


@pytest.fixture
def closed_port() -> Iterator[str]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{holder.getsockname()[1]}"


def test_words_arrive_as_they_are(omi_api: OmiApi, uid: str) -> None:
    push(omi_api, uid)
    assert omi_api.messages(uid) == ["a few words & more?"]


def test_a_refused_key_is_the_operators_matter(omi_api: OmiApi, uid: str) -> None:
    refused = complaint(omi_api, uid, key="sk_wrong")
    assert isinstance(refused, NotReached) and "OMILINK_OMI_API_KEY" in refused.message


def test_an_unknown_app_is_said(omi_api: OmiApi, uid: str) -> None:
    assert isinstance(complaint(omi_api, uid, app_id="another"), NotReached)


@pytest.mark.parametrize(
    ("said", "waits"),
    [("900", 900), ("86354", 3600), ("999999999", 3600), ("soon", 60), ("-1", 60), ("²", 60), ("9" * 5000, 60)],
)
def test_how_long_to_wait_is_what_omi_says_if_it_makes_sense(omi_api: OmiApi, uid: str, said: str, waits: int) -> None:
    omi_api.refuse(uid, 429, Retry_After=said)
    limited = complaint(omi_api, uid)
    assert isinstance(limited, RateLimited) and limited.retry_after == waits


def test_a_closed_port_is_no_answer(omi_api: OmiApi, uid: str, closed_port: str) -> None:
    assert isinstance(complaint(omi_api, uid, url=closed_port), Unavailable)


def test_nobody_waits_for_ever(omi_api: OmiApi, uid: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notification, "WHOLE", 0.3)
    omi_api.refuse(uid, NO_ANSWER)
    assert isinstance(complaint(omi_api, uid), Unavailable)
    omi_api.refuse(uid, HALF_A_HEADER)
    assert isinstance(complaint(omi_api, uid), Unavailable)


def test_an_answer_that_never_ends_is_one(omi_api: OmiApi, uid: str) -> None:
    omi_api.refuse(uid, NO_END)
    push(omi_api, uid)
