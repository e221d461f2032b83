"""Bodies and query strings as OMI's senders, the docs and self-made devices have them, and as nobody should."""

import contextlib
import itertools
import json
import math
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omilink.errors import Invalid, Malformed, OmilinkError, TooLarge
from omilink.ingest import json_body, payload, segment_reading
from omilink.models.message import Segment

SAMPLES = Path(__file__).parents[1] / "samples"
A = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"
B = "zR8mWb1EyX5tQnHc0LoGfV63uKsD"


def call(body: Any, query: str = "") -> payload.Call:
    return payload.call(body, payload.query(query.encode()))


def heard(*items: Any) -> list[Segment]:
    segments, bad = segment_reading.read({"segments": list(items)})
    assert bad == 0
    return segments


def one(**fields: Any) -> Segment:
    (segment,) = heard({"text": "tea"} | fields)
    return segment


def sample(name: str) -> Any:
    return json_body.read((SAMPLES / name).read_bytes())


# The recorded calls


@pytest.mark.parametrize(
    ("name", "query", "kind", "session_id", "uid", "words"),
    [
        ("01-batch-app", f"uid={A}", "transcript", A, A, 2),
        ("02-retry-same-body-dev", f"uid={A}", "transcript", A, A, 2),
        ("03-updated-segment-same-id", f"uid={A}", "transcript", A, A, 1),
        ("05-multi-speaker", f"uid={B}", "transcript", B, B, 4),
        ("06-unicode-emoji-translations", f"uid={B}", "transcript", B, B, 4),
        ("07-empty-segments", f"uid={A}", "transcript", A, A, 0),
        ("09-legacy-2024-no-ids-phone-sent", f"uid={A}", "transcript", "5f0c2e8e-1d7a-4f5f-9a53-0d1b7c6ea9f4", A, 2),
        ("10-docs-shape-bare-array", f"session_id=abc123&uid={A}", "transcript", "abc123", A, 2),
        ("11-rollover-same-session-id", f"uid={A}", "transcript", A, A, 2),
        ("13-newest-extra-keys", f"uid={A}", "transcript", A, A, 1),
        ("15-memory-created-app", f"uid={A}", "conversation", A, A, 0),
        ("17-memory-created-old-2024", f"uid={A}", "conversation", A, A, 0),
        ("19-signed-body", f"uid={A}", "transcript", A, A, 1),
    ],
)
def test_a_recorded_call_is_understood(name: str, query: str, kind: str, session_id: str, uid: str, words: int) -> None:
    body = sample(f"{name}.json")
    assert call(body, query) == payload.Call(kind, session_id, uid)
    segments, bad = segment_reading.read(body)
    assert (len(segments), bad) == (words, 0)


def test_every_field_of_a_recorded_segment_is_read() -> None:
    first, _ = segment_reading.read(sample("01-batch-app.json"))[0]
    assert first == Segment(
        id="5ac0cec9-53cf-5426-ac24-bb354bbb3071",
        text="the boiler man comes on Thursday so somebody has to be in before nine",
        speaker="SPEAKER_0",
        is_user=True,
        start=41.32,
        end=45.88,
    )
    (updated,), _ = segment_reading.read(sample("03-updated-segment-same-id.json"))
    assert (updated.person_id, updated.speaker) == ("31e5c1a3-5370-5d3c-b472-3b11276eab42", "SPEAKER_2")


def test_the_same_segments_in_another_key_order_are_the_same() -> None:
    assert segment_reading.read(sample("01-batch-app.json")) == segment_reading.read(
        sample("02-retry-same-body-dev.json")
    )


def test_a_known_person_keeps_one_number_however_the_zero_is_written() -> None:
    segments, _ = segment_reading.read(sample("05-multi-speaker.json"))
    assert [s.speaker for s in segments] == ["SPEAKER_0", "SPEAKER_1", "SPEAKER_0", "SPEAKER_2"]


def test_every_script_stays_as_it_was_spoken() -> None:
    segments, _ = segment_reading.read(sample("06-unicode-emoji-translations.json"))
    raw = json.loads((SAMPLES / "06-unicode-emoji-translations.json").read_text())["segments"]
    assert [s.text for s in segments] == [s["text"] for s in raw]
    assert "<b>&amp;</b>" in segments[3].text and "👩‍👩‍👧" in segments[1].text


