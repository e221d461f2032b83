"""The bench's table: what is compared is one round, and a target is met by the median of the rounds."""

import pytest

from bench import records
from bench.report import Row, beside_each_other


def test_two_versions_are_compared_round_by_round() -> None:
    this = Row(what="CPU", values=[1.0, 4.0, 2.0], shown="{:.0f} µs")
    other = Row(what="CPU", values=[2.0, 2.0, 1.0], shown="{:.0f} µs")
    line = beside_each_other([this], [other])[1]
    assert (line.first, line.second, line.target) == ("2 µs", "2 µs", "2.00 (0.50 to 2.00)")


@pytest.mark.parametrize(("values", "met"), [([1.0, 3.0, 9.0], True), ([1.0, 4.0, 9.0], False)])
def test_the_median_meets_a_target(values: list[float], met: bool) -> None:
    row = Row(what="p99", values=values, shown="{:.0f} ms", most=3)
    assert (row.met, row.target) == (met, "≤ 3 ms")


def test_a_figure_without_a_target_meets_none() -> None:
    assert Row(what="rate", values=[1.0], shown="{:.0f}").met is None


@pytest.mark.parametrize(("longest", "verdict"), [(99.0, "met"), (101.0, "MISSED")])
def test_a_call_may_wait_a_tenth_of_a_second_for_a_record(longest: float, verdict: str) -> None:
    waits = {"alone": [[8.0, 9.0]], "beside": [[8.0, longest], [1.0, longest], [1.0, 500.0]]}
    figures = records.Figures(machine={"cpu": "some"}, cpu=[120.0], took=[200.0], **waits)
    assert records.table(figures).endswith(verdict)
