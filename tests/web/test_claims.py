"""Who owns a session: the contract's table, over HTTP, with streams open."""

from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from support import Person, ServerProcess, wait_until
from web_support import is_error, new_uid, newcomer, texts, wait_for_texts

JSON = {"Content-Type": "application/json"}


def unlink(person: Person, session_id: str) -> httpx2.Response:
    return person.client.delete(f"/sessions/{session_id}/link")


def method(person: Person, session_id: str) -> str | None:
    """How the session is linked to the person; None when it is not."""
    answer = person.client.get(f"/sessions/{session_id}")
    return str(answer.json()["session"]["method"]) if answer.status_code == 200 else None


# linked by a verified uid


def test_a_verified_uid_links_by_itself(shared_server: ServerProcess, ada: Person, device: str, uid: str) -> None:
    shared_server.omilink("users", "verify", ada.email, uid)
    [link] = ada.client.get("/me").json()["omi_links"]
    assert link == {"omiUserId": uid, "isVerified": True, "verifiedAt": link["verifiedAt"]}
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        shared_server.say(device, "it just works", uid=uid)
        session = stream.wait_for("session_linked")["session"]
        assert (session["id"], session["linked"], session["method"]) == (device, True, "uid")
        stream.wait_for_text("it just works")
    assert method(ada, device) == "uid"


@pytest.mark.parametrize("shown", [None, "an-unverified-uid"])
def test_without_a_verified_uid_words_are_kept_and_shown_to_nobody(
    shared_server: ServerProcess, ada: Person, device: str, shown: str | None
) -> None:
    shared_server.say(device, "nobody's words", uid=shown)
    shared_server.wait_until_settled(device)
    assert ada.current()["conversation"] is None
    assert is_error(ada.client.get(f"/sessions/{device}"), 404, "not_found")
    [(owner, count)] = shared_server.rows(
        "SELECT user_id, message_count FROM conversations WHERE session_id = ?", f"shared/{device}"
    )
    assert (owner, count) == (None, 1)


# linked by hand


def test_linking_early_answers_and_the_first_words_arrive(
    shared_server: ServerProcess, ada: Person, device: str
) -> None:
    answer = ada.link(device)
    assert answer.status_code == 200
    session = answer.json()["session"]
    assert answer.json() == {"ok": True, "session": session}
    assert session.keys() == {"id", "linked", "method", "linkedAt", "lastSeenAt", "hasConversations"}
    assert (session["id"], session["linked"], session["method"]) == (device, True, "manual")
    assert (session["lastSeenAt"], session["hasConversations"]) == (None, False)
    shared_server.say(device, "first words")
    wait_for_texts(ada, "first words")


@pytest.mark.parametrize("shown", [None, "some-other-uid"])
def test_linking_late_brings_what_was_said_to_open_streams_at_once(
    shared_server: ServerProcess, ada: Person, device: str, shown: str | None
) -> None:
    shared_server.say(device, "said before", "and this", uid=shown)
    shared_server.wait_until_settled(device)
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        session = ada.link(device).json()["session"]
        assert (session["method"], session["hasConversations"]) == ("manual", True)
        assert stream.wait_for("session_linked")["session"] == session
        conversation = stream.wait_for("conversation_changed")["conversation"]
        words = stream.wait_for("new_messages")
        assert words["conversationId"] == conversation["id"]
        assert [message["text"] for message in words["messages"]] == ["said before", "and this"]
    assert texts(ada) == ["said before", "and this"]
    assert ada.client.get("/me").json()["omi_links"] == []  # the uid that it showed is not linked by that


def test_linking_again_changes_nothing(shared_server: ServerProcess, ada: Person, device: str) -> None:
    first = ada.link(device)
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        assert ada.link(device).json() == first.json()
        shared_server.say(device, "hello")
        stream.wait_for_text("hello")
        assert "session_linked" not in stream.types()


@pytest.mark.parametrize("bad", ["", " ", "a/b", "x" * 129, "null", "gerät", "a b"])
def test_what_cannot_be_an_id_cannot_be_linked(ada: Person, bad: str) -> None:
    assert is_error(ada.link(bad), 422, "invalid")


# what needs proof


def test_an_id_that_is_the_uid_it_shows_needs_proof(shared_server: ServerProcess, ada: Person, uid: str) -> None:
    shared_server.say(uid, "private words", uid=uid)
    shared_server.wait_until_settled(uid)
    answer = ada.link(uid)
    assert is_error(answer, 403, "proof_required")
    assert "/link/omi/start" in answer.json()["message"]
    assert texts(ada) == []

    shared_server.vouch(ada, uid)
    assert ada.link(uid).json()["session"]["method"] == "uid"
    assert texts(ada) == ["private words"]


