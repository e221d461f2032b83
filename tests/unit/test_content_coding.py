"""Which form of a file a browser gets."""

import pytest

from omilink.web.routes.page import SUFFIXES, best_coding


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", "identity"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("GZIP", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br ; q=0, gzip", "gzip"),
        ("gzip;q=0", "identity"),
        ("*", "br"),
        ("*;q=0.3, br;q=0", "gzip"),
        ("gzip;q=0.5, identity", "identity"),
        ("identity;q=0, gzip;q=0.001", "gzip"),
        ("identity;q=0", "identity"),
        ("*;q=0", "identity"),
        ("zstd", "identity"),
        ("br;q=2, gzip;q=many, ;;, =", "identity"),
    ],
)
def test_the_coding_that_is_welcome_most_is_taken(accepted: str, coding: str) -> None:
    assert best_coding(accepted, list(SUFFIXES)) == coding
