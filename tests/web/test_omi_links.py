"""A user's OMI accounts: what is under way, what came along, and how to take it back."""

from typing import Any

from omi_api import OmiApi
from support import Person, ServerProcess
from web_support import DAY, confirm, is_error, linked_uids, new_uid, start, texts, wait_for_texts


def mine(person: Person) -> dict[str, Any]:
    listed: dict[str, Any] = person.client.get("/link/omi").json()
    return listed


def earlier(person: Person, uid: str, *, bring: bool) -> dict[str, Any]:
    answer = person.client.post("/link/omi/earlier", json={"omi_user_id": uid, "bring": bring})
    assert answer.status_code == 200, answer.text
    moved: dict[str, Any] = answer.json()
    return moved


def link(person: Person, api: OmiApi, uid: str, **more: object) -> dict[str, Any]:
    """By the number, and what is shown then."""
    start(person, uid, **more)
    confirmed = confirm(person, uid, api.number(uid, len(api.messages(uid))))
    assert confirmed.status_code == 200, confirmed.text
    shown: dict[str, Any] = confirmed.json()["omi_link"]
    return shown


def say_before(server: ServerProcess, uid: str, *texts: str) -> None:
    """Words of the wearer's from the time when nobody had linked the account."""
    server.say(uid, *texts, uid=uid)
    server.wait_until_settled(uid)


def test_what_is_under_way_is_shown_without_the_number(omi_api: OmiApi, wearer: Person, uid: str) -> None:
    assert mine(wearer) == {"ok": True, "omi_links": [], "pending": [], "canPush": True}
    started = start(wearer, uid)
    asked = {"omiUserId": uid, "say": started["say"], "heard": None, "expiresAt": started["expiresAt"]}
    assert mine(wearer)["pending"] == [asked]
    shown = link(wearer, omi_api, uid)
    assert shown.keys() == {"omiUserId", "isVerified", "verifiedAt", "proof", "earlier"}
    assert (shown["omiUserId"], shown["isVerified"], shown["proof"]) == (uid, True, "typed")
    assert (mine(wearer)["omi_links"], mine(wearer)["pending"]) == ([shown], [])


def test_nobody_sees_somebody_elses(omi_api: OmiApi, wearer: Person, stranger: Person, uid: str) -> None:
    start(wearer, uid)
    assert mine(stranger)["pending"] == []
    link(wearer, omi_api, uid)
    assert (mine(stranger)["omi_links"], linked_uids(stranger)) == ([], [])


def test_what_came_before_comes_along_and_can_be_let_go(
    phone_server: ServerProcess, omi_api: OmiApi, wearer: Person, uid: str
) -> None:
    say_before(phone_server, uid, "said before")
    with wearer.follow() as stream:
        stream.wait_for("caught_up")
        shown = link(wearer, omi_api, uid)
        assert shown["earlier"]["brought"]["conversations"] == 1
        assert shown["earlier"]["waiting"] == {"conversations": 0, "since": None}
        assert texts(wearer) == ["said before"]

        let_go = earlier(wearer, uid, bring=False)
        assert (let_go["moved"], let_go["omi_link"]["earlier"]["waiting"]["conversations"]) == (1, 1)
        stream.wait_for("conversation_deleted")
        assert texts(wearer) == []

        assert earlier(wearer, uid, bring=True)["moved"] == 1
        assert texts(wearer) == ["said before"]


def test_it_can_be_declined_beforehand(phone_server: ServerProcess, omi_api: OmiApi, wearer: Person, uid: str) -> None:
    say_before(phone_server, uid, "said before")
    shown = link(wearer, omi_api, uid, bring_earlier=False)
    assert shown["earlier"]["waiting"]["conversations"] == 1
    assert texts(wearer) == []