# Whose call it is


@pytest.mark.parametrize(
    "query",
    [f"uid={A}&uid={A}", f"token=s3cret?uid={A}", f"token=s3cret&uid={A}", f"uid={A}?uid={A}", f"&&uid={A}&", ""],
)
def test_a_uid_that_is_appended_blindly_is_one_uid(query: str) -> None:
    expected = payload.Call("transcript", A, A if query else None)
    assert call({"session_id": A, "segments": []}, query) == expected


def test_the_secret_ends_where_a_blindly_appended_uid_begins() -> None:
    assert payload.query(f"token=s3cret?uid={A}".encode()) == [("token", "s3cret"), ("uid", A)]
    assert payload.query(b"a=1%2B1+2&b&=c") == [("a", "1+1 2"), ("b", ""), ("", "c")]


def test_a_uid_may_stand_in_the_body_in_the_query_or_in_both() -> None:
    for name in ("uid", "user_id", "userId"):
        assert call({"session_id": "abc-123", name: "user-device-456", "segments": []}).uid == "user-device-456"
        assert call({"session_id": "abc-123", "segments": []}, f"{name}=user-device-456").uid == "user-device-456"
    both = call({"session_id": "abc-123", "uid": A}, f"uid={A}")
    assert (both.uid, both.contradiction) == (A, None)


def test_camel_case_is_read_too() -> None:
    body = {"sessionId": "abc123", "segments": [{"text": "hi", "speakerId": 3, "isUser": True, "personId": "ida"}]}
    assert call(body).session_id == "abc123"
    (segment,), _ = segment_reading.read(body)
    assert (segment.speaker, segment.is_user, segment.person_id) == ("SPEAKER_3", True, "ida")


def test_without_a_session_id_the_uid_is_the_session() -> None:
    assert call({"segments": []}, f"uid={A}") == payload.Call("transcript", A, A)
    assert call([], f"uid={A}") == payload.Call("transcript", A, A)


@pytest.mark.parametrize(
    ("body", "query"),
    [
        ({"session_id": A}, f"uid={B}"),
        ({"session_id": A, "uid": A}, f"uid={B}"),
        ({"session_id": "abc-123", "uid": A}, f"uid={B}"),
        ({"session_id": "abc-123"}, f"uid={A}&uid={B}"),
        ({"session_id": "abc-123"}, f"session_id=other&uid={A}"),
        ([], f"session_id=abc&session_id=def&uid={A}"),
    ],
)
def test_a_call_that_contradicts_itself_is_marked_for_quarantine(body: Any, query: str) -> None:
    assert call(body, query).contradiction


@pytest.mark.parametrize(
    ("body", "query"),
    [
        ({"session_id": "abc-123"}, f"uid={A}"),
        ({"session_id": A}, "uid=device-1"),
        ({"session_id": "r-1", "uid": A}, ""),
    ],
)
def test_a_session_id_of_its_own_contradicts_nothing(body: Any, query: str) -> None:
    assert call(body, query).contradiction is None


@pytest.mark.parametrize("uid", ["null", "undefined", "", " ", "0", "None"])
def test_a_placeholder_for_a_uid_counts_as_no_uid(uid: str) -> None:
    assert call({"session_id": "abc-123", "uid": uid}).uid is None
    assert call({"session_id": "abc-123"}, f"uid={uid}&uid={A}").uid == A


def test_a_number_as_an_id_is_taken_as_its_digits() -> None:
    found = call({"session_id": 12345, "uid": 67})
    assert (found.session_id, found.uid) == ("12345", "67")