def test_an_id_that_is_verified_for_somebody_needs_proof(
    shared_server: ServerProcess, ada: Person, ben: Person, uid: str
) -> None:
    shared_server.vouch(ben, uid)
    assert is_error(ada.link(uid), 403, "proof_required")


def test_claiming_a_uid_early_gets_nobody_its_words(shared_server: ServerProcess, ada: Person, uid: str) -> None:
    assert ada.link(uid).json()["session"]["method"] == "manual"
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        shared_server.say(uid, "not for whoever knows the id", uid=uid)
        told = stream.wait_for("session_unlinked")
        assert told["reason"] == "proof_required"
        assert (told["session"]["id"], told["session"]["linked"]) == (uid, False)
        shared_server.say(uid, "nor this", uid=uid, start=2)
        shared_server.wait_until_settled(uid)
        assert stream.texts() == []
    assert texts(ada) == []
    [listed] = ada.client.get("/sessions").json()["sessions"]
    assert (listed["id"], listed["linked"], listed["health"]["status"]) == (uid, False, "suspended")
    assert listed["lastSeenAt"] is None  # that it talks at all is its wearer's business
    assert is_error(ada.link(uid), 403, "proof_required")

    shared_server.vouch(ada, uid)
    assert ada.link(uid).status_code == 200
    assert texts(ada) == ["not for whoever knows the id", "nor this"]


def test_who_claimed_a_uid_can_be_rid_of_it(shared_server: ServerProcess, ada: Person, ben: Person, uid: str) -> None:
    ada.link(uid)
    shared_server.say(uid, "the wearer's", uid=uid)
    shared_server.wait_until_settled(uid)
    assert is_error(ben.client.delete(f"/sessions/{uid}/link"), 404, "not_found")
    answer = ada.client.delete(f"/sessions/{uid}/link")
    assert (answer.status_code, answer.json()["session"]["linked"]) == (200, False)
    assert answer.json()["session"]["lastSeenAt"] is None  # that it talks at all is its wearer's business
    assert ada.client.get("/sessions").json()["sessions"] == []
    assert is_error(ada.client.delete(f"/sessions/{uid}/link"), 404, "not_found")
    assert is_error(ada.link(uid), 403, "proof_required")


def test_linking_by_id_alone_can_be_closed(careful_server: ServerProcess, device: str, uid: str) -> None:
    person = careful_server.user()
    answer = person.link(device)
    assert is_error(answer, 403, "proof_required")
    assert "operator" in answer.json()["message"]
    careful_server.vouch(person, uid)
    assert person.link(uid).json()["session"]["method"] == "uid"


# what is somebody else's


def test_what_is_somebody_elses_is_refused_without_telling_whose(
    shared_server: ServerProcess, ada: Person, ben: Person, device: str, uid: str
) -> None:
    linked, issued, showing, wearable = device, f"issued-{device}", f"showing-{device}", uid
    ben.link(linked)
    shared_server.omilink("sessions", "provision", "--user", ben.email, "--id", issued)
    other = new_uid()
    shared_server.say(showing, "hello", uid=other)
    shared_server.wait_until_settled(showing)
    shared_server.vouch(ben, other)
    shared_server.vouch(ben, wearable)
    shared_server.say(wearable, "hello", uid=wearable)
    shared_server.wait_until_settled(wearable)
    answers = [ada.link(session_id) for session_id in (linked, issued, showing, wearable)]
    for answer in answers:
        assert is_error(answer, 409, "session_not_available")
        assert answer.json() == answers[0].json()
    assert ada.client.get("/sessions").json()["sessions"] == []
    for session_id in linked, issued, showing, wearable:
        assert is_error(ada.client.get(f"/sessions/{session_id}"), 404, "not_found")
        assert is_error(unlink(ada, session_id), 404, "not_found")


def test_proof_beats_a_claim(shared_server: ServerProcess, ada: Person, ben: Person, device: str, uid: str) -> None:
    ada.link(device)
    shared_server.say(device, "while it was ada's")
    wait_for_texts(ada, "while it was ada's")
    shared_server.vouch(ben, uid)
    with ada.follow() as hers, ben.follow() as his:
        hers.wait_for("caught_up")
        his.wait_for("caught_up")
        shared_server.say(device, "now it is ben's", uid=uid, start=2)
        assert hers.wait_for("session_unlinked")["session"]["id"] == device
        assert his.wait_for("session_linked")["session"]["method"] == "uid"
        his.wait_for_text("now it is ben's")
        assert hers.texts() == ["while it was ada's"]
        assert his.texts() == ["now it is ben's"]
    assert texts(ada) == ["while it was ada's"]
    assert texts(ben) == ["now it is ben's"]
    assert method(ada, device) is None
    [(rule, before, after)] = shared_server.rows(
        "SELECT rule, before, after FROM audit WHERE session_id = ? ORDER BY id DESC LIMIT 1", f"shared/{device}"
    )
    assert (rule, before, after) == ("proof-beats-claim", ada.id, ben.id)


