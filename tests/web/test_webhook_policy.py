"""OMI's signature, and what a call has to carry under which OMILINK_WEBHOOK_POLICY."""

import json
import time
from collections.abc import Callable, Iterator

import httpx2
import pytest
from support import PATIENCE, SECRET, TLS, Person, ServerProcess
from web_support import (
    SECRETS,
    SIGNING_SECRETS,
    call,
    is_error,
    linked_uids,
    new_uid,
    newcomer,
    segment,
    signature,
    start,
    texts,
    wait_for_texts,
)

ServerOf = Callable[[str], ServerProcess]
POLICIES = ("any", "secret", "signature", "both")


@pytest.fixture(scope="module")
def server_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerOf]:
    """The server with this policy."""
    servers: dict[str, ServerProcess] = {}

    def find(policy: str) -> ServerProcess:
        if policy not in servers:
            settings = {"OMILINK_WEBHOOK_POLICY": policy, "OMILINK_SIGNING_SECRET": SIGNING_SECRETS[1]}
            servers[policy] = ServerProcess(tmp_path_factory.mktemp(policy) / "data", **settings).start()
        return servers[policy]

    yield find
    for server in servers.values():
        server.close()


def body_of(uid: str, text: str) -> bytes:
    return json.dumps({"session_id": uid, "segments": [segment(text)]}).encode()


def post(
    server: ServerProcess, uid: str, body: bytes, signed: str | None, secret: str = "", **headers: str
) -> httpx2.Response:
    if signed is not None:
        headers |= {"X-Omi-Signature": signed}
    address = f"{server.url}/omi-webhook{'/' + secret if secret else ''}"
    return httpx2.post(address, params={"uid": uid}, content=body, headers=headers, timeout=PATIENCE, verify=TLS)


SIGNED: dict[str, Callable[[str, bytes], str | None]] = {
    "signed": lambda uid, body: signature(uid, body, secret=SIGNING_SECRETS[1]),
    "signed by another": lambda uid, body: signature(uid, body, secret="whsec_somebody-elses"),
    "signed with nothing": lambda uid, body: signature(uid, body, secret=""),
    "signed long ago": lambda uid, body: signature(uid, body, secret=SIGNING_SECRETS[1], at=time.time() - 330),
    "signed from the future": lambda uid, body: signature(uid, body, secret=SIGNING_SECRETS[1], at=time.time() + 330),
    "signed for another uid": lambda uid, body: signature(new_uid(), body, secret=SIGNING_SECRETS[1]),
    "signed with other words": lambda uid, body: signature(uid, body + b" ", secret=SIGNING_SECRETS[1]),
    "an empty signature": lambda uid, body: "",
    "unsigned": lambda uid, body: None,
}
ENOUGH = {
    "any": lambda secret, signed: signed == "signed" or (secret and signed == "unsigned"),
    "secret": lambda secret, signed: secret,
    "signature": lambda secret, signed: signed == "signed",
    "both": lambda secret, signed: secret and signed == "signed",
}
"""A secret does not make up for a signature that is wrong, unless signatures do not count at all."""


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("secret", [SECRET, "wrong", ""], ids=["secret", "wrong secret", "no secret"])
@pytest.mark.parametrize("signed", SIGNED)
def test_what_each_policy_takes(server_of: ServerOf, uid: str, policy: str, secret: str, signed: str) -> None:
    body = body_of(uid, "hello")
    answer = post(server_of(policy), uid, body, SIGNED[signed](uid, body), secret)
    if ENOUGH[policy](secret == SECRET, signed):
        assert (answer.status_code, answer.json()) == (200, {"ok": True})
    else:
        assert is_error(answer, 401, "bad_secret")


@pytest.mark.parametrize("policy", POLICIES)
def test_a_personal_url_needs_neither(server_of: ServerOf, password_hash: str, uid: str, policy: str) -> None:
    """OMI's cloud does not sign what a user's developer settings send, and the URL is the user's proof."""
    person = newcomer(server_of(policy), password_hash)
    own = person.client.get("/me/webhook-url").json()["url"].rpartition("/")[2]
    assert post(server_of(policy), uid, body_of(uid, "to my own address"), None, own).status_code == 200
    wait_for_texts(person, "to my own address")


@pytest.mark.parametrize("policy", ["signature", "both"])
def test_a_policy_that_wants_signatures_does_not_start_without_a_secret_for_them(
    policy: str, shared_server: ServerProcess
) -> None:
    refused = shared_server.omilink("webhook-url", check=False, OMILINK_WEBHOOK_POLICY=policy)
    assert refused.returncode != 0
    assert "OMILINK_SIGNING_SECRET" in refused.stderr and f"OMILINK_WEBHOOK_POLICY={policy}" in refused.stderr


@pytest.mark.parametrize("secret", SIGNING_SECRETS)
def test_two_signing_secrets_are_good_during_a_rotation(careful_server: ServerProcess, uid: str, secret: str) -> None:
    body = body_of(uid, "hello")
    assert post(careful_server, uid, body, signature(uid, body, secret=secret)).status_code == 200


def test_an_unset_signing_secret_never_means_pass(shared_server: ServerProcess, uid: str) -> None:
    body = body_of(uid, "hello")
    for secret in "", ",", *SIGNING_SECRETS:
        assert is_error(post(shared_server, uid, body, signature(uid, body, secret=secret)), 401, "bad_secret")