def test_only_a_day_comes_along(phone_server: ServerProcess, omi_api: OmiApi, wearer: Person, uid: str) -> None:
    """Longer ago somebody else may have worn it."""
    say_before(phone_server, uid, "said the day before yesterday")
    change = "UPDATE conversations SET created_at = created_at - ?, last_at = last_at - ? WHERE session_id = ?"
    phone_server.rows(change, 2 * DAY, 2 * DAY, f"shared/{uid}")
    say_before(phone_server, uid, "said today")
    assert link(wearer, omi_api, uid)["earlier"]["brought"]["conversations"] == 1
    assert texts(wearer) == ["said today"]
    assert earlier(wearer, uid, bring=True)["moved"] == 0
    assert "day before" not in wearer.client.get("/conversations").text


def test_what_one_owner_left_goes_to_no_later_one(
    phone_server: ServerProcess, omi_api: OmiApi, wearer: Person, stranger: Person, uid: str
) -> None:
    """A wearable that is sold: what its first owner had, took along or let go is not the second one's."""
    say_before(phone_server, uid, "the first owner's words")
    link(wearer, omi_api, uid)
    earlier(wearer, uid, bring=False)
    wearer.client.delete(f"/link/omi/unlink/{uid}").raise_for_status()
    assert link(stranger, omi_api, uid)["earlier"]["brought"]["conversations"] == 0
    assert earlier(stranger, uid, bring=True)["moved"] == 0
    assert (texts(stranger), texts(wearer)) == ([], [])


def test_unlinking_takes_the_sessions_with_it_and_leaves_what_was_saved(
    phone_server: ServerProcess, omi_api: OmiApi, wearer: Person, uid: str
) -> None:
    link(wearer, omi_api, uid)
    phone_server.say(uid, "said while it was mine", uid=uid)
    wait_for_texts(wearer, "said while it was mine")
    assert wearer.client.delete(f"/link/omi/unlink/{uid}").json() == {"ok": True}
    phone_server.say(uid, "said when it was nobody's", uid=uid, start=10)
    phone_server.wait_until_settled(uid)
    assert texts(wearer) == ["said while it was mine"]
    assert linked_uids(wearer) == [] and wearer.client.get("/sessions").json()["sessions"] == []
    assert is_error(wearer.client.delete(f"/link/omi/unlink/{uid}"), 404, "not_found")


def test_a_code_that_was_under_way_is_worthless_after_unlinking(
    omi_api: OmiApi, wearer: Person, stranger: Person, uid: str
) -> None:
    start(stranger, uid)
    strangers = omi_api.number(uid)
    link(wearer, omi_api, uid)
    wearers = omi_api.number(uid, 2)
    wearer.client.delete(f"/link/omi/unlink/{uid}").raise_for_status()
    assert is_error(confirm(wearer, uid, wearers), 403, "wrong_code")
    assert confirm(stranger, uid, strangers).status_code == 200  # theirs is still good: it went to the same phone


def test_one_user_may_have_several(omi_api: OmiApi, wearer: Person) -> None:
    uids = sorted(new_uid() for _ in range(3))
    for uid in uids:
        link(wearer, omi_api, uid)
    assert sorted(linked_uids(wearer)) == uids


def test_nobody_gets_in_without_signing_in(phone_server: ServerProcess, uid: str) -> None:
    client, form = phone_server.client(), {"omi_user_id": uid, "code": "1", "bring": True}
    for path in "start", "resend", "confirm", "earlier":
        assert is_error(client.post(f"/link/omi/{path}", json=form), 401, "not_signed_in")
    assert is_error(client.get("/link/omi"), 401, "not_signed_in")
    assert is_error(client.delete(f"/link/omi/unlink/{uid}"), 401, "not_signed_in")


def test_no_other_site_acts_with_a_users_cookie(phone_server: ServerProcess, wearer: Person, uid: str) -> None:
    client = phone_server.client(cookies={"sid": wearer.token}, headers={"Origin": "https://evil.example.org"})
    for path in "start", "resend", "confirm", "earlier":
        form = {"omi_user_id": uid, "code": "1", "bring": True}
        assert is_error(client.post(f"/link/omi/{path}", json=form), 403, "origin_not_allowed")
    assert is_error(client.delete(f"/link/omi/unlink/{uid}"), 403, "origin_not_allowed")
