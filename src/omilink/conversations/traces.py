"""What stays of deleted words, so that they are recognised when they come again, and cannot be read. Pure.

A trace is a set of numbers, one for each word. A keyed hash chooses them among BITS. So a trace does not have the words
in their order, and each number stands for a hundred words.
"""

import hashlib
from collections.abc import Iterable

from omilink.search.words import words

BITS = 1024


def trace_of(text: str, key: bytes) -> str:
    """The trace of the text: its numbers, in ascending order."""
    return " ".join(f"{number:x}" for number in sorted(set(numbers_of(text, key))))


def numbers_of(text: str, key: bytes) -> list[int]:
    """The number of each word of the text."""
    return [_number(word.text, key) for word in words(text)]


def numbers_in(traces: Iterable[str]) -> set[int]:
    """The numbers of all words whose traces these are."""
    return {int(number, 16) for trace in traces for number in trace.split()}


def _number(word: str, key: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), key=key, digest_size=4).digest()) % BITS