# what was signed is what counts


@pytest.mark.parametrize("secret", ["", SECRETS[0]])
def test_a_signed_call_about_another_account_is_refused(careful_server: ServerProcess, uid: str, secret: str) -> None:
    """Also where it shows the secret as well: it contradicts what OMI vouches for."""
    body = json.dumps({"session_id": uid, "uid": new_uid(), "segments": [segment("words")]}).encode()
    signed = signature(uid, body, secret=SIGNING_SECRETS[1])
    assert is_error(post(careful_server, uid, body, signed, secret), 401, "bad_secret")


def test_a_signature_is_of_one_account_in_the_address(careful_server: ServerProcess, uid: str) -> None:
    body, other = body_of(uid, "hello"), new_uid()
    signed = {"X-Omi-Signature": signature(uid, body, secret=SIGNING_SECRETS[1])}
    for query, status in (f"uid={uid}&uid={uid}", 200), (f"uid={uid}&uid={other}", 401), ("", 401):
        answer = httpx2.post(f"{careful_server.url}/omi-webhook?{query}", content=body, headers=signed, verify=TLS)
        assert answer.status_code == status, query


def test_at_a_personal_url_somebody_elses_signature_does_not_matter(
    server_of: ServerOf, password_hash: str, uid: str
) -> None:
    """An app that a user has registered with OMI has a secret of its own, which no server knows."""
    person = newcomer(server_of("any"), password_hash)
    own = person.client.get("/me/webhook-url").json()["url"].rpartition("/")[2]
    body = body_of(uid, "from my own app")
    signed = signature(uid, body, secret="whsec_of-the-users-app")
    assert post(server_of("any"), uid, body, signed, own).status_code == 200
    wait_for_texts(person, "from my own app")


# the same delivery again


def test_the_same_delivery_again_changes_nothing(phone_server: ServerProcess, wearer: Person, uid: str) -> None:
    phone_server.vouch(wearer, uid)
    body = body_of(uid, "said once")
    signed = signature(uid, body, secret=SIGNING_SECRETS[1])
    for _ in range(3):
        answer = post(phone_server, uid, body, signed, **{"X-Omi-Delivery": f"delivery-{uid}"})
        assert (answer.status_code, answer.json()) == (200, {"ok": True})
    wait_for_texts(wearer, "said once")
    assert phone_server.rows("SELECT count(*) FROM deliveries WHERE uid = ?", uid) == [(1,)]


def test_what_was_deleted_does_not_come_back_by_playing_its_call_again(
    make_server: Callable[..., ServerProcess], uid: str
) -> None:
    """Without ids of segments, after a conversation's end, and whatever is not signed made different."""
    server = make_server(OMILINK_CONVERSATION_GAP="0.01", OMILINK_SIGNING_SECRET=SIGNING_SECRETS[1])
    ada = server.user()
    server.vouch(ada, uid)
    words = {"text": "said once", "start": 0.0, "end": 2.0}
    body = json.dumps({"session_id": uid, "segments": [words]}).encode()
    signed = signature(uid, body, secret=SIGNING_SECRETS[1])
    ways: list[dict[str, str]] = [
        {"X-Omi-Delivery": "first"},
        {"X-Omi-Delivery": "other"},
        {"X-Omi-Delivery": "first", "Idempotency-Key": "new"},
        {},
    ]

    def play() -> None:
        for way in ways:
            assert post(server, uid, body, signed, SECRET, **way).status_code == 200
        server.wait_until_settled(uid)

    play()
    wait_for_texts(ada, "said once")
    for conversation in ada.client.get("/conversations").json()["items"]:
        ada.client.delete(f"/conversations/{conversation['id']}").raise_for_status()
    play()
    server.say(uid, "and now", uid=uid, start=20)
    wait_for_texts(ada, "and now")
    assert server.rows("SELECT text FROM messages WHERE text <> ''") == [("and now",)]


def test_a_proof_that_is_played_again_proves_nothing(phone_server: ServerProcess, wearer: Person, uid: str) -> None:
    body = body_of(uid, start(wearer, uid)["say"])
    signed = signature(uid, body, secret=SIGNING_SECRETS[1])
    post(phone_server, uid, body, signed, **{"X-Omi-Delivery": f"first-{uid}"})
    phone_server.wait_until_settled(uid)
    assert linked_uids(wearer) == [uid]
    wearer.client.delete(f"/link/omi/unlink/{uid}").raise_for_status()
    post(phone_server, uid, body, signed, **{"X-Omi-Delivery": f"second-{uid}"})
    phone_server.wait_until_settled(uid)
    assert linked_uids(wearer) == []


def test_one_delivery_id_with_other_words_is_another_delivery(
    phone_server: ServerProcess, wearer: Person, uid: str
) -> None:
    """The id is not signed: whoever guesses it must not be able to keep words out."""
    phone_server.vouch(wearer, uid)
    for place, text in enumerate(("one", "two")):
        call(
            phone_server,
            {"session_id": uid, "segments": [segment(text, 3 * place)]},
            f"?uid={uid}",
            **{"X-Omi-Delivery": "guessed"},
        )
    wait_for_texts(wearer, "one", "two")
    assert texts(wearer) == ["one", "two"]
