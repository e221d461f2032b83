"""What stays of deleted words, so that they are recognised when they come again, and cannot be read. Pure.

A trace is a set of numbers, one for each word. A keyed hash chooses them among BITS. So a trace does not have the words
in their order, and each number stands for a hundred words.
"""

import hashlib
from collections.abc import Iterable, Iterator

from omilink.search.words import words

BITS = 1024
TOLERATED = 4
"""Of so many words one may be missing, since joining may have glued a word to its neighbour."""


def trace_of(text: str, key: bytes) -> str:
    """The trace of the text: its numbers, in ascending order."""
    return " ".join(f"{number:x}" for number in sorted(set(_numbers(text, key))))


def have_words(traces: Iterable[str], text: str, key: bytes) -> bool:
    """Whether the words of the text are likely among those whose traces these are."""
    there = {int(number, 16) for trace in traces for number in trace.split()}
    numbers = list(_numbers(text, key))
    missing = sum(number not in there for number in numbers)
    return bool(numbers) and missing <= len(numbers) // TOLERATED


def _numbers(text: str, key: bytes) -> Iterator[int]:
    for word in words(text):
        yield int.from_bytes(hashlib.blake2b(word.text.encode(), key=key, digest_size=4).digest()) % BITS
