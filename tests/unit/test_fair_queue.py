"""Whose call a lane runs next: the server's and the users' by turns, and of each user one thread's share at a time."""

import threading
from collections.abc import Sequence

from omilink.database.fair_queue import FairQueue, Taken
from omilink.turns import SERVER


def queue(*items: tuple[str, int], share: int = 2) -> FairQueue[int]:
    made = FairQueue[int](share)
    for whose, item in items:
        made.put(whose, item)
    return made


def take(items: FairQueue[int], most: int, left: Sequence[Taken[int]] = ()) -> list[tuple[str, int]]:
    """What one thread takes, which has then run."""
    taken = items.take(most)
    items.done([one.whose for one in taken], left)
    return [tuple(one) for one in taken]


def test_who_asks_little_waits_for_one_share_of_who_asks_much() -> None:
    items = queue(*[("greedy", number) for number in range(100)], ("ada", 1), ("ben", 1))
    assert take(items, 4) == [("greedy", 0), ("greedy", 1), ("ada", 1), ("ben", 1)]
    assert take(items, 4) == [("greedy", 2), ("greedy", 3)]


def test_the_servers_own_work_has_every_other_turn() -> None:
    items = queue(*[(name, 1) for name in "abcd"], *[(SERVER, number) for number in range(3)])
    assert [whose for whose, _ in take(items, 99)] == [SERVER, "a", SERVER, "b", SERVER, "c", "d"]
    one_by_one = queue(*[(name, 1) for name in "abcd"], *[(SERVER, number) for number in range(3)])
    assert [take(one_by_one, 1)[0][0] for _ in range(7)] == [SERVER, "a", SERVER, "b", SERVER, "c", "d"]


def test_a_user_is_served_by_one_thread_at_a_time() -> None:
    items = queue(*[("greedy", number) for number in range(4)])
    first = items.take(9)
    items.put("ada", 1)
    assert items.take(9) == [("ada", 1)]
    items.done(["greedy" for _ in first])
    assert items.take(9) == [("greedy", 2), ("greedy", 3)]


def test_what_was_not_begun_comes_next_and_in_its_order() -> None:
    items = queue(("ada", 1), ("ada", 2), (SERVER, 1), (SERVER, 2), ("ada", 3), share=9)
    taken = items.take(9)
    assert taken == [(SERVER, 1), ("ada", 1), ("ada", 2), ("ada", 3), (SERVER, 2)]
    items.done((one.whose for one in taken), taken[2:])
    assert items.take(9) == [("ada", 2), ("ada", 3), (SERVER, 2)]


def test_a_closed_queue_is_emptied_and_then_ends_every_thread() -> None:
    items = queue(*[(name, number) for number in range(9) for name in "abc"], share=1)
    ran: list[tuple[str, int]] = []

    def work() -> None:
        while taken := items.take(2):
            ran.extend(tuple(one) for one in taken)
            items.done(one.whose for one in taken)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    items.close()
    for thread in threads:
        thread.join(30)
    assert sorted(ran) == sorted((name, number) for number in range(9) for name in "abc")
