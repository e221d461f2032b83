"""Searches what a user may read."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import merge
from typing import Literal, NamedTuple, get_args

from omilink.database.search import ACTION_ITEMS, NEWEST, PLACES, SPEAKER, TITLE, Filters, Found, Lookup, is_message
from omilink.database.store import Transaction
from omilink.models.conversation import Conversation
from omilink.models.message import Message
from omilink.models.whole import as_shown
from omilink.search.index import texts_of
from omilink.search.query import Match, Term, match, terms

LOOKUPS = 32
"""Tokens that the index is asked for; the texts themselves are asked for all of them."""
WINDOW = 200
"""Hits that are sorted together, best first: ranking every hit of a common word would take seconds."""
READ_AT_ONCE = 300
READ_MOST = 500
"""Texts that one page reads at most, of at most PIECE characters each; a longer text counts as several. A rare order of
common words may need more than one page to be found."""
PIECE = 250
"""Characters. Messages are shorter, with rare exceptions."""
OF_A_SPEAKER = 10
"""Texts for which a conversation counts in which a speaker was looked for."""


Field = Literal["words", "action_item", "summary", "title"]
FIELDS = get_args(Field)
"""Where a hit is, the best at the end."""


class Order(StrEnum):
    BEST = "best"
    NEWEST = "newest"


class Cursor(NamedTuple):
    """Where the next page begins: at the entry `high`, or after the entry `id`, which has this score, of those from
    `low` to `high` that are sorted together."""

    high: int = NEWEST
    low: int | None = None
    score: int | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A text that has all terms."""

    found: Found
    text: str
    match: Match

    @property
    def entry(self) -> int:
        return self.found.entry

    @property
    def field(self) -> Field:
        place = self.found.place
        if is_message(place):
            return "words"
        return "action_item" if place in ACTION_ITEMS else "title" if place == TITLE else "summary"

    @property
    def rank(self) -> tuple[int, int]:
        """Greater is better: more whole words, then a title before a summary before an action item before words, then
        the newer one."""
        return 100 * self.match.whole + FIELDS.index(self.field), self.entry


class Read(NamedTuple):
    """An entry that was read, its hit, and for how many texts it counts."""

    found: Found
    hit: Hit | None
    pieces: int


class Page(NamedTuple):
    hits: list[Hit]
    next: Cursor | None


class Shown(NamedTuple):
    """A hit with what it stands in. `message` is None for a hit that is not in words."""

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
    stored = tx.conversations_by_id({hit.found.conversation_id for hit in hits})
    shown = dict(zip(stored, tx.shown(list(stored.values())), strict=True))
    messages = tx.messages_of([hit.found for hit in hits])
    found = {key: as_shown(message, stored[message.conversation_id]) for key, message in messages.items()}
    return [Shown(hit, shown[id := hit.found.conversation_id], found.get((id, hit.found.place))) for hit in hits]


def _newest(search: "_Search", cursor: Cursor, limit: int) -> Page:
    hits, low = search.window(cursor.high, limit)
    return Page(hits, Cursor(low - 1) if low else None)


def _best(search: "_Search", cursor: Cursor, limit: int) -> Page:
    if cursor.low is None:
        hits, low = search.window(cursor.high, WINDOW)
    else:
        low, shown = cursor.low, (cursor.score or 0, cursor.id or 0)
        hits = [hit for hit in search.hits(cursor.high, low) if hit.rank < shown]
    ranked = sorted(hits, key=lambda hit: hit.rank, reverse=True)
    if len(ranked) > limit:
        return Page(ranked[:limit], Cursor(cursor.high, low, *ranked[limit - 1].rank))
    return Page(ranked, Cursor(low - 1) if low else None)


