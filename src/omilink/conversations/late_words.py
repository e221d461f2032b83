"""Words that come live after OMI's record has filled them in: they leave the messages that the record made. Pure."""

import math
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby

from msgspec.structs import replace

from omilink.conversations.alignment import LONG, NEAR, Steps, letters_of
from omilink.conversations.repair import Hole, compare_again
from omilink.models.message import Message, Speech, record_key
from omilink.models.translation import OfMessage, all_of, of_messages, stored

ROUNDING = 0.01
"""Seconds by which equal times may differ in OMI's record."""
APART = 1e-6
"""Seconds between the positions of a message and one that was moved beside it."""


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of filled-in messages after a live message has said some of their words. `live` is the live message,
    with the correction of a message whose place it takes; None if its words stay in a message that the user has
    corrected. `removed` are the filled-in messages of which nothing is left; `changed` those with less text, and those
    that moved so that all are in spoken order; `new` are further pieces. `now_in` has, by the ids of the messages that
    lost words, the ids of those that have their words now. `words` is how many words fewer are filled in."""

    live: Message | None
    removed: Sequence[Message]
    changed: Sequence[Message]
    new: Sequence[Message]
    now_in: Mapping[str, Sequence[str]]
    words: int


def left_after(live: Message, there: Sequence[Message], seq: int, steps: Steps) -> Left | None:
    """What is left of the filled-in messages around a live message, which is new or has changed; None if they do not
    hold its words. `there` are the messages around it, in spoken order, as they were before it came. They are taken for
    the record and compared anew with all live ones, so that each filled-in letter is said by one live message at most.
    New pieces get the numbers from `seq` on."""
    filled = {one.key for one in filled_in_then(live, there)}
    if not filled:
        return None
    words = [one for one in there if one.source == "omi" or one.key in filled]
    said = sorted([live, *(one for one in words if one.source == "omi" and one.key != live.key)], key=_place)
    runs = compare_again(said, words, steps)
    if runs is None:
        return None
    now_in = _now_in(words, runs, said, filled, seq)
    pieces = {one.key: one for one in _in_spoken_order(list(chain.from_iterable(now_in.values())))}
    known = {one.key: one for one in words if one.key in filled}
    less = [one for key, one in known.items() if now_in[key] != [one]]
    if not less:
        return None
    corrected = [one for one in less if one.user_text is not None]
    if corrected and len(less) == 1 and now_in[less[0].key] == [live] and _letters(less) == _letters([live]):
        live = replace(live, user_text=less[0].user_text)
    elif corrected:
        is_in_them = _letters(known.values()) - _letters(pieces.values()) == _letters([live])
        return Left(None, [], [], [], {}, 0) if is_in_them else None
    live = _named(live, [one for one in less if any(each.key == live.key for each in now_in[one.key])])
    translations = _translations(less, now_in, {*pieces, live.key})
    pieces = {key: _translated(one, translations) for key, one in pieces.items()}
    new = [one for key, one in pieces.items() if key not in known]
    return Left(
        live=live if live.translations else _translated(live, translations),
        removed=[one for key, one in known.items() if key not in pieces],
        changed=[replace(one, rev=one.rev + 1) for key, one in pieces.items() if key in known and one != known[key]],
        new=new,
        now_in={one.id: list(dict.fromkeys(each.id for each in now_in[one.key])) for one in less},
        words=sum(_words(one) for one in known.values()) - sum(_words(one) for one in pieces.values()),
    )


def _now_in(
    words: Sequence[Message],
    runs: Sequence[Sequence[int | Hole]],
    said: Sequence[Message],
    filled: Container[str],
    seq: int,
) -> dict[str, list[Message]]:
    """By the key of each message, the live messages that say its words, and of a filled-in one the pieces that no live
    message says. The first piece stays the message; the others get the numbers from `seq` on."""
    now_in: dict[str, list[Message]] = {}
    for message, of_message in zip(words, runs, strict=True):
        now: list[Message] = []
        for run in of_message:
            if isinstance(run, int):
                now.append(said[run])
            elif message.key in filled:
                is_first = all(each.key != message.key for each in now)
                now.append(_piece(message, run, None if is_first else seq))
                seq += not is_first
        now_in[message.key] = now
    return now_in


def _translations(
    less: Sequence[Message], now_in: Mapping[str, Sequence[Message]], keys: Container[str]
) -> Mapping[str, OfMessage]:
    """The translations of the messages that lost words, by the ids of those with these keys that have the words now."""
    return of_messages(
        ([each.id for each in now_in[one.key] if each.key in keys], all_of(one.translations))
        for one in less
        if one.translations
    )


def filled_in_then(live: Speech, there: Sequence[Message], *, is_exact: bool = False) -> Iterator[Message]:
    """The filled-in messages in whose time the live words may have been said. The times of filled-in messages are
    guesses within a segment of the record, so those of the live messages before and behind count, if the record knew
    them. What comes after the record's last words is new. A long text is found wherever it stands, and a short one a
    little later too, unless `is_exact`."""
    is_anywhere = not is_exact and len(letters_of(live.text)) >= LONG
    later = 0.0 if is_exact else NEAR
    runs = [(source, list(run)) for source, run in groupby(there, lambda one: one.source)]
    for number, (source, run) in enumerate(runs):
        if source == "omi":
            continue
        if live.start is None or live.end is None or is_anywhere:
            yield from run
            continue
        since = min(one.start or 0.0 for one in run)
        until = max(one.end or 0.0 for one in run)
        since = min(since, runs[number - 1][1][-1].end or 0.0) if number else -math.inf
        if number + 1 < len(runs):
            behind = runs[number + 1][1][0]
            was_known = behind.seq < run[-1].seq
            until = max(until, behind.start or 0.0 if was_known else min(behind.start or 0.0, until + later))
        if live.start <= until + ROUNDING and live.end >= since - ROUNDING:
            yield from run


def _piece(message: Message, hole: Hole, seq: int | None) -> Message:
    """What is left of the message in this hole; with a number, a message of its own."""
    if letters_of(hole.text) == letters_of(message.text):
        return message
    piece = replace(message, text=hole.text, position=hole.position)
    if message.start is not None and hole.start is not None and hole.end is not None:
        piece = replace(piece, start=hole.start, end=hole.end)
    if seq is None:
        return piece
    return replace(piece, seq=seq, rev=1, key=record_key(message.conversation_id, seq, message.segment_id))


def _named(live: Message, of: Sequence[Message]) -> Message:
    """The live message; without a person of its own with the one who says all its words in the record."""
    people = {None if one.is_user else one.person_id for one in of}
    is_known = live.person_id is not None or live.is_user or len(people) != 1
    return live if is_known else replace(live, person_id=people.pop())


def _translated(message: Message, translations: Mapping[str, OfMessage]) -> Message:
    return replace(message, translations=stored(translations[message.id])) if message.id in translations else message


def _in_spoken_order(order: Sequence[Message]) -> Iterator[Message]:
    """The filled-in messages of these, each moved where it does not stand between those before and behind it. Live
    messages stay where they are."""
    behind = [(math.inf, 0.0)]
    for one in reversed(order):
        behind.append(_place(one) if one.source == "omi" else behind[-1])
    behind.reverse()
    latest = (-math.inf, 0.0)
    for one, until in zip(order, behind[1:], strict=True):
        if one.source == "omi":
            latest = _place(one)
            continue
        if not latest < _place(one) < until:
            one = replace(one, position=_between(latest[0], until[0], one.position))
        latest = _place(one)
        yield one


def _between(least: float, most: float, wanted: float) -> float:
    """The wanted position, or the nearest one behind `least` and before `most`; behind `least` if there is none."""
    low, high = least + APART, most - APART
    if low < high:
        return min(max(wanted, low), high)
    return (least + most) / 2 if least < most else low


def _place(message: Message) -> tuple[float, float]:
    return message.position, message.seq


def _letters(messages: Iterable[Message]) -> int:
    return sum(len(letters_of(message.text)) for message in messages)


def _words(message: Message) -> int:
    return len(message.text.split())
