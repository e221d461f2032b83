"""Pauses between tries."""

import pytest

from omilink.background import pause


@pytest.mark.parametrize("failures", [0, 1, 10, 2_000, 100_000])
def test_a_pause_is_never_longer_than_the_longest_however_long_an_outage_lasts(failures: int) -> None:
    assert 0 < pause(failures, 1.0) <= 1.5


def test_pauses_grow() -> None:
    assert pause(6, 100.0) > pause(1, 100.0)