class _Search:
    """Reads entries of the index and keeps those whose texts have all terms."""

    def __init__(self, tx: Transaction, user_id: str, wanted: Sequence[Term], filters: Filters) -> None:
        self._tx, self._user_id, self._wanted, self._filters = tx, user_id, wanted, filters
        self._people = tx.people(user_id)
        self._speakers = self._people.ids_of(self._people.root(filters.person_id)) if filters.person_id else []
        lookups = dict.fromkeys(Lookup(*each) for term in wanted for each in term.lookups())
        self._lookups = list(lookups)[:LOOKUPS]

    def is_for_nobody(self) -> bool:
        """Whether only words of a person who was deleted are wanted: nobody is shown to speak them."""
        person = self._people.get(self._speakers[0]) if self._speakers else None
        return person is not None and person.is_deleted

    def window(self, high: int, most: int) -> tuple[list[Hit], int]:
        """The newest `most` hits up to `high`, or fewer where many texts have the tokens and not the terms; and the
        entry down to which has been read, 0 when there is nothing below."""
        hits: list[Hit] = []
        left, low = READ_MOST, high
        for found, hit, pieces in self._each(high, 1, most + 1):
            if left <= 0:
                return hits, low
            if hit and len(hits) == most:
                return hits, hits[-1].entry
            hits += [hit] if hit else []
            left, low = left - pieces, found.entry
        return hits, 0

    def hits(self, high: int, low: int) -> Iterator[Hit]:
        """All hits between the two entries, which a window has read before."""
        left = 2 * READ_MOST  # no cursor of ours spans as many
        for _, hit, pieces in self._each(high, low, WINDOW):
            if hit:
                yield hit
            left -= pieces
            if left <= 0:
                return

    def _each(self, high: int, low: int, at_once: int) -> Iterator[Read]:
        """The texts and the speakers from `high` down to `low`."""
        both = self._texts(high, low, at_once), self._named_speakers(high, low)
        return merge(*both, key=lambda one: one.found.entry, reverse=True)

    def _named_speakers(self, high: int, low: int) -> Iterator[Read]:
        """For each conversation a speaker whose name has all terms, unless a participant is called so. Names change
        without a change of any message, so the index holds who speaks, and not the name."""
        names = {id: name for id, name in self._names() if not self._speakers or id in self._speakers}
        number, last = (high - SPEAKER) // PLACES, (low - SPEAKER + PLACES - 1) // PLACES
        while names and (found := self._latest(names, number, last)):
            number = found.entry // PLACES
            message = self._tx.messages_of([found])[found.conversation_id, found.place]
            name = names.get(message.speaking_person_id or "", "")
            entry = found._replace(entry=number * PLACES + SPEAKER, text=name)
            [conversation] = self._tx.conversations_by_id([found.conversation_id]).values()
            is_participant = any(match(self._wanted, one.name) for one in conversation.participants)
            where = None if is_participant else match(self._wanted, name)
            yield Read(entry, Hit(entry, name, where) if where else None, OF_A_SPEAKER)
            number -= 1

    def _names(self) -> Iterator[tuple[str, str]]:
        """The ids of those whose name has all terms, and their names."""
        for one in self._people:
            if one.name and self._people.is_listed(one) and match(self._wanted, one.name):
                yield from ((id, one.name) for id in self._people.ids_of(one.id))

    def _latest(self, speakers: Collection[str], number: int, last: int) -> Found | None:
        """The newest message of these speakers in the conversations from this number down to the last."""
        bounds = {"low": last * PLACES, "high": (number + 1) * PLACES - 1}
        found = self._tx.find(self._user_id, [], self._filters, speakers, **bounds, most=1)
        return found[0] if found else None

    def _texts(self, high: int, low: int, at_once: int) -> Iterator[Read]:
        for entries in self._read(high, low, at_once):
            about = self._tx.conversations_by_id({one.conversation_id for one in entries if not is_message(one.place)})
            texts = {id: texts_of(conversation) for id, conversation in about.items()}
            for found in entries:
                text = found.text or texts.get(found.conversation_id, {}).get(found.place) or ""
                where = match(self._wanted, text)
                yield Read(found, Hit(found, text, where) if where else None, 1 + len(text) // PIECE)

    def _read(self, high: int, low: int, at_once: int) -> Iterator[list[Found]]:
        asked = self._user_id, self._lookups, self._filters, self._speakers
        while found := self._tx.find(*asked, low=low, high=high, most=at_once):
            yield found
            if len(found) < at_once:
                return
            high, at_once = found[-1].entry - 1, min(2 * at_once, READ_AT_ONCE)
