"""Counted time goes on as time does, whatever clocks show."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omilink.clock import Millis
from omilink.counted_time import MOST, CountedTime, Noted, resumed
from omilink.errors import Unavailable

NOON: Millis = 1_790_000_000_000
HOUR, DAY = 3_600_000, 86_400_000
JUMPS = [-365 * DAY, -2 * DAY, -DAY, -HOUR, -60_000, 60_000, HOUR, DAY, 2 * DAY, 365 * DAY]


@dataclass
class Machine:
    """Its two clocks, of which somebody sets one, and a database that processes count on."""

    wall: Millis = NOON
    elapsed: Millis = 5_000
    noted: Noted | None = None
    counting: CountedTime = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """The monotonic clock of another start of the machine has nothing to do with the one before."""
        self.elapsed = 7_000
        self.counting = CountedTime(lambda: self.elapsed)
        self.counting.go_on(self.noted, self.wall)
        self.note()

    def note(self) -> Millis:
        counted = self.counting.go_on(self.noted, self.wall)
        self.noted = Noted(counted, self.wall)
        return counted

    def passes(self, milliseconds: Millis) -> None:
        self.wall += milliseconds
        self.elapsed += milliseconds


def test_before_the_database_was_asked_nobody_knows() -> None:
    counting = CountedTime()
    assert not counting.known
    with pytest.raises(Unavailable):
        counting()


def test_it_begins_where_the_wall_clock_stands() -> None:
    assert Machine().counting() == NOON


@pytest.mark.parametrize("jump", JUMPS)
def test_no_jump_of_the_wall_clock_counts_while_somebody_counts(jump: Millis) -> None:
    machine = Machine()
    machine.passes(10_000)
    machine.wall += jump
    machine.passes(10_000)
    assert machine.counting() == machine.note() == NOON + 20_000


@pytest.mark.parametrize("jump", JUMPS)
def test_over_a_restart_a_jump_counts_no_more_than_five_minutes(jump: Millis) -> None:
    machine = Machine()
    machine.passes(10_000)
    machine.note()
    machine.wall += jump
    machine.restart()
    assert machine.counting() == NOON + 10_000 + min(max(0, jump), MOST)


def test_a_short_time_in_which_nothing_ran_counts_in_full() -> None:
    machine = Machine()
    machine.note()
    machine.wall += 42_000
    machine.restart()
    assert machine.counting() == NOON + 42_000


def test_of_one_look_at_the_monotonic_clock_no_more_counts_either() -> None:
    """As on a machine that slept, where that clock goes on meanwhile."""
    machine = Machine()
    machine.passes(2 * DAY)
    assert machine.counting() == NOON + MOST
    machine.elapsed -= HOUR
    assert machine.counting() == NOON + MOST


def test_nodes_of_one_database_count_together() -> None:
    ahead, behind = Machine(), Machine()
    ahead.passes(60_000)
    behind.noted = Noted(ahead.note(), ahead.wall)
    assert behind.note() == NOON + 60_000
    behind.passes(1_000)
    ahead.noted = behind.noted
    assert ahead.note() == NOON + 60_000  # what another has counted meanwhile is learned with the next note
    ahead.noted = Noted(behind.note(), behind.wall)
    assert ahead.note() == NOON + 61_000


Step = tuple[str, Millis]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("passes"), st.integers(0, MOST)),
        st.tuples(st.just("jumps"), st.sampled_from(JUMPS)),
        st.tuples(st.just("notes"), st.just(0)),
        st.tuples(st.just("restarts"), st.just(0)),
    )
)


@given(STEPS)
def test_it_never_goes_back_and_no_history_of_clocks_makes_it_run_ahead(steps: list[Step]) -> None:
    machine, passed, restarts, before = Machine(), 0, 0, NOON
    for step, milliseconds in steps:
        if step == "passes":
            machine.passes(milliseconds)
            passed += milliseconds
        elif step == "jumps":
            machine.wall += milliseconds
        elif step == "notes":
            machine.note()
        else:
            machine.note()  # as a process does every minute
            machine.restart()
            restarts += 1
        now = machine.counting()
        assert before <= now
        assert NOON + passed <= now <= NOON + passed + restarts * MOST
        before = now


def test_where_it_goes_on_is_decided_by_what_was_noted_alone() -> None:
    assert resumed(None, 5) == 5
    assert resumed(Noted(100, 1_000), 1_007) == 107
    assert resumed(Noted(100, 1_000), 900) == 100
    assert resumed(Noted(100, 1_000), 1_000 + DAY) == 100 + MOST