# What no sender of OMI's produces


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("hello", "object"),
        (7, "object"),
        (None, "object"),
        (True, "object"),
        ({}, "Neither a session_id nor a uid"),
        ([], "Neither a session_id nor a uid"),
        ({"segments": []}, "Neither a session_id nor a uid"),
        ({"session_id": "", "uid": "null"}, "Neither a session_id nor a uid"),
        ({"session_id": "s", "segments": "words"}, "segments must be a list.*a string"),
        ({"session_id": "s", "segments": {"text": "hi"}}, "segments must be a list.*an object"),
        ({"session_id": "s", "segments": None}, "segments must be a list.*null"),
        ({"session_id": "s", "segments": 1.5}, "segments must be a list.*a number"),
        ({"session_id": ["s"]}, "session_id must be a string.*a list"),
        ({"session_id": True}, "session_id must be a string.*a boolean"),
        ({"session_id": "s", "uid": {}}, "uid must be a string.*an object"),
        ({"session_id": "a/b"}, "session_id must be 1 to 128"),
        ({"session_id": "a b"}, "session_id must be 1 to 128"),
        ({"session_id": "\x00"}, "session_id must be 1 to 128"),
        ({"session_id": "\ud800"}, "session_id must be 1 to 128"),
        ({"session_id": "x" * 129}, "session_id must be 1 to 128"),
        ({"session_id": math.nan}, "placeholder"),
        ({"session_id": "undefined"}, "placeholder 'undefined'"),
        ({"session_id": "s", "uid": "x" * 129}, "uid must be 1 to 128"),
    ],
)
def test_the_refusal_says_what_the_device_has_to_change(body: Any, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        call(body)


def test_two_thousand_segments_are_the_most() -> None:
    hello = {"text": "hello"}
    call({"session_id": "s", "segments": [hello] * 2000})
    for body in {"session_id": "s", "segments": [hello] * 2001}, [hello] * 2001:
        with pytest.raises(TooLarge, match=r"2001.*2000"):
            call(body, "session_id=s")


@pytest.mark.parametrize("body", [b"", b"hello", b"{", b"{'a': 1}", b"\xff\xfe{\x00}\x00", b"uid=1", b"[" * 10_000])
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed, match="not JSON"):
        json_body.read(body)


# Odd but readable


def test_a_byte_order_mark_and_broken_utf_8_lose_nothing_else() -> None:
    assert json_body.read(b'\xef\xbb\xbf{"session_id": "s"}') == {"session_id": "s"}
    (segment,), _ = segment_reading.read(json_body.read(b'[{"text": "caf\xe9 au lait"}]'))
    assert segment.text == "caf\ufffd au lait"


DEEP = "[" * 10_000 + "]" * 10_000
HUGE = "9" * 10_000


def test_ten_thousand_levels_of_nesting_cost_only_themselves() -> None:
    body = f'{{"session_id": "s", "segments": [{{"text": "one"}}, {{"text": {DEEP}}}, {DEEP}, {{"text": "two"}}]}}'
    document = json_body.read(body.encode())
    assert call(document).session_id == "s"
    segments, bad = segment_reading.read(document)
    assert [s.text for s in segments] == ["one", "two"]
    assert bad >= 1


def test_brackets_in_a_text_are_not_nesting() -> None:
    body = f'[{{"text": "{"[" * 500} \\" {"{" * 500}"}}, {{"extra": {DEEP}, "text": "kept"}}]'
    segments, _ = segment_reading.read(json_body.read(body.encode()))
    assert [s.text for s in segments] == ["[" * 500 + ' " ' + "{" * 500, "kept"]


def test_an_integer_of_ten_thousand_digits_costs_only_itself() -> None:
    body = f'[{{"text": "one", "start": {HUGE}, "end": 5, "id": "a"}}, {{"text": "two", "start": 1, "end": 2}}]'
    (one, two), bad = segment_reading.read(json_body.read(body.encode()))
    assert ((one.text, one.id, one.start), bad) == (("one", "a", None), 0)
    assert (two.start, two.end) == (1.0, 2.0)


def test_a_huge_integer_leaves_the_ids_beside_it_as_they_are() -> None:
    document = json_body.read(
        f'{{"session_id": 42, "segments": [{{"text": "hi", "speaker_id": 1}}], "x": {HUGE}}}'.encode()
    )
    assert call(document).session_id == "42"
    assert segment_reading.read(document)[0][0].speaker == "SPEAKER_1"


@pytest.mark.parametrize("odd", [f"{HUGE}, {DEEP}", f"{DEEP}, {HUGE}"])
def test_a_huge_integer_beside_deep_nesting_loses_no_words(odd: str) -> None:
    segments, _ = segment_reading.read(json_body.read(f'[{{"text": "kept"}}, {odd}]'.encode()))
    assert [s.text for s in segments] == ["kept"]


