"""The simulated wearable: the same for a seed, shaped like real calls, and delivered with OMI's manners."""

import argparse
import ast
import asyncio
import itertools
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from omilink.cli import simulate as command
from omilink_simulator.calls import Account, Call, account_id
from omilink_simulator.dialogue import GAPS
from omilink_simulator.record import Records
from omilink_simulator.sender import Breaker, Path, Sender, Target, address, sign
from omilink_simulator.simulator import Clock, Report, Summary, Wearer, simulate
from omilink_simulator.wearable import Habits

UID = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"
URL = "http://hook.example/omi-webhook"
BEGAN = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)

# What the calls of each version carry, taken from recorded samples.
NEWEST = (
    "id text speaker speaker_id is_user person_id start end translations speech_profile_processed stt_provider "
    "speaker_label_source speaker_match_source speaker_id_scope speaker_identity_status audio_capture_run"
)
KEYS = {
    "newest": NEWEST,
    "2025": "id text speaker speaker_id is_user person_id start end translations speech_profile_processed stt_provider",
    "2024": "text speaker speaker_id is_user person_id start end",
    "docs": "text speaker speakerId is_user start end",
}


def wearer(seed: int = 7, *, session: str | None = None, era: str = "newest", **habits: Any) -> Wearer:
    return Wearer(account=Account(uid=UID, session=session, era=era), habits=Habits(**habits), seed=seed, began=BEGAN)


def body(call: Call) -> Any:
    return json.loads(call.body)


def segments(calls: list[Call]) -> list[dict[str, Any]]:
    return [segment for call in calls for segment in body(call)["segments"]]


# What is said


def test_a_seed_says_the_same_to_the_byte() -> None:
    everything = replace(wearer(updates=3, repeats=4, drop_after=5, conversations=2), devices=2, odd=True)
    assert list(everything.calls()) == list(everything.calls())
    assert list(everything.calls()) != list(replace(everything, seed=8).calls())


def test_the_cloud_posts_one_to_five_segments_every_few_seconds() -> None:
    calls = list(wearer(posts=400).calls())
    gaps = [later.at - earlier.at for earlier, later in itertools.pairwise(calls)]
    assert {call.segments for call in calls} >= {1, 2, 3}
    assert max(call.segments for call in calls) <= 5
    assert min(gaps) >= 1
    assert sum(gap <= 3 for gap in gaps) > 0.7 * len(gaps)


def test_a_recording_has_one_clock_that_begins_at_zero_and_never_runs_ahead() -> None:
    calls = list(wearer(posts=100).calls())
    said = segments(calls)
    assert said[0]["start"] == 0
    assert all(earlier["end"] <= later["start"] for earlier, later in itertools.pairwise(said))
    assert all(body(call)["segments"][-1]["end"] <= call.at for call in calls)


def test_ids_are_fresh_and_several_people_talk() -> None:
    said = segments(list(wearer(posts=200).calls()))
    assert len({segment["id"] for segment in said}) == len(said)
    assert {segment["speaker"] for segment in said} == {"SPEAKER_0", "SPEAKER_1", "SPEAKER_2"}
    assert len({segment["text"] for segment in said}) > 100


def test_a_new_conversation_puts_the_clock_back_under_the_same_session_id() -> None:
    calls = list(wearer(posts=10, conversations=2, pause=150).calls())
    first, second = calls[:10], calls[10:]
    assert second[0].at - first[-1].at > 150
    assert segments(second)[0]["start"] == 0
    assert {body(call)["session_id"] for call in first + second} == {UID}


def test_two_devices_interleave_under_one_session_id_each_with_its_own_clock() -> None:
    calls = list(replace(wearer(posts=20), devices=2).calls())
    assert {body(call)["session_id"] for call in calls} == {UID}
    assert [call.at for call in calls] == sorted(call.at for call in calls)
    for device in (0, 1):
        own = [call for call in calls if call.device == device]
        assert segments(own)[0]["start"] == 0
        assert len(own) == 20


def test_after_a_reconnect_the_backlog_comes_as_one_call_and_nothing_is_missing() -> None:
    spoken = segments(list(wearer(posts=30).calls()))
    calls = list(wearer(posts=30, drop_after=5, drop_for=20).calls())
    backlog = calls[5]
    assert (backlog.kind, backlog.at - calls[4].at >= 20, backlog.segments > 5) == ("backlog", True, True)
    assert [segment["text"] for segment in segments(calls)] == [segment["text"] for segment in spoken]