@pytest.mark.parametrize("how", ["uid", "issued"])
def test_a_proven_owner_loses_it_only_by_unlinking(
    shared_server: ServerProcess, ada: Person, ben: Person, device: str, uid: str, how: str
) -> None:
    if how == "uid":
        adas = new_uid()
        shared_server.vouch(ada, adas)
        shared_server.say(device, "ada's", uid=adas)
    else:
        shared_server.omilink("sessions", "provision", "--user", ada.email, "--id", device)
        shared_server.say(device, "ada's")
    wait_for_texts(ada, "ada's")
    assert method(ada, device) == how

    shared_server.vouch(ben, uid)
    shared_server.say(device, "whose is this", uid=uid, start=2)
    aside = "SELECT count(*) FROM deliveries WHERE session_id = ? AND state = 'quarantined'"
    wait_until(lambda: shared_server.rows(aside, device) == [(1,)], "the quarantine")
    assert texts(ada) == ["ada's"]
    assert texts(ben) == []
    assert method(ada, device) == how

    unlink(ada, device)
    shared_server.say(device, "ben's by now", uid=uid, start=4)
    wait_for_texts(ben, "ben's by now")
    assert texts(ada) == ["ada's"]


def test_of_thirty_who_claim_a_session_at_once_one_gets_it(
    shared_server: ServerProcess, password_hash: str, device: str
) -> None:
    crowd = [newcomer(shared_server, password_hash) for _ in range(30)]
    with ThreadPoolExecutor(len(crowd)) as pool:
        answers = list(pool.map(lambda person: person.link(device), crowd))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 29
    assert len({answer.text for answer in answers if answer.status_code == 409}) == 1


# unlinking


def test_history_never_crosses_owners(shared_server: ServerProcess, ada: Person, ben: Person, device: str) -> None:
    ada.link(device)
    shared_server.say(device, "ada's secret")
    wait_for_texts(ada, "ada's secret")
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        answer = unlink(ada, device)
        told = stream.wait_for("session_unlinked")
        assert (told["reason"], told["session"]) == ("unlinked", answer.json()["session"])
    assert (answer.status_code, answer.json()["session"]["linked"]) == (200, False)
    assert method(ada, device) is None
    assert is_error(unlink(ada, device), 404, "not_found")

    shared_server.say(device, "between owners", start=2)
    shared_server.wait_until_settled(device)
    assert ben.link(device).status_code == 200
    shared_server.say(device, "ben's", start=4)
    wait_for_texts(ben, "between owners", "ben's")
    assert texts(ada) == ["ada's secret"]
    assert len(ada.client.get("/conversations").json()["items"]) == 1
    assert len(ben.client.get("/conversations").json()["items"]) == 1


# linked again by an app


def test_an_app_does_not_link_again_what_was_unlinked(shared_server: ServerProcess, ada: Person, device: str) -> None:
    def link(**how: bool) -> httpx2.Response:
        return ada.client.post("/sessions/link", json={"session_id": device} | how)

    assert link(again=True).status_code == 200, "it has never had it"
    assert link(again=True).status_code == 200, "it has it"
    ada.client.delete(f"/sessions/{device}/link").raise_for_status()
    assert is_error(link(again=True), 409, "session_not_available")
    assert link().status_code == 200, "by hand"


@pytest.mark.parametrize("number", ["89014103211118510720", "89014103211118510797", "7"])
def test_every_digit_of_a_number_as_id_counts(shared_server: ServerProcess, ada: Person, number: str) -> None:
    answer = ada.client.post("/sessions/link", content=f'{{"session_id": {number}}}', headers=JSON)
    assert answer.json()["session"]["id"] == number
    ada.client.delete(f"/sessions/{number}/link").raise_for_status()


@pytest.mark.parametrize("number", ["1e3", "1.0", "1E+999", "8.9e19"])
def test_a_number_with_a_point_or_an_exponent_is_no_id(ada: Person, number: str) -> None:
    answer = ada.client.post("/sessions/link", content=f'{{"session_id": {number}}}', headers=JSON)
    assert is_error(answer, 422, "invalid")
    assert ada.client.get("/sessions").json()["sessions"] == []