def test_nul_and_lone_surrogates_are_replaced_since_nothing_stores_them() -> None:
    document = json_body.read(b'[{"text": "a\\u0000b\\ud800c", "id": "i\\udfff", "speaker": "\\u0000"}]')
    (segment,), _ = segment_reading.read(document)
    assert (segment.text, segment.id, segment.speaker) == ("a\ufffdb\ufffdc", "i\ufffd", "\ufffd")


def test_one_bad_segment_among_good_ones_loses_only_itself() -> None:
    items = [{"text": "one"}, None, "words", 7, ["x"], {"text": {"de": "zwei"}}, {"text": ["x"]}, {"text": "two"}]
    segments, bad = segment_reading.read(items)
    assert ([s.text for s in segments], bad) == (["one", "two"], 6)


@pytest.mark.parametrize("text", [None, "", "  \n\t", "\u2003"])
def test_a_segment_without_words_is_passed_over_and_not_bad(text: Any) -> None:
    assert heard({"text": text}, {"start": 1}) == []


@pytest.mark.parametrize("text", [[], {}])
def test_an_empty_list_is_no_words(text: Any) -> None:
    assert [s.text for s in segment_reading.read([{"text": text}])[0]] == []


@pytest.mark.parametrize("text", [" ".join(map(str, range(10_000))), "x" * 45_000])
def test_a_long_text_comes_in_pieces_and_keeps_all_its_words(text: str) -> None:
    pieces = heard({"text": text, "id": "a", "speaker": "SPEAKER_0", "start": 0, "end": 3600})
    assert len(pieces) == 3
    assert max(len(piece.text) for piece in pieces) <= segment_reading.MAX_TEXT
    assert (" " if " " in text else "").join(piece.text for piece in pieces) == text
    assert [piece.id for piece in pieces] == ["a", "a/2", "a/3"]
    assert len({piece.key for piece in pieces}) == 3
    assert [piece.start for piece in pieces] == sorted(piece.start or 0.0 for piece in pieces)
    assert (pieces[0].start, round(pieces[-1].end or 0)) == (0, 3600)


@pytest.mark.parametrize(
    "odd", ["[" * 500_000 + "]" * 500_000, "9" * 1_000_000, ",".join(["1.5"] * 250_000), '"",' * 300_000 + "0"]
)
def test_a_body_that_takes_long_to_look_through_is_not_looked_through(odd: str) -> None:
    """Lines that Python runs, and not seconds, which differ between machines."""
    lines = itertools.count()

    def trace(_frame: FrameType, event: str, _arg: object) -> Any:
        if event == "line":
            next(lines)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with contextlib.suppress(Malformed):
            json_body.read(f'{{"session_id": "s", "a": [{odd}], "b": NaN}}'.encode())
    finally:
        sys.settrace(before)
    assert next(lines) < 1_500


# Numbers where an id or a text belongs

LONG = "89014103211118510720"  # an ICCID; a float of it is that of …797, too


def understood(body: str) -> payload.Call:
    return payload.call(json_body.read(body.encode()), ())


@pytest.mark.parametrize("digits", [LONG, "89014103211118510797", "18446744073709551616", "7" * 128, "0", "-5"])
@pytest.mark.parametrize("name", ["session_id", "sessionId", "uid", "user_id", "userId"])
def test_every_digit_of_an_id_counts(name: str, digits: str) -> None:
    beside = '"session_id": "s1"' if name in json_body.UID_NAMES else '"uid": "u1"'
    call = understood(f'{{"{name}": {digits}, {beside}, "segments": []}}')
    if digits != "0":  # a placeholder
        assert (call.uid if name in json_body.UID_NAMES else call.session_id) == digits


@pytest.mark.parametrize("number", ["1e999", "-1e999", "8.9e19", "1.0", "1.5", "1E5"])
def test_an_id_that_is_no_whole_number_is_refused(number: str) -> None:
    for name in "session_id", "uid":
        with pytest.raises(Invalid, match=f"{name} must be a string or a whole number"):
            understood(f'{{"{name}": {number}, "segments": []}}')


def test_long_numbers_as_segment_ids_are_different_segments() -> None:
    ids = [LONG, "89014103211118510797", "1E+999", "2E+999", "0.10000000000000000001", "0.10000000000000000002"]
    body = ", ".join(f'{{"id": {number}, "text": "tea", "start": 1, "end": 2}}' for number in ids)
    segments, _ = segment_reading.read(json_body.read(f"[{body}]".encode()))
    assert [segment.id for segment in segments] == ids
    assert len({segment.key for segment in segments}) == len(ids)


