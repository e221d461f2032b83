"""What becomes of a user's correction when the device says more of the sentence."""

import pytest

from omilink.models.correction import continued


@pytest.mark.parametrize(
    ("corrected", "heard", "now", "shown"),
    [
        ("See Hedda", "See header", "See header on Monday.", "See Hedda on Monday."),
        ("See Hedda.", "See header.", "See header. On Monday.", "See Hedda. On Monday."),
        ("See Hedda", "See header.", "See header. On Monday.", "See Hedda. On Monday."),
        ("See Hedda!", "See header.", "see header, on Monday", "See Hedda! on Monday"),
        ("See Hedda", "See head", "See header on Monday", "See Hedda on Monday"),
        ("今日は晴れ", "今日は腫れ", "今日は腫れです。", "今日は晴れです。"),
        ("今日は晴れ。", "今日は腫れ。", "今日は腫れ。明日も。", "今日は晴れ。明日も。"),
    ],
)
def test_what_a_segment_grew_by_is_added(corrected: str, heard: str, now: str, shown: str) -> None:
    assert continued(corrected, heard, now) == shown


@pytest.mark.parametrize(
    ("heard", "now"),
    [
        ("See header", "See header"),
        ("See header", "See header."),
        ("See header", "See headers"),
        ("See header", "Sea heather on Monday"),
        ("See header", "See"),
        ("…", "See header on Monday"),
    ],
)
def test_a_segment_that_only_reads_differently_leaves_the_correction(heard: str, now: str) -> None:
    assert continued("See Hedda", heard, now) == "See Hedda"
