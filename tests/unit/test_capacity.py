"""What a number of wearables needs: small cases by hand, and what must hold for all."""

import json
from dataclasses import astuple, replace
from itertools import pairwise
from pathlib import Path

import pytest

from bench import capacity
from bench.capacity import Costs, Design, Habits, Machines, Minute, Model, Sizes

ALWAYS = Habits(worn=1, talk=(100,) * 24, zones=((0, 1.0),), pause=2, segments=2, rush=1, watching=0.5)
MODEL = Model(habits=ALWAYS)


# what wearables cause, by hand


def test_two_thousand_who_never_stop_make_a_thousand_calls_a_second() -> None:
    caused = capacity.load(2000, MODEL)
    assert caused.hours == (1000,) * 24
    assert caused.mean == caused.peak == 1000
    assert (caused.streams, caused.streamed, caused.marks) == (1000, 500, 500)


def test_what_a_thousand_calls_a_second_need() -> None:
    costs = Costs(web_us=1000, stream_us=0, worker_us=600, postgres_us=400, postgres_batch_us=0, nats_us=2000)
    model = replace(MODEL, costs=costs, machines=Machines(load=0.5, cores=2, publishes=500, streams=400))
    wanted = capacity.needs(capacity.load(2000, model), model)
    assert (wanted.web_processes, wanted.web_nodes) == (3, 2)  # not for the calls, but for the 1000 streams
    assert (wanted.worker_processes, wanted.worker_nodes) == (2, 2)
    assert (wanted.nats_streams, wanted.nats_cores, wanted.postgres_cores, wanted.postgres_shards) == (4, 4, 1, 1)
    assert wanted.connections == 5 * 6


def test_what_a_thousand_calls_a_second_leave_behind() -> None:
    sizes = Sizes(message=100, event=50, event_message=10, wal=5, wal_message=1, call=7, call_segment=3)
    caused = capacity.load(2000, replace(MODEL, sizes=sizes, design=Design(keep_events=10)))
    year = 1000 * 86_400 * 365
    assert (caused.messages_a_year, caused.words_a_year) == (2 * year, 200 * year)
    assert caused.log == 70 * 1000 * 86_400 * 10
    assert (caused.wal, caused.stream_an_hour) == (7000, 13_000 * 3600)


def test_who_lives_in_the_east_talks_earlier() -> None:
    noon = replace(ALWAYS, talk=(0,) * 12 + (100,) + (0,) * 11, zones=((8, 0.25), (0, 0.75)))
    assert {hour: share for hour, share in enumerate(capacity.talking(noon)) if share} == {4: 0.25, 12: 0.75}


# what must hold for all


def test_everybody_lives_somewhere() -> None:
    assert sum(share for _, share in Habits().zones) == pytest.approx(1)


def test_the_hours_are_the_day() -> None:
    caused, habits = capacity.load(1_000_000, Model()), Habits()
    assert sum(caused.hours) == pytest.approx(24 * caused.mean)
    talk = habits.worn * sum(habits.talk) / 100 * 3600  # seconds a day, wherever one lives
    assert caused.mean * 86_400 == pytest.approx(1_000_000 * talk / habits.pause)


def test_more_wearables_cause_more_and_never_need_fewer() -> None:
    model, counts = Model(), [10**power * digit for power in range(9) for digit in (1, 2, 5)]
    loads = [capacity.load(count, model) for count in counts]
    for fewer, more in pairwise(loads):
        assert all(one < other for one, other in zip(fewer.hours, more.hours, strict=True))
        assert all(one < other for one, other in zip(rates(fewer), rates(more), strict=True))
        needed, wanted = capacity.needs(fewer, model), capacity.needs(more, model)
        assert all(one <= other for one, other in zip(whole(needed), whole(wanted), strict=True))


def test_less_headroom_never_needs_more() -> None:
    caused, full = capacity.load(1_000_000, Model()), Model(machines=Machines(load=0.8))
    assert all(
        one <= other
        for one, other in zip(whole(capacity.needs(caused, full)), whole(capacity.needs(caused, Model())), strict=True)
    )


def test_what_a_limit_carries_is_what_needs_no_second() -> None:
    model = Model()
    stream = next(limit for limit in capacity.limits(model) if limit.part == "one R3 stream")
    at_most, beyond = (capacity.load(stream.wearables * part, model) for part in (0.999, 1.001))
    assert [capacity.needs(caused, model).nats_streams for caused in (at_most, beyond)] == [1, 2]