def test_a_number_as_text_is_kept_as_it_was_written() -> None:
    segments, _ = segment_reading.read(json_body.read(f'[{{"text": {LONG}}}, {{"text": 3.10}}]'.encode()))
    assert [segment.text for segment in segments] == [LONG, "3.10"]


# What cannot be read is counted


@pytest.mark.parametrize(
    ("body", "unreadable"),
    [
        ({"Segments": [{"text": "tea"}, {"text": "milk"}]}, 2),
        ({"text": "tea"}, 1),
        ({"transcript": "tea"}, 1),
        ({"transcript": [{"text": "tea"}]}, 1),
        ({"segments": [], "text": "tea"}, 1),
        ({"segments": [{"words": "tea"}]}, 1),
        ({"segments": ["tea", 7, None]}, 3),
        ({"segments": [{"text": ["tea"]}, {"text": {"de": "Tee"}}]}, 2),
        ({"segments": [], "text": " ", "transcript": []}, 0),
        ({"segments": [{"text": "tea"}], "text": "tea"}, 0),
        ({"segments": [{"text": ""}, {"text": None}]}, 0),
        ({"data": {"segments": [{"text": "tea"}]}}, 1),
        ({"results": [{"text": "tea"}, {"text": "milk"}]}, 2),
        ({"speech": "tea and milk", "language": "en", "at": 12}, 1),
        ({"segments": [], "results": [], "note": "two words"}, 0),
        ({"language": "en", "at": 12, "results": [], "data": {}}, 0),
        ({"transcript_segments": [{"text": "tea"}]}, 0),  # OMI's record of a conversation, kept as it came
        ({}, 0),
        ([], 0),
    ],
)
def test_words_that_cannot_be_read_are_counted(body: Any, unreadable: int) -> None:
    assert segment_reading.read(body)[1] == unreadable


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", {"a": 1}),
        ("id", True),
        ("id", ""),
        ("speaker", ["SPEAKER_0"]),
        ("speaker", None),
        ("speaker_id", "first"),
        ("speaker_id", -1),
        ("speaker_id", True),
        ("person_id", [1]),
        ("is_user", "no"),
        ("is_user", {"a": 1}),
        ("is_user", None),
        ("translations", "none"),
        ("start", {}),
        ("start", True),
        ("start", "soon"),
        ("start", math.nan),
        ("end", math.inf),
        ("start", -math.inf),
        ("start", 10**400),
        ("start", 1e12),
    ],
)
def test_a_wrong_type_in_one_field_costs_that_field(field: str, value: Any) -> None:
    assert one(**{field: value}) == Segment(text="tea")


@pytest.mark.parametrize("speaker", ["SPEAKER_0", "SPEAKER_00", "SPEAKER_000", "speaker_0", " SPEAKER_00 "])
def test_speaker_0_is_one_speaker(speaker: str) -> None:
    assert one(speaker=speaker).speaker == one(speaker_id=0).speaker == "SPEAKER_0"


@pytest.mark.parametrize(
    ("speaker", "number", "whose"),
    [
        ("SPEAKER_0", 2, "SPEAKER_2"),
        ("SPEAKER_00", 0, "SPEAKER_0"),
        (None, 3, "SPEAKER_3"),
        ("Ida", 2, "Ida"),
        ("SPEAKER_1", None, "SPEAKER_1"),
        ("SPEAKER_1", "2", "SPEAKER_2"),
        (None, " 02 ", "SPEAKER_2"),
        (None, 2.0, "SPEAKER_2"),
        ("SPEAKER_1", 2.5, "SPEAKER_1"),
        ("SPEAKER_1", "-2", "SPEAKER_1"),
        ("SPEAKER_1", "9" * 40, "SPEAKER_1"),
        ("SPEAKER_1", "two", "SPEAKER_1"),
        ("SPEAKER_1", -1, "SPEAKER_1"),
    ],
)
def test_where_the_speakers_number_differs_from_the_name_it_counts(speaker: Any, number: Any, whose: str) -> None:
    """After a reconnect the name may be another voice's."""
    assert one(speaker=speaker, speaker_id=number).speaker == one(speaker=speaker, speakerId=number).speaker == whose


