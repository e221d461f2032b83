"""Searches what a user may read."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import merge
from typing import Literal, NamedTuple, get_args

from omilink.database.search import NEWEST, Entry, Filters, Lookup
from omilink.database.search_index import ACTION_ITEMS, PLACES, SPEAKER, TITLE, is_message
from omilink.database.store import Transaction
from omilink.models.conversation import Conversation
from omilink.models.message import Message
from omilink.models.whole import as_shown
from omilink.search.index import texts_shown
from omilink.search.query import Match, Term, match, terms

LOOKUPS = 32
"""The most tokens of a search that the index compares. The texts are compared with all words of a search."""
WINDOW = 200
"""Hits that are sorted together, best first: ranking every hit of a common word would take seconds."""
READ_AT_ONCE = 300
"""The most entries that one statement reads."""
READ_MOST = 500
"""The most texts that one page reads. A text longer than `PIECE` counts as several. A rare order of common words may
need more than one page to be found."""
PIECE = 250
"""Characters. Few messages are longer."""
OF_A_SPEAKER = 10
"""A conversation in which a speaker is found counts as this many texts."""

Field = Literal["words", "action_item", "summary", "title"]
FIELDS = get_args(Field)
"""The kinds of text in which a hit can be, from the lowest rank to the highest."""


class Order(StrEnum):
    BEST = "best"
    NEWEST = "newest"


class Cursor(NamedTuple):
    """Where the next page begins. Without `low` it begins at the entry `high`. With `low` the hits from `high` down to
    `low` are sorted together, and the page begins after the hit with the rank `score` and `id`."""

    high: int = NEWEST
    low: int | None = None
    score: int | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A text that has all terms."""

    entry: Entry
    text: str
    match: Match

    @property
    def field(self) -> Field:
        place = self.entry.place
        if is_message(place):
            return "words"
        return "action_item" if place in ACTION_ITEMS else "title" if place == TITLE else "summary"

    @property
    def rank(self) -> tuple[int, int]:
        """The score and the entry's id; the greater rank is the better one. More whole words count first, then the
        field, then which entry is newer."""
        return 100 * self.match.whole + FIELDS.index(self.field), self.entry.id


class Compared(NamedTuple):
    """An entry whose text was compared with the terms. `pieces`: as how many texts it counts."""

    entry: Entry
    hit: Hit | None
    pieces: int


class Page(NamedTuple):
    hits: list[Hit]
    next: Cursor | None


class Shown(NamedTuple):
    """A hit, its conversation, and its message; None for a hit that is not in a message."""

    hit: Hit
    conversation: Conversation
    message: Message | None


def find(
    tx: Transaction, user_id: str, q: str, filters: Filters, order: Order, limit: int, cursor: Cursor | None = None
) -> Page:
    """The texts of the user's conversations that have all terms of `q`, page by page. Newest first is the order in
    which words came to the user. Best first sorts the newest `WINDOW` hits by their rank, then the next ones. A page
    may hold fewer hits than `limit`, or none, and still have a next one."""
    wanted = terms(q)
    if not wanted:
        return Page([], None)
    search = _Search(tx, user_id, wanted, filters)
    if search.is_for_nobody():
        return Page([], None)
    cursor = cursor or Cursor()
    return _newest(search, cursor, limit) if order is Order.NEWEST else _best(search, cursor, limit)


def show(tx: Transaction, hits: Sequence[Hit]) -> list[Shown]:
    """The hits with their conversations and messages, as these are shown."""
    entries = [hit.entry for hit in hits]
    stored = tx.conversations_by_id({entry.conversation_id for entry in entries})
    conversations = dict(zip(stored, tx.shown(list(stored.values())), strict=True))
    messages = {
        key: as_shown(message, stored[message.conversation_id]) for key, message in tx.messages_of(entries).items()
    }
    return [
        Shown(hit, conversations[entry.conversation_id], messages.get((entry.conversation_id, entry.place)))
        for hit, entry in zip(hits, entries, strict=True)
    ]


def _newest(search: "_Search", cursor: Cursor, limit: int) -> Page:
    hits, low = search.window(cursor.high, limit)
    return Page(hits, Cursor(low - 1) if low else None)


def _best(search: "_Search", cursor: Cursor, limit: int) -> Page:
    if cursor.low is None:
        hits, low = search.window(cursor.high, WINDOW)
    else:
        low = cursor.low
        last_shown = (cursor.score or 0, cursor.id or 0)
        hits = [hit for hit in search.hits(cursor.high, low) if hit.rank < last_shown]
    ranked = sorted(hits, key=lambda hit: hit.rank, reverse=True)
    if len(ranked) > limit:
        return Page(ranked[:limit], Cursor(cursor.high, low, *ranked[limit - 1].rank))
    return Page(ranked, Cursor(low - 1) if low else None)