def test_a_corrected_sentence_keeps_its_id_and_a_repeated_one_gets_another() -> None:
    calls = list(wearer(posts=40, updates=1, repeats=1).calls())
    for heard, update, repeat in zip(calls[::3], calls[1::3], calls[2::3], strict=True):
        before, after, again = segments([heard])[-1], segments([update])[0], segments([repeat])[0]
        assert after["id"] == before["id"]
        assert (after["text"], after["speaker"]) != (before["text"], before["speaker"])
        assert again["id"] != before["id"]
        assert again["text"] == before["text"]


# How it is written


@pytest.mark.parametrize("era", ["newest", "2025"])
def test_an_account_of_omis_cloud_has_its_uid_as_session_id_and_in_the_query(era: str) -> None:
    for call in wearer(era=era).calls():
        assert list(body(call)) == ["session_id", "segments"]
        assert body(call)["session_id"] == UID
        assert call.query == (("uid", UID),)
        assert all(set(segment) == set(KEYS[era].split()) for segment in body(call)["segments"])


def test_the_phone_of_2024_sent_an_id_per_recording_and_none_per_segment() -> None:
    calls = list(wearer(era="2024", conversations=2, posts=3).calls())
    recordings = {body(call)["session_id"] for call in calls}
    assert len(recordings) == 2
    assert UID not in recordings
    assert all(set(segment) == set(KEYS["2024"].split()) for segment in segments(calls))


def test_the_documented_shape_is_a_bare_array() -> None:
    call = next(wearer(era="docs").calls())
    assert all(set(segment) == set(KEYS["docs"].split()) for segment in body(call))
    assert call.query == (("session_id", UID), ("uid", UID))


def test_a_programmed_device_speaks_as_the_guide_shows() -> None:
    call = next(wearer(session="session-123").calls())
    assert (body(call)["session_id"], body(call)["uid"], call.query) == ("session-123", UID, ())
    without_uid = Wearer(account=Account(uid=None, session="session-123"), seed=1)
    assert list(body(next(without_uid.calls()))) == ["session_id", "segments"]


def test_bodies_are_compact_utf8() -> None:
    odd = list(replace(wearer(posts=12), odd=True).calls())
    emoji = next(call for call in odd if call.kind == "emoji")
    assert b"\\u" not in emoji.body
    assert b'": ' not in emoji.body


def test_odd_covers_everything_odd_and_ends_with_the_whole_conversation() -> None:
    calls = list(replace(wearer(posts=12), odd=True).calls())
    kinds = {call.kind for call in calls}
    assert kinds >= {"empty", "one_bad", "emoji", "translated", "unplaced", "blank", "unknown_keys", "tiny_negative"}
    assert kinds >= {"day_summary", "audio", "conversation_created"}
    audio = next(call for call in calls if call.kind == "audio")
    assert (audio.content_type, audio.query) == ("application/octet-stream", (("sample_rate", "16000"), ("uid", UID)))
    spoken = segments([call for call in calls if call.kind == "transcript"])
    assert without_names(body(calls[-1])) == spoken


# What OMI sends when a conversation has ended


def letters(segments: Sequence[dict[str, Any]]) -> str:
    return "".join(character for each in segments for character in each["text"].casefold() if character.isalnum())


def recorded(calls: Iterable[Call]) -> list[dict[str, Any]]:
    return [body(call) for call in calls if call.kind == "conversation_created"]


def of_kind(calls: Iterable[Call], kind: str) -> list[Call]:
    return [call for call in calls if call.kind == kind]


