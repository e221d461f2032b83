"""Many at once: one wins, and the others learn nothing."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import httpx2
from omi_api import OmiApi
from support import PATIENCE, SECRET, TLS, Person, ServerProcess
from web_support import confirm, elsewhere, is_error, linked_uids, segment, start

MakePeople = Callable[[int], list[Person]]
T = TypeVar("T")
R = TypeVar("R")


def all_at_once(act: Callable[[T], R], whom: Sequence[T]) -> list[R]:
    """What came of it for each, when all began together."""
    ready = Barrier(len(whom))

    def begin(one: T) -> R:
        ready.wait(PATIENCE)
        return act(one)

    with ThreadPoolExecutor(len(whom)) as pool:
        return list(pool.map(begin, whom))


def connected(people: list[Person]) -> list[Person]:
    """With their connections open already, so that nobody has a lead."""
    for person in people:
        assert person.client.get("/me").status_code == 200
    return people


def audited(server: ServerProcess, session_id: str) -> list[tuple[str, str]]:
    return server.rows("SELECT rule, after FROM audit WHERE session_id = ?", f"shared/{session_id}")


def test_a_hundred_claims_of_one_session(phone_server: ServerProcess, newcomers: MakePeople, device: str) -> None:
    people = connected(newcomers(100))
    answers = all_at_once(lambda person: person.link(device), people)
    winners = [person for person, answer in zip(people, answers, strict=True) if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert len(winners) == 1 and len(refused) == 99
    assert all(is_error(answer, 409, "session_not_available") for answer in refused)
    assert len({answer.content for answer in refused}) == 1
    assert len({tuple(answer.headers.keys()) for answer in refused}) == 1
    assert audited(phone_server, device) == [("first-to-know-the-id", winners[0].id)]


def test_fifty_redemptions_of_one_ticket(phone_server: ServerProcess, wearer: Person) -> None:
    ticket = wearer.client.post("/conversations/current/stream-ticket").json()["ticket"]

    def redeem(client: httpx2.Client) -> int:
        with client.stream("GET", "/conversations/current/stream", params={"ticket": ticket}) as answer:
            return int(answer.status_code)

    statuses = all_at_once(redeem, [phone_server.client() for _ in range(50)])
    assert sorted(statuses) == [200] + [401] * 49


def test_twenty_guesses_at_once_get_five_looks(omi_api: OmiApi, newcomers: MakePeople, uid: str) -> None:
    """However many connections and addresses the one who guesses has."""
    [person] = newcomers(1)
    start(person, uid)
    right = omi_api.number(uid)
    guesses = [f"{(int(right) + number) % 1_000_000:06}" for number in range(1, 21)]
    statuses = [answer.status_code for answer in all_at_once(lambda guess: confirm(person, uid, guess), guesses)]
    assert sorted(statuses) == [403] * 5 + [429] * 15
    assert confirm(person, uid, right).status_code == 429
    start(person, uid)  # which does not reset the count
    assert confirm(person, uid, omi_api.number(uid, 2)).status_code == 429


def test_twenty_people_who_guess_for_one_wearable_get_five_looks(newcomers: MakePeople, uid: str) -> None:
    people = connected(newcomers(20))
    for person in people[:3]:
        start(person, uid)
    answers = all_at_once(lambda person: confirm(person, uid, "no number"), people)
    assert sorted(answer.status_code for answer in answers) == [403] * 5 + [429] * 15


def test_twenty_people_at_one_address_get_five_looks(newcomers: MakePeople, uid: str) -> None:
    people, here = connected(newcomers(20)), elsewhere()

    def guess(person: Person) -> int:
        form = {"omi_user_id": f"{uid}-of-{person.id}", "code": "no number"}
        return int(person.client.post("/link/omi/confirm", json=form, headers=here).status_code)

    assert sorted(all_at_once(guess, people)) == [403] * 5 + [429] * 15


def test_two_people_prove_one_wearable_at_once(
    phone_server: ServerProcess, omi_api: OmiApi, newcomers: MakePeople, uid: str
) -> None:
    """One has the number, the other the sentence: both are right, and one of them has it."""
    typing, saying = newcomers(2)
    start(typing, uid)
    number, say = omi_api.number(uid), start(saying, uid)["say"]
    body = json.dumps({"session_id": uid, "segments": [segment(say)]}).encode()

    def prove(how: str) -> int:
        if how == "typed":
            return int(confirm(typing, uid, number).status_code)
        answer = httpx2.post(
            f"{phone_server.url}/omi-webhook/{SECRET}?uid={uid}", content=body, timeout=PATIENCE, verify=TLS
        )
        return int(answer.status_code)

    typed, _ = all_at_once(prove, ["typed", "spoken"])
    phone_server.wait_until_settled(uid)
    winner, loser = (typing, saying) if typed == 200 else (saying, typing)
    assert (linked_uids(winner), linked_uids(loser)) == ([uid], [])
    assert audited(phone_server, uid)[0] == ("proof-accepted", winner.id)
    assert {after for _, after in audited(phone_server, uid)} == {winner.id}


def test_one_right_number_typed_twenty_times_at_once_links_once(
    phone_server: ServerProcess, omi_api: OmiApi, wearer: Person, uid: str
) -> None:
    start(wearer, uid)
    number = omi_api.number(uid)
    answers = all_at_once(lambda _: confirm(wearer, uid, number).status_code, range(20))
    assert answers.count(200) == 1
    assert set(answers) <= {200, 403, 429}
    assert audited(phone_server, uid) == [("proof-accepted", wearer.id)]
