"""A user's own webhook URL: only they could have pasted it, so what comes in there is theirs."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from support import PATIENCE, TLS, Person, ServerProcess, wait_until
from web_support import DAY, PUBLIC_URL, fingerprint, is_error, segment, texts, wait_for_texts

PATH = "/me/webhook-url"


def url(person: Person) -> str:
    return str(person.client.get(PATH).json()["url"])


def secret(person: Person) -> str:
    return url(person).rpartition("/")[2]


def link_again(person: Person, session_id: str) -> dict[str, Any]:
    """What an app does by itself at every login."""
    answer = person.client.post("/sessions/link", json={"session_id": session_id, "again": True})
    session: dict[str, Any] = answer.raise_for_status().json()["session"]
    return session


def rotate(person: Person) -> str:
    return str(person.client.post(PATH).json()["url"])


def post(address: str, session_id: str = "pendant", *words: str, start: float = 0, **more: object) -> httpx2.Response:
    segments = [segment(text, start + 2 * place) for place, text in enumerate(words)]
    body = {"session_id": session_id, "segments": segments, **more}
    return httpx2.post(address, json=body, timeout=PATIENCE, verify=TLS)


def sessions(person: Person) -> list[tuple[str, str]]:
    listed = person.client.get("/sessions").json()["sessions"]
    return sorted((session["id"], session["method"]) for session in listed)


# showing


def test_it_is_made_when_it_is_first_asked_for_and_then_stays(shared_server: ServerProcess, ada: Person) -> None:
    shown = ada.client.get(PATH).json()
    assert shown.keys() == {"ok", "url", "createdAt", "previousValidUntil"}
    assert shown["url"].startswith(f"{shared_server.url}/omi-webhook/me_")
    assert len(shown["url"].rpartition("me_")[2]) >= 40
    assert shown["createdAt"].endswith("Z") and shown["previousValidUntil"] is None
    assert ada.client.get(PATH).json() == shown


def test_everybody_has_their_own(ada: Person, ben: Person) -> None:
    assert url(ada) != url(ben)


def test_it_begins_with_the_address_that_users_see(careful_server: ServerProcess) -> None:
    assert url(careful_server.user()).startswith(f"{PUBLIC_URL}/omi-webhook/me_")


# what comes in there


def test_words_are_its_users_without_linking_anything(ada: Person) -> None:
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        assert post(url(ada), "pendant", "Hello from my wearable").json() == {"ok": True}
        session = stream.wait_for("session_linked")["session"]
        assert (session["id"], session["linked"], session["method"]) == ("pendant", True, "personal")
        stream.wait_for_text("Hello from my wearable")
    assert sessions(ada) == [("pendant", "personal")]
    assert ada.client.get("/sessions/pendant").json()["session"]["health"]["status"] == "ok"


def test_linking_by_id_alone_may_be_closed(careful_server: ServerProcess) -> None:
    person = careful_server.user()
    path = urlsplit(url(person)).path
    post(careful_server.url + path, "pendant", "still mine")
    wait_for_texts(person, "still mine")


def test_an_id_that_is_a_uid_needs_no_other_proof(ada: Person, uid: str) -> None:
    post(url(ada), uid, "as OMI's cloud sends it", uid=uid)
    wait_for_texts(ada, "as OMI's cloud sends it")
    assert sessions(ada) == [(uid, "personal")]


def test_the_same_id_elsewhere_is_another_session(
    shared_server: ServerProcess, ada: Person, ben: Person, device: str
) -> None:
    ben.link(device)
    shared_server.say(device, "ben's")
    post(url(ada), device, "ada's")
    wait_for_texts(ada, "ada's")
    shared_server.say(device, "ben's again", start=2)
    wait_for_texts(ben, "ben's", "ben's again")
    assert texts(ada) == ["ada's"]
    assert (sessions(ada), sessions(ben)) == ([(device, "personal")], [(device, "manual")])
    assert is_error(ada.link(device), 409, "session_not_available")


def test_a_uid_that_is_somebody_elses_is_put_aside(
    shared_server: ServerProcess, ada: Person, ben: Person, device: str, uid: str
) -> None:
    shared_server.vouch(ben, uid)
    assert post(url(ada), device, "whose is this", uid=uid).status_code == 200
    aside = "SELECT error FROM deliveries WHERE session_id = ? AND state = 'quarantined'"
    wait_until(lambda: shared_server.rows(aside, device), "the quarantine")
    assert shared_server.rows(aside, device) == [("personal-url-refuses-foreign-uid",)]
    assert texts(ada) == texts(ben) == []
    assert sessions(ada) == sessions(ben) == []


def test_unlinking_lasts_until_the_next_call(shared_server: ServerProcess, ada: Person, device: str) -> None:
    """The address links by itself. Whoever wants no more words from there replaces it."""
    post(url(ada), device, "before")
    wait_for_texts(ada, "before")
    answer = ada.client.delete(f"/sessions/{device}/link")
    assert (answer.status_code, answer.json()["session"]["linked"]) == (200, False)
    assert sessions(ada) == []
    post(url(ada), device, "after", start=2)
    wait_until(lambda: sessions(ada) == [(device, "personal")], "the link")
    wait_for_texts(ada, "before", "after")


def test_of_two_sessions_with_one_id_the_linked_one_is_unlinked_first(
    shared_server: ServerProcess, ada: Person, device: str
) -> None:
    ada.link(device)
    post(url(ada), device, "mine")
    wait_for_texts(ada, "mine")
    assert sessions(ada) == [(device, "manual"), (device, "personal")]
    for left in [(device, "personal")], []:
        assert ada.client.delete(f"/sessions/{device}/link").status_code == 200
        assert sessions(ada) == left
    assert is_error(ada.client.delete(f"/sessions/{device}/link"), 404, "not_found")


def test_which_of_two_sessions_with_one_id_is_unlinked_can_be_told(
    shared_server: ServerProcess, ada: Person, device: str
) -> None:
    ada.link(device)
    post(url(ada), device, "mine")
    wait_for_texts(ada, "mine")
    for personal, left in (True, [(device, "manual")]), (False, []):
        unlinked = ada.client.delete(f"/sessions/{device}/link", params={"personal": personal})
        assert (unlinked.status_code, sessions(ada)) == (200, left)
        assert is_error(ada.client.delete(f"/sessions/{device}/link", params={"personal": personal}), 404, "not_found")


def test_an_app_links_nothing_by_itself_that_comes_in_at_the_users_own_address(
    shared_server: ServerProcess, ada: Person, ben: Person, device: str
) -> None:
    post(url(ada), device, "mine")
    wait_for_texts(ada, "mine")
    for _ in range(2):
        session = link_again(ada, device)
        assert (session["id"], session["linked"], session["method"]) == (device, True, "personal")
    assert sessions(ada) == [(device, "personal")]
    assert link_again(ben, device)["method"] == "manual"  # at the shared address it is anybody's


def test_a_session_that_has_called_the_shared_address_is_linked_again_all_the_same(
    shared_server: ServerProcess, ada: Person, device: str
) -> None:
    shared_server.say(device, "nobody's yet")
    shared_server.wait_until_settled(device)
    post(url(ada), device, "mine")
    wait_for_texts(ada, "mine")
    assert link_again(ada, device)["method"] == "manual"
    assert sessions(ada) == [(device, "manual"), (device, "personal")]


# where the secret stands


@pytest.mark.parametrize("address", ["/{}", "/{}/", "?token={}", "?token={}&uid=A-uid", "?token={}?uid=A-uid"])
def test_the_secret_is_taken_wherever_a_sender_can_put_it(
    shared_server: ServerProcess, ada: Person, address: str
) -> None:
    post(f"{shared_server.url}/omi-webhook{address.format(secret(ada))}", "pendant", "hello")
    wait_for_texts(ada, "hello")
    assert sessions(ada) == [("pendant", "personal")]


def test_old_senders_put_their_uid_behind_a_second_question_mark(
    shared_server: ServerProcess, ada: Person, uid: str
) -> None:
    address = f"{shared_server.url}/omi-webhook?token={secret(ada)}?uid={uid}"
    httpx2.post(address, json={"segments": [segment("hello")]}, timeout=PATIENCE, verify=TLS).raise_for_status()
    wait_for_texts(ada, "hello")
    assert sessions(ada) == [(uid, "personal")]


def test_the_secret_may_be_a_bearer_token(shared_server: ServerProcess, ada: Person) -> None:
    headers = {"Authorization": f"Bearer {secret(ada)}"}
    body = {"session_id": "pendant", "segments": [segment("hello")]}
    httpx2.post(f"{shared_server.url}/omi-webhook", json=body, headers=headers, timeout=PATIENCE, verify=TLS)
    wait_for_texts(ada, "hello")


def test_an_idempotency_key_is_one_for_each_url(shared_server: ServerProcess, ada: Person, ben: Person) -> None:
    body = {"session_id": "pendant", "segments": [segment("hello")]}
    for person in ada, ben:
        for _ in range(2):
            httpx2.post(url(person), json=body, headers={"Idempotency-Key": "1"}, timeout=PATIENCE, verify=TLS)
    for person in ada, ben:
        wait_for_texts(person, "hello")
        kept = shared_server.rows("SELECT count(*) FROM deliveries WHERE origin = ?", person.id)
        assert kept == [(1,)]


@pytest.mark.parametrize("wrong", ["me_", "me_unknown", "me_%00", "me_%ED%A0%80"])
def test_a_secret_of_nobodys_opens_nothing(shared_server: ServerProcess, wrong: str) -> None:
    for address in f"/{wrong}", f"?token={wrong}":
        assert is_error(post(f"{shared_server.url}/omi-webhook{address}"), 401, "bad_secret")


def test_a_secret_of_nobodys_is_refused_also_where_anybody_may_post(
    make_server: Callable[..., ServerProcess],
) -> None:
    server = make_server(OMILINK_WEBHOOK_AUTH="open")
    person = server.user()
    address = url(person)
    assert post(f"{server.url}/omi-webhook", "a-device", "anybody's").status_code == 200
    assert post(address, "a-device", "hers").status_code == 200
    wait_for_texts(person, "hers")
    assert is_error(post(f"{server.url}/omi-webhook/me_unknown"), 401, "bad_secret")
    server.rows("UPDATE personal_urls SET valid_until = 1")
    wait_until(lambda: post(address).status_code == 401, "the expiry to be seen")


def test_it_is_in_no_log(shared_server: ServerProcess, ada: Person) -> None:
    hers = secret(ada)
    post(url(ada), "pendant", "hello")
    post(url(ada) + "x")
    post(url(ada), "not an id")
    httpx2.get(url(ada), timeout=PATIENCE, verify=TLS)
    httpx2.post(url(ada), content=b"no JSON", timeout=PATIENCE, verify=TLS)
    httpx2.post(f"{shared_server.url}/omi-webhook?token={hers}", content=b"{", timeout=PATIENCE, verify=TLS)
    wait_for_texts(ada, "hello")
    assert hers not in shared_server.log.read_text()


# replacing it


def test_the_one_before_is_good_for_another_day(shared_server: ServerProcess, ada: Person) -> None:
    first = url(ada)
    shown = ada.client.post(PATH).json()
    second = shown["url"]
    assert second != first and shown["previousValidUntil"].endswith("Z")
    assert ada.client.get(PATH).json() == shown
    hashed = fingerprint(first.rpartition("/")[2])
    [(made, until)] = shared_server.rows(
        "SELECT new.created_at, old.valid_until FROM personal_urls old JOIN personal_urls new USING (user_id) "
        "WHERE old.hash = ? AND new.valid_until IS NULL",
        hashed,
    )
    assert abs(until - made - DAY) < 60_000  # one is counted time, the other the wall clock's
    for place, address in enumerate([first, second]):
        assert post(address, "pendant", f"by {place}", start=2 * place).status_code == 200
    wait_for_texts(ada, "by 0", "by 1")

    shared_server.rows("UPDATE personal_urls SET valid_until = 1 WHERE hash = ?", hashed)
    wait_until(lambda: post(first).status_code == 401, "the end of the day")
    assert post(second).status_code == 200
    assert ada.client.get(PATH).json()["previousValidUntil"] is None


def test_a_third_one_ends_the_first_at_once(ada: Person) -> None:
    first, second, third = url(ada), rotate(ada), None
    assert post(first).status_code == 200
    third = rotate(ada)
    assert [post(address).status_code for address in (first, second, third)] == [401, 200, 200]


def test_replacing_it_by_the_dozen_is_slowed_down(bare_server: ServerProcess) -> None:
    person = bare_server.user()
    answers = [person.client.post(PATH).status_code for _ in range(21)]
    assert answers == [200] * 20 + [429]


def test_another_site_cannot_replace_it(shared_server: ServerProcess, ada: Person) -> None:
    with shared_server.client(cookies={"sid": ada.token}, headers={"Origin": "https://evil.example"}) as browser:
        assert is_error(browser.post(PATH), 403, "origin_not_allowed")


def test_the_url_of_a_deleted_account_is_refused(shared_server: ServerProcess, ada: Person) -> None:
    address = url(ada)
    assert post(address, "pendant", "hello").status_code == 200
    wait_for_texts(ada, "hello")
    ada.client.request("DELETE", "/account", json={"password": ada.password}).raise_for_status()
    assert is_error(post(address), 401, "bad_secret")


def test_the_picture_is_for_the_servers_own_page(shared_server: ServerProcess, ada: Person) -> None:
    picture = ada.client.get("/me/webhook-url.svg")
    assert picture.headers["cross-origin-resource-policy"] == "same-origin"