def without_names(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The segments as they come live."""
    segments = record["transcript_segments"]
    assert all("speaker_name" in segment for segment in segments)
    return [{key: value for key, value in segment.items() if key != "speaker_name"} for segment in segments]


def test_a_record_comes_after_each_conversation_and_the_days_summary_at_the_end() -> None:
    calls = list(replace(wearer(posts=30, conversations=2, pause=300), records=Records()).calls())
    first, second = of_kind(calls, "conversation_created")
    assert calls.index(first) == 30
    assert first.at == calls[29].at + 120 + 15
    assert calls[-1].kind == "day_summary"
    told = body(calls[-1])["summary_json"]
    assert ast.literal_eval(body(calls[-1])["summary"]) == told
    assert [ids for one in told["highlights"] for ids in one["conversation_ids"]] == [
        body(first)["id"],
        body(second)["id"],
    ]


def test_a_record_says_what_the_talk_was_about_and_leads_to_its_words() -> None:
    [record] = recorded(replace(wearer(posts=40), records=Records()).calls())
    about, ids = record["structured"], {segment["id"] for segment in record["transcript_segments"]}
    assert all(about[key] for key in ("title", "overview", "emoji", "category", "action_items", "participants"))
    entries = [*about["sections"], *about["action_items"]]
    assert len(about["sections"]) > 5
    assert all(entry["source_segment_ids"] and ids >= set(entry["source_segment_ids"]) for entry in entries)
    assert record["created_at"] < record["started_at"] < record["finished_at"]


@pytest.mark.parametrize("seed", range(20))
def test_a_record_says_only_what_was_said_and_nothing_twice(seed: int) -> None:
    for record in recorded(replace(wearer(seed, posts=70, conversations=2), records=Records()).calls()):
        about, texts = record["structured"], {each["id"]: each["text"] for each in record["transcript_segments"]}
        for entry in (*about["sections"], *about["action_items"]):
            words = " ".join(texts[id] for id in entry["source_segment_ids"]).lower()
            said = entry.get("body_markdown") or entry["description"]
            assert all(gap.lower() in words for gap in gaps_in(said)), (said, words)
        for entries, key in ((about["sections"], "heading"), (about["action_items"], "description")):
            names = [entry[key] for entry in entries]
            assert len(names) == len(set(names))


def gaps_in(said: str) -> list[str]:
    """The names, things and places in the sentence, which a talk has to mention."""
    filled = (word for words in GAPS.values() for word in words)
    return [word for word in filled if re.search(rf"\b{word}\b", said, re.IGNORECASE)]


def test_an_exchange_that_was_cut_off_is_in_no_section() -> None:
    [record] = recorded(replace(wearer(posts=1), records=Records()).calls())
    about = record["structured"]
    assert (about["title"], about["overview"], about["sections"], about["action_items"]) == ("A short talk", "", [], [])


def test_a_record_names_the_people_whom_omi_knows() -> None:
    [record] = recorded(replace(wearer(posts=40), records=Records()).calls())
    names = {
        (each["speaker_id"], each["person_id"] is not None): each["speaker_name"]
        for each in record["transcript_segments"]
    }
    assert names == {(0, False): "Alex", (1, True): "Maya", (2, False): "Speaker 2"}


def test_what_is_lost_on_the_way_is_in_the_record() -> None:
    calls = list(replace(wearer(posts=30, loses=5), records=Records()).calls())
    everything = segments(list(wearer(posts=30).calls()))
    live = segments(of_kind(calls, "transcript"))
    [record] = recorded(calls)
    assert len(of_kind(calls, "transcript")) == 24
    assert without_names(record) == everything
    assert len(live) < len(everything)


def test_nothing_comes_live_of_a_wearable_that_loses_every_call() -> None:
    calls = list(replace(wearer(posts=10, loses=1), records=Records()).calls())
    assert [call.kind for call in calls] == ["conversation_created", "day_summary"]
    assert calls[0].segments >= 10


def test_the_sentence_to_say_is_never_lost() -> None:
    posts = wearer(posts=10, loses=1, say="The kettle sings at dawn").calls()
    said = " ".join(word for call in posts for word in call.words)
    assert "The kettle" in said
    assert "Sings at dawn." in said


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        ((URL, "--records", "--session", "x1"), "Use --uid"),
        ((URL, "--record-after", "9", "--joined"), "--record-after and --joined"),
        ((URL, "--record-twice"), "Add --records"),
        (("127.0.0.1:8462/omi-webhook",), "http://"),
        (("hook.example/omi-webhook",), "http://"),
    ],
)
def test_useless_arguments_are_refused_with_what_to_do(
    arguments: tuple[str, ...], advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert command.run(parser.parse_args(arguments)) == 2
    assert advice in capsys.readouterr().err


def test_joining_moves_words_and_keeps_all_letters_and_some_ids() -> None:
    for seed in range(50):
        calls = list(replace(wearer(seed, posts=60, unfinished=3), records=Records(joined=True)).calls())
        live, [record] = segments(of_kind(calls, "transcript")), recorded(calls)
        there = record["transcript_segments"]
        speakers = {segment["id"]: segment["text"] for segment in live}
        assert letters(there) == letters(live)
        assert {segment["id"] for segment in there} < set(speakers)
        assert any(not segment["text"].startswith(speakers[segment["id"]][:3]) for segment in there)


def test_a_late_record_comes_in_the_next_conversation_and_a_second_one_has_the_same_key() -> None:
    calls = list(replace(wearer(posts=30, conversations=2), records=Records(after=60, twice=True)).calls())
    first, again, *_ = of_kind(calls, "conversation_created")
    assert [call.at for call in calls] == sorted(call.at for call in calls)
    assert "transcript" in {call.kind for call in calls[calls.index(first) :]}
    assert (first.headers, again.at) == (again.headers, first.at + 30)
    assert [item["completed"] for item in body(again)["structured"]["action_items"]][:2] == [True, False]


def test_the_record_of_a_sentence_alone_is_discarded() -> None:
    [record] = recorded(replace(wearer(say="Hello there", posts=1), records=Records()).calls())
    assert record["discarded"] is True
    assert record["structured"]["title"] == ""


def test_a_fast_simulation_dates_its_records_by_the_real_clock() -> None:
    [record] = recorded(replace(wearer(posts=30, starts_at=10), records=Records(), speed=2.0).calls())
    assert datetime.fromisoformat(record["started_at"]) == BEGAN + timedelta(seconds=5)


def test_a_programmed_device_has_no_record() -> None:
    calls = list(replace(wearer(session="session-123"), records=Records(), odd=True).calls())
    assert not recorded(calls)


# How it is addressed


@pytest.mark.parametrize(
    ("url", "era", "expected"),
    [
        ("http://h/w", "newest", "http://h/w?uid=A"),
        ("http://h/w?token=s", "newest", "http://h/w?token=s&uid=A"),
        ("http://h/w?uid=B", "newest", "http://h/w?uid=B&uid=A"),
        ("http://h/w?token=s", "2025", "http://h/w?token=s?uid=A"),
    ],
)
def test_the_uid_is_appended_blindly(url: str, era: str, expected: str) -> None:
    assert address(url, (("uid", "A"),), era) == expected


def test_a_signature_is_what_omi_computes() -> None:
    # A recorded delivery in a key rotation, with its two made-up secrets.
    signed = (
        '{"session_id":"Kq3vT9wZpLfB6xYhN0sRcU7dJm42","segments":[{"id":"58ebabfa-496d-52b6-9bce-950c98e13f82","text":'
        '"the spare key is under the third pot — ok? 🔑","speaker":"SPEAKER_0","speaker_id":0,"is_user":true,'
        '"person_id":null,"start":7.5,"end":9.75,"translations":[],"speech_profile_processed":true,"stt_provider":null}]}'
    )
    secrets = ("whsec_example-only-not-a-real-secret", "whsec_example-previous-secret")
    assert sign(signed.encode(), UID, 1790000000, secrets) == (
        "t=1790000000,v1=66a288fb2758ad652a0296b5dffc2a036c30e3a3ba2f126a03fd279c77f33487,"
        "v1=835e8717b327a6f8f79df94d0350eee6bd056fd3492629134a451d7303d8b325"
    )


# How it is delivered


class Hook:
    """A webhook that answers by rule and remembers what it was asked."""

    def __init__(self, answer: Callable[[int], httpx2.Response]) -> None:
        self.requests: list[httpx2.Request] = []
        self._answer = answer

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        return self._answer(len(self.requests))


def ok(_: int) -> httpx2.Response:
    return httpx2.Response(200, json={"ok": True})


def status(code: int) -> Callable[[int], httpx2.Response]:
    return lambda _: httpx2.Response(code, json={"ok": code < 300})


def deliver(hook: Hook, *paths: Path, who: Wearer, **target: Any) -> list[Report]:
    """Runs a whole simulation on a clock that never waits."""
    reports: list[Report] = []

    async def run() -> None:
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(hook)) as client:
            sender = Sender(Target(url=URL, **target), client)
            await simulate(who, sender, Clock(0), paths or ("app",), reports.append)

    asyncio.run(run())
    return reports


def summary(reports: list[Report]) -> Summary:
    total = Summary()
    for report in reports:
        total.add(report)
    return total


def test_everything_accepted_is_success() -> None:
    reports = deliver(Hook(ok), who=wearer(posts=10))
    assert summary(reports).all_accepted
    assert (summary(reports).sent, summary(reports).tries) == (10, 10)


def test_the_app_path_carries_no_key_and_never_tries_again() -> None:
    hook = Hook(status(503))
    reports = deliver(hook, who=wearer(posts=3))
    assert len(hook.requests) == 3
    assert not any("Idempotency-Key" in request.headers for request in hook.requests)
    assert summary(reports).outcomes == {"refused": 3}


def test_the_developer_path_tries_four_times_with_one_key() -> None:
    hook = Hook(lambda number: ok(number) if number == 4 else httpx2.Response(503))
    reports = deliver(hook, "dev", who=wearer(posts=1))
    assert [report.retry_in for report in reports] == [1, 5, 30, None]
    assert [round(report.attempt.at - reports[0].attempt.at) for report in reports] == [0, 1, 6, 36]
    assert len({request.headers["Idempotency-Key"] for request in hook.requests}) == 1
    assert len({request.content for request in hook.requests}) == 1
    assert summary(reports).all_accepted


def test_the_developer_path_gives_up_after_the_fourth() -> None:
    reports = deliver(Hook(status(500)), "dev", who=wearer(posts=1))
    assert len(reports) == 4
    assert not summary(reports).all_accepted


@pytest.mark.parametrize(("code", "tries"), [(400, 1), (401, 1), (413, 1), (422, 1), (408, 4), (429, 4), (302, 4)])
def test_a_client_error_is_final_but_for_two(code: int, tries: int) -> None:
    assert len(deliver(Hook(status(code)), "dev", who=wearer(posts=1))) == tries


def test_over_both_paths_everything_arrives_twice() -> None:
    hook = Hook(ok)
    deliver(hook, "app", "dev", who=wearer(posts=5))
    assert [hook.requests[n].content for n in range(0, 10, 2)] == [hook.requests[n].content for n in range(1, 10, 2)]


def test_five_failures_in_a_row_cost_the_next_thirty_seconds() -> None:
    hook = Hook(lambda number: ok(number) if number > 5 else httpx2.Response(500))
    reports = deliver(hook, who=wearer(posts=60))
    outcomes = [report.answer.outcome for report in reports]
    opened = reports[4].attempt.at
    assert outcomes[:5] == ["refused"] * 5
    for report in reports[5:]:
        assert report.answer.outcome == ("lost" if report.attempt.at < opened + 30 else "accepted")
    assert not summary(reports).all_accepted


def test_a_breaker_forgets_failures_at_a_success_and_opens_at_once_after_its_rest() -> None:
    breaker = Breaker()
    for accepted in (False, False, False, False, True, False, False, False, False):
        breaker.record(accepted, 0)
    assert not breaker.is_open(0)
    breaker.record(False, 10)
    assert breaker.is_open(39.9)
    assert not breaker.is_open(40)
    breaker.record(False, 41)
    assert breaker.is_open(70)


@pytest.mark.parametrize(
    ("era", "response", "accepted"),
    [
        ("newest", httpx2.Response(204), True),
        ("2025", httpx2.Response(204), False),
        ("2025", httpx2.Response(200, text="fine"), False),
        ("2025", httpx2.Response(200, json={}), True),
    ],
)
def test_older_senders_take_only_200_with_json(era: str, response: httpx2.Response, accepted: bool) -> None:
    reports = deliver(Hook(lambda _: response), who=wearer(posts=1, era=era), era=era)
    assert (reports[0].answer.outcome == "accepted") is accepted


def test_a_message_in_the_answer_would_reach_the_phone() -> None:
    reports = deliver(Hook(lambda _: httpx2.Response(200, json={"message": "received"})), who=wearer(posts=2))
    assert [report.answer.pushed for report in reports] == ["received"] * 2


def test_no_answer_is_told_in_words_and_the_day_goes_on() -> None:
    def broken(number: int) -> httpx2.Response:
        raise httpx2.ConnectError("refused") if number == 1 else httpx2.ReadTimeout("slow")

    reports = deliver(Hook(broken), who=wearer(posts=2))
    assert [report.answer.why for report in reports] == ["cannot connect", "no answer in time"]
    assert summary(reports).outcomes == {"unanswered": 2}


def test_a_signed_call_names_its_event_and_delivery() -> None:
    hook = Hook(ok)
    deliver(hook, who=wearer(posts=1), signing_secrets=("whsec_one", "whsec_two"), bearer="s3cret")
    request = hook.requests[0]
    moment = int(request.headers["X-Omi-Signature"].partition(",")[0].removeprefix("t="))
    assert request.headers["X-Omi-Signature"] == sign(request.content, UID, moment, ("whsec_one", "whsec_two"))
    assert request.headers["X-Omi-Event"] == "realtime_transcript"
    assert request.headers["Authorization"] == "Bearer s3cret"
    assert dict(parse_qsl(urlsplit(str(request.url)).query)) == {"uid": UID}


def test_account_ids_look_like_omis() -> None:
    assert len(account_id(1)) == 28
    assert account_id(1).isalnum()
    assert account_id(1) == account_id(1) != account_id(2)