def test_ids_stay_apart_however_long_they_are() -> None:
    long = "x" * 128
    ids = {one(id=id).id for id in (long, long + "1", long + "2", long * 300 + "1", long * 300 + "2")}
    persons = {one(person_id=id).person_id for id in (long + "1", long + "2")}
    assert (len(ids), len(persons)) == (5, 2)
    assert long in ids
    assert all(len(id or "") <= 128 for id in ids | persons)


@pytest.mark.parametrize("speaker", ["Ida", "SPEAKER_", "SPEAKER_X", "SPEAKER_1b", "CO_SPEAKER_1"])
def test_a_name_that_a_device_made_up_stays(speaker: str) -> None:
    assert one(speaker=speaker).speaker == speaker


@pytest.mark.parametrize(
    ("start", "end", "placed"),
    [
        (41.32, 45.879999999999995, (41.32, 45.88)),
        (0, 0, (0.0, 0.0)),
        (-1.0, -1.0, (None, None)),
        (-1, 5, (-1.0, 5.0)),
        (-1.0000001, -1.0, (None, None)),
        (-9.4, -5.1, (-9.4, -5.1)),
        (-1, None, (None, None)),
        (-0.0000001, 2, (0.0, 2.0)),
        (None, None, (None, None)),
        (None, 5, (None, None)),
        (-0.04, 2, (-0.04, 2.0)),
        (-0.3, -0.1, (-0.3, -0.1)),
        (5, -1, (5.0, 5.0)),
        (5, 4, (5.0, 5.0)),
        (5, None, (5.0, 5.0)),
        ("5.5", "7", (5.5, 7.0)),
    ],
)
def test_a_segments_place_on_the_clock(start: Any, end: Any, placed: tuple[float | None, float | None]) -> None:
    segment = one(start=start, end=end)
    assert (segment.start, segment.end) == placed


# Anything at all

names = st.sampled_from(
    ["session_id", "sessionId", "uid", "user_id", "segments", "text", "id", "speaker", "is_user", "start", "end"]
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=8)
    | st.sampled_from(["abc", A, B, "null", 10**4000, "9" * 200])
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names | st.text(max_size=3), inner, max_size=5),
    max_leaves=12,
)
calls = anything | st.fixed_dictionaries({"session_id": st.just("s"), "segments": st.lists(anything, max_size=4)})


@given(calls, st.text(max_size=30) | st.sampled_from([f"uid={A}", "session_id=abc&uid=1"]))
def test_any_json_is_read_or_refused_in_words(content: Any, query: str) -> None:
    """And what is read twice is the same, since a delivery is read again when it is saved."""
    body = json.dumps(content).encode("utf-8", "surrogatepass")
    try:
        document = json_body.read(body)
        found = call(document, query.encode("utf-8", "replace").decode("latin-1"))
        segments, bad = segment_reading.read(document)
    except OmilinkError as refusal:
        assert refusal.message
        return
    assert 1 <= len(found.session_id) <= 128
    assert bad >= 0
    assert repr(segment_reading.read(json_body.read(body))) == repr((segments, bad))
    for segment in segments:
        json.dumps([segment.id, segment.text, segment.speaker, segment.person_id]).encode()
        "".join(filter(None, [segment.id, segment.text, segment.speaker, segment.person_id])).encode()
        assert segment.text.strip() and segment.key and segment.version


@given(st.binary(max_size=60) | st.text('[]{}",:\\\0a0-', max_size=60).map(str.encode))
def test_any_bytes_are_json_or_malformed(body: bytes) -> None:
    try:
        json_body.read(body)
    except Malformed as refusal:
        assert "JSON" in refusal.message


@given(st.binary(max_size=60))
def test_any_query_is_pairs(raw: bytes) -> None:
    assert all(isinstance(part, str) for pair in payload.query(raw) for part in pair)


@pytest.mark.parametrize("more", [{"structured": {"title": "T"}}, {"summary_json": {}}, {"transcript_segments": None}])
def test_a_call_with_words_is_live_whatever_else_it_holds(more: dict[str, Any]) -> None:
    body = {"session_id": "kitchen", "segments": [{"text": "hello"}], **more}
    assert payload.call(body, ()).kind == "transcript"
    assert [segment.text for segment in segment_reading.read(body)[0]] == ["hello"]
