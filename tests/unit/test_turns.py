"""Whose calls are saved next: in order, in bounded batches, and nobody waits behind one who sends much."""

from hypothesis import given
from hypothesis import strategies as st

from omilink.turns import Waiting, next_batch

CALLS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 300)), max_size=60)


def calls(*sent: tuple[str, int]) -> list[Waiting]:
    return [Waiting(seq, whose, size) for seq, (whose, size) in enumerate(sent, 1)]


def test_what_fits_is_taken_as_it_came() -> None:
    assert next_batch(calls(("a", 10), ("b", 10), ("a", 10)), 3, 30) == [1, 2, 3]


def test_who_sends_much_does_not_delay_the_others() -> None:
    crowd = [("greedy", 10)] * 40
    assert next_batch(calls(*crowd, ("ada", 10), ("ben", 10)), 8, 1000) == [1, 2, 3, 4, 5, 6, 41, 42]
    assert next_batch(calls(*crowd, ("ada", 10)), 100, 80) == [1, 2, 3, 4, 5, 6, 7, 8, 41]


def test_who_waits_alone_gets_all() -> None:
    assert next_batch(calls(*[("ada", 10)] * 40), 8, 1000) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_what_is_larger_than_a_batch_comes_when_it_is_first_and_delays_nobody() -> None:
    assert next_batch(calls(("ada", 500), ("ada", 500), ("ben", 1)), 8, 100) == [1, 3]
    assert next_batch(calls(("ben", 1), ("ada", 500), ("ada", 1)), 8, 100) == [1]


@given(CALLS, st.integers(1, 12), st.integers(1, 400))
def test_every_batch_is_bounded_begins_with_the_oldest_and_keeps_everybodys_order(
    sent: list[tuple[str, int]], most: int, most_bytes: int
) -> None:
    waiting = calls(*sent)
    served: dict[str, list[int]] = {}
    while waiting:
        batch = next_batch(waiting, most, most_bytes)
        taken = [one for one in waiting if one.seq in batch]
        assert batch[0] == waiting[0].seq
        assert len(batch) <= most
        assert sum(one.size for one in taken[1:]) <= most_bytes
        for one in taken:
            served.setdefault(one.whose, []).append(one.seq)
        waiting = [one for one in waiting if one.seq not in batch]
    assert all(seqs == sorted(seqs) for seqs in served.values())