def test_what_costs_more_breaks_earlier() -> None:
    cheap, dear = ({limit.part: limit for limit in capacity.limits(model)} for model in (Model(), costly()))
    assert all(dear[part].wearables <= cheap[part].wearables for part in cheap)
    assert dear["one web process"].wearables < cheap["one web process"].wearables
    ordered = [limit.wearables for limit in capacity.limits(Model())]
    assert ordered == sorted(ordered)


def rates(caused: capacity.Load) -> list[float]:
    return [value for value in astuple(caused) if not isinstance(value, tuple)]


def whole(wanted: capacity.Needs) -> list[int]:
    """The counts; what one node of several gets may well become less."""
    return [value for name, value in vars(wanted).items() if "_a_node" not in name]


def costly() -> Model:
    return Model(costs=Costs(web_us=600, worker_us=1100, postgres_us=600, postgres_batch_us=5400))


# a minute of it

SLOW = Costs(worker_us=60_000, postgres_us=40_000, batch_ms=100)  # a batch takes 0.1 s and 0.1 s for each delivery
ALONE = Minute(load=0.5, workers=1)


def work(arrivals: list[list[float]], minute: Minute = ALONE) -> list[tuple[float, float]]:
    model = Model(costs=SLOW, design=Design(partitions=len(arrivals)))
    return [(round(at, 6), round(wait, 6)) for at, wait in capacity.work(arrivals, minute, model)]


def test_what_comes_while_a_batch_is_saved_is_the_next_batch() -> None:
    assert work([[1.0, 1.1, 1.15]]) == [(1.2, 0.2), (1.5, 0.4), (1.5, 0.35)]


def test_a_batch_is_what_waits_in_all_partitions_oldest_first() -> None:
    assert work([[1.0, 1.19], [1.1]]) == [(1.2, 0.2), (1.5, 0.4), (1.5, 0.31)]


def test_after_a_crowd_the_next_batch_gathers() -> None:
    saved = work([[1.0] * 8 + [1.905, 1.91]])
    assert saved == [(1.9, 0.9)] * 8 + [(2.215, 0.31), (2.215, 0.305)]


def test_nothing_is_saved_while_the_database_is_away_and_nothing_is_lost() -> None:
    away = replace(ALONE, database_away=10)
    assert work([[4.0, 4.95, 8.0]], away) == [(4.2, 0.2), (15.3, 10.35), (15.3, 7.3)]


def test_a_dead_workers_partitions_go_on_with_another_after_the_lease() -> None:
    dies = replace(ALONE, workers=2, worker_dies=True)
    assert sorted(work([[1.0, 6.0], [7.0]], dies)) == [(1.2, 0.2), (7.2, 0.2), (10.2, 4.2)]


@pytest.mark.parametrize("trouble", [{}, {"database_away": 3}, {"worker_dies": True}], ids=str)
def test_every_delivery_is_saved_once_and_after_it_came(trouble: dict[str, float]) -> None:
    minute = Minute(load=0.6, seconds=10, **trouble)
    outcome = capacity.simulate(minute, Model(costs=Costs(worker_us=5500, postgres_us=3000)), seed=7)
    assert outcome.arrived == outcome.saved > 2000
    assert 0 < outcome.p50 <= outcome.p99


def test_the_same_seed_is_the_same_minute() -> None:
    minute = Minute(load=0.3, seconds=5)
    one, again, other = (capacity.simulate(minute, Model(), seed) for seed in (1, 1, 2))
    assert one == again != other


# how it is told


def test_measured_costs_take_the_place_of_the_provisional_ones(tmp_path: Path) -> None:
    file = tmp_path / "measured.json"
    file.write_text(json.dumps({"web_us": 123.5, "machine": "any"}))
    assert capacity.costs_of(file) == Costs(web_us=123.5)
    file.write_text('{"wen_us": 1}')
    with pytest.raises(SystemExit, match="names no cost"):
        capacity.costs_of(file)


def test_figures_claim_no_more_than_two_digits() -> None:
    assert [capacity.about(value) for value in (0, 0.123, 8.96, 1234, 999_999, 2.34e9)] == [
        "0", "0.12", "9", "1,200", "1 million", "2.3 billion",
    ]  # fmt: skip
    assert [capacity.size(value) for value in (12, 1234, 5.6e15)] == ["12 B", "1.2 kB", "5.6 PB"]
