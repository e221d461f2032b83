"""A simulated wearable against the real server: all it sends is accepted, its words arrive once and in order."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from support import Person, ServerProcess, wait_until

from omilink_simulator.calls import ERAS
from omilink_simulator.simulator import Report, talk

SESSION = "device-in-the-kitchen"


def simulate(server: ServerProcess, url: str, *options: str) -> tuple[int, list[dict[str, Any]], dict[str, Any]]:
    """Runs the command without waits and gives its exit code, its deliveries and its summary."""
    fixed = ("--json", "--speed", "0", "--seed", "5", "--show-words")
    finished = server.omilink("simulate", url, *fixed, *options, check=False)
    assert not finished.stderr
    *deliveries, last = [json.loads(line) for line in finished.stdout.splitlines()]
    return finished.returncode, deliveries, last["summary"]


@pytest.fixture
def user(server: ServerProcess) -> Iterator[Person]:
    """Somebody to whom the wearable's session is linked."""
    user = server.user()
    user.link(SESSION).raise_for_status()
    yield user
    user.client.close()


def texts_saved(user: Person) -> list[str]:
    """The texts of the current conversation, once everything that was sent has been saved."""

    def nothing_waits() -> bool:
        session = user.client.get(f"/sessions/{SESSION}").json()["session"]
        return session["jobs"]["waiting"] == 0

    wait_until(nothing_waits, "the queue to be empty")
    return [message["text"] for message in user.current()["messages"]]


def words(deliveries: list[dict[str, Any]], path: str = "app") -> list[str]:
    said = [each for delivery in deliveries if delivery["path"] == path for each in delivery["words"]]
    return [sentence.partition(": ")[2] for sentence in said]


def test_words_arrive_once_and_in_order_though_both_paths_are_on(server: ServerProcess, user: Person) -> None:
    code, deliveries, summary = simulate(
        server, server.webhook_url, "--session", SESSION, "--path", "both", "--count", "15", "--drop-after", "4"
    )
    assert (code, summary["sent"]) == (0, summary["accepted"])
    assert {delivery["kind"] for delivery in deliveries} == {"transcript", "backlog"}
    assert texts_saved(user) == words(deliveries)


def test_a_corrected_sentence_is_shown_once_as_it_was_last(server: ServerProcess, user: Person) -> None:
    _, deliveries, _ = simulate(server, server.webhook_url, "--session", SESSION, "--count", "10", "--updates", "3")
    corrected = words([delivery for delivery in deliveries if delivery["kind"] == "update"])
    shown = texts_saved(user)
    assert len(shown) == len(words(deliveries)) - len(corrected)
    assert set(corrected) <= set(shown)


def test_a_clock_back_at_zero_is_a_new_conversation(server: ServerProcess, user: Person) -> None:
    simulate(server, server.webhook_url, "--session", SESSION, "--count", "16", "--conversations", "2")
    texts_saved(user)
    assert len(user.client.get("/conversations").json()["items"]) == 2


@pytest.mark.parametrize("era", ERAS)
def test_whatever_a_sender_of_any_year_sends_is_accepted(server: ServerProcess, era: str) -> None:
    options = ("--odd", "--era", era, "--devices", "2", "--repeats", "3", "--updates", "4", "--count", "12")
    code, deliveries, summary = simulate(server, server.webhook_url, *options)
    refused = [delivery for delivery in deliveries if delivery["outcome"] != "accepted"]
    assert (code, refused) == (0, [])
    assert summary["pushed"] == 0


def test_lost_words_and_a_title_come_by_the_record_though_it_is_late_and_comes_twice(server: ServerProcess) -> None:
    uid, user = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42", server.user()
    server.omilink("users", "verify", user.email, uid)
    options = ("--uid", uid, "--count", "60", "--conversations", "2", "--lose", "5")
    records = ("--records", "--record-after", "200", "--record-twice", "--joined")
    code, deliveries, _ = simulate(server, server.webhook_url, *options, *records)
    assert code == 0
    kinds = [delivery["kind"] for delivery in deliveries]
    assert (kinds.count("conversation_created"), kinds.count("day_summary")) == (4, 1)

    def described() -> list[dict[str, Any]]:
        talks = user.client.get("/conversations").json()["items"]
        return [one for one in talks if one["titleSource"] == "omi"]

    wait_until(lambda: len(described()) == 2, "both records to be applied")
    wait_until(lambda: user.client.get("/day-summaries").json()["items"], "the day's summary")
    for one in described():
        assert one["emoji"]
        assert one["summary"]
        assert one["sections"]
        assert one["repairedCount"] > 0
    user.client.close()


def test_a_wrong_secret_is_refused_until_the_breaker_opens(server: ServerProcess) -> None:
    code, deliveries, summary = simulate(server, f"{server.url}/omi-webhook/not-the-secret", "--count", "8")
    assert code == 1
    assert [delivery["status"] for delivery in deliveries[:5]] == [401] * 5
    assert (summary["refused"], summary["lost"]) == (5, 3)


def test_a_server_that_is_away_is_said_in_words(server: ServerProcess) -> None:
    server.stop()
    code, deliveries, _ = simulate(server, server.webhook_url, "--count", "1")
    assert (code, deliveries[0]["why"]) == (1, "cannot connect")


def test_a_household_talks_until_it_is_told_to_stop(server: ServerProcess, user: Person) -> None:
    reports: list[Report] = []

    async def listen_for_a_while() -> None:
        enough = asyncio.Event()

        def tell(report: Report) -> None:
            reports.append(report)
            if len(reports) == 200:
                enough.set()

        talking = asyncio.create_task(talk(server.webhook_url, session=SESSION, speed=0, report=tell))
        await asyncio.wait_for(enough.wait(), 60)
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)

    asyncio.run(listen_for_a_while())
    assert {report.answer.outcome for report in reports} == {"accepted"}
    assert texts_saved(user)
