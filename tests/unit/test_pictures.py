"""Pictures are cut out of records, and nothing else is."""

import base64
import json
import secrets
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from omilink.ingest.pictures import LONGEST_TEXT, PIECE, cut_out

PICTURE = base64.b64encode(secrets.token_bytes(3 * PIECE)).decode()


def cut(record: object, **how: Any) -> Any:
    return json.loads(cut_out(json.dumps(record, **how).encode()))


def test_what_stands_under_base64_is_cut_out_whatever_its_length() -> None:
    photos = [{"id": "a", "base64": PICTURE, "description": 'a "cat" ]['}, {"base64": "aGk=", "discarded": False}]
    left = [photo | {"base64": None} for photo in photos]
    for separators in (",", ":"), (", ", " :  "):
        assert cut({"id": "r", "photos": photos, "starred": True}, separators=separators) == {
            "id": "r",
            "photos": left,
            "starred": True,
        }


def test_other_long_texts_of_base64_among_photos_are_cut_out() -> None:
    escaped = json.dumps({"photos": [{"thumb": PICTURE}, "data:image/png;base64," + PICTURE]}).replace("/", "\\/")
    assert json.loads(cut_out(escaped.encode())) == {"photos": [{"thumb": None}, None]}
    assert cut({"photos": [[{"inside": {"deep": PICTURE}}]]}) == {"photos": [[{"inside": {"deep": None}}]]}


def test_words_and_everything_beside_photos_stay() -> None:
    record = {
        "photos": [{"description": "word " * 400, "long": "x" * LONGEST_TEXT, PICTURE: 1, "base64": None, "next": "a"}],
        "transcript_segments": [{"text": '"photos": [{"base64": "aGk="}]'}, {"text": PICTURE}],
        "external_data": {"base64": PICTURE},
    }
    assert cut(record) == record


def test_without_pictures_the_bytes_stay_as_they_were_sent() -> None:
    for body in b'{ "photos" : [ ] }', b'{"photos": null}', b"[]", b"", b'{"photos": ["\\u00e9", 1.50]}':
        assert cut_out(body) == body


def test_a_text_that_does_not_end_is_no_trouble() -> None:
    for body in (
        b'{"photos": ["abc',
        b'{"photos": [',
        b'{"photos": [{"base64": "abc\\',
        b'{"photos": [[[',
        b'"photos":[',
    ):
        assert cut_out(body) == body


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=10,
)


@given(VALUES, st.lists(VALUES, max_size=3), st.booleans())
def test_any_json_stays_json(beside: Any, photos: list[Any], is_ascii: bool) -> None:
    record = {"beside": beside, "photos": [*photos, {"base64": "aGk=", "text": "hi"}], "after": beside}
    assert cut(record, ensure_ascii=is_ascii) == record | {"photos": [*photos, {"base64": None, "text": "hi"}]}