class _Search:
    """Reads entries of the index and keeps those whose texts have all terms."""

    def __init__(self, tx: Transaction, user_id: str, wanted: Sequence[Term], filters: Filters) -> None:
        self._tx, self._user_id = tx, user_id
        self._wanted, self._filters = wanted, filters
        self._people = tx.people(user_id)
        self._speakers = self._people.ids_of(self._people.root(filters.person_id)) if filters.person_id else []
        lookups = dict.fromkeys(Lookup(*each) for term in wanted for each in term.lookups())
        self._lookups = list(lookups)[:LOOKUPS]

    def is_for_nobody(self) -> bool:
        """Whether the search is for words of a deleted person, whom no message names as its speaker."""
        person = self._people.get(self._speakers[0]) if self._speakers else None
        return person is not None and person.is_deleted

    def window(self, high: int, most: int) -> tuple[list[Hit], int]:
        """The newest `most` hits up to `high`, or fewer where many texts have the tokens and not the terms. Also the id
        of the last entry that was read; 0 when no entry is left."""
        hits: list[Hit] = []
        left, low = READ_MOST, high
        for entry, hit, pieces in self._compared(high, 1, most + 1):
            if left <= 0:
                return hits, low
            if hit and len(hits) == most:
                return hits, hits[-1].entry.id
            if hit:
                hits.append(hit)
            left -= pieces
            low = entry.id
        return hits, 0

    def hits(self, high: int, low: int) -> Iterator[Hit]:
        """All hits from `high` down to `low`, the bounds of an earlier window."""
        left = 2 * READ_MOST  # a window has fewer, but anybody can make up a cursor
        for _, hit, pieces in self._compared(high, low, WINDOW):
            if hit:
                yield hit
            left -= pieces
            if left <= 0:
                return

    def _compared(self, high: int, low: int, at_once: int) -> Iterator[Compared]:
        """The texts and the names of speakers from `high` down to `low`."""
        texts, names = self._texts(high, low, at_once), self._named_speakers(high, low)
        return merge(texts, names, key=lambda compared: compared.entry.id, reverse=True)

    def _texts(self, high: int, low: int, at_once: int) -> Iterator[Compared]:
        for entries in self._read(high, low, at_once):
            other = {entry.conversation_id for entry in entries if not is_message(entry.place)}
            stored = list(self._tx.conversations_by_id(other).values())
            shown = zip(stored, self._tx.shown(stored), strict=True)
            texts = {conversation.id: texts_shown(conversation, whole) for conversation, whole in shown}
            for entry in entries:
                text = entry.text or texts.get(entry.conversation_id, {}).get(entry.place) or ""
                yield Compared(entry, self._hit(entry, text), 1 + len(text) // PIECE)

    def _read(self, high: int, low: int, at_once: int) -> Iterator[list[Entry]]:
        """The entries with all tokens from `high` down to `low`. The first list has `at_once` entries, each later one
        twice as many as the one before."""
        asked = self._user_id, self._lookups, self._filters, self._speakers
        while entries := self._tx.find(*asked, low=low, high=high, most=at_once):
            yield entries
            if len(entries) < at_once:
                return
            high = entries[-1].id - 1
            at_once = min(2 * at_once, READ_AT_ONCE)

    def _named_speakers(self, high: int, low: int) -> Iterator[Compared]:
        """For each conversation one speaker whose name has all terms, unless the name of a participant has them too. A
        name changes without a change of any message, so the index holds who speaks, and not the name."""
        names = {id: name for id, name in self._names() if not self._speakers or id in self._speakers}
        number, last = (high - SPEAKER) // PLACES, (low - SPEAKER + PLACES - 1) // PLACES
        while names and (spoken := self._latest(names, number, last)):
            number = spoken.id // PLACES
            message = self._tx.messages_of([spoken])[spoken.conversation_id, spoken.place]
            name = names.get(message.speaking_person_id or "", "")
            entry = spoken._replace(id=number * PLACES + SPEAKER, text=name)
            hit = None if self._has_participant(entry.conversation_id) else self._hit(entry, name)
            yield Compared(entry, hit, OF_A_SPEAKER)
            number -= 1

    def _names(self) -> Iterator[tuple[str, str]]:
        """The ids of those whose name has all terms, and their names."""
        for person in self._people:
            if person.name and self._people.is_listed(person) and match(self._wanted, person.name):
                yield from ((id, person.name) for id in self._people.ids_of(person.id))

    def _latest(self, speakers: Collection[str], number: int, last: int) -> Entry | None:
        """The newest message of these speakers in the conversations from this number down to the last."""
        low, high = last * PLACES, (number + 1) * PLACES - 1
        entries = self._tx.find(self._user_id, [], self._filters, speakers, low=low, high=high, most=1)
        return entries[0] if entries else None

    def _has_participant(self, conversation_id: str) -> bool:
        """Whether the name of a participant of the conversation has all terms."""
        conversation = self._tx.conversations_by_id([conversation_id])[conversation_id]
        return any(match(self._wanted, participant.name) for participant in conversation.participants)

    def _hit(self, entry: Entry, text: str) -> Hit | None:
        found = match(self._wanted, text)
        return Hit(entry, text, found) if found else None
