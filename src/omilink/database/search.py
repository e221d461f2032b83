"""Finds entries of the search index by their tokens, newest first."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Integer, cast, func, or_, select, text

from omilink.clock import Millis
from omilink.database import schema
from omilink.database.compiled import Query
from omilink.database.dialects import among, item, json_list, listed, plan_each_time
from omilink.database.search_index import PLACE_BITS, PLACES, mark
from omilink.database.work import Work
from omilink.models.conversation import Conversation
from omilink.models.message import Message

indexed = schema.search_conversations
conversation = schema.conversations
message = schema.messages

NEWEST = 10**18 - 1
"""No entry has a greater id. Cursors have as many digits."""
PREFIXED = 3
"""Characters of the longest beginning for which FTS5 has an index."""
SPELLED_OUT = 32
"""The most tokens with the same beginning that a statement names one by one."""
SLACK: Millis = 3_600_000
"""Milliseconds by which a clock may be set while a conversation goes on."""


class Lookup(NamedTuple):
    """A token, or the beginning of one."""

    token: str
    is_beginning: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """Conditions for an entry beside its tokens; None is no condition. `since` and `until`: the time when the message
    was said or, for other texts, when the conversation began; `until` is excluded. `person_id`: who speaks
    (`search/find` knows which ids mean the same person). The index has marks for sessions and people; the tables
    decide about the others."""

    since: Millis | None = None
    until: Millis | None = None
    session_id: str | None = None
    conversation_id: str | None = None
    person_id: str | None = None


class Entry(NamedTuple):
    """An entry that was found. `text` is the message's, and None where the entry is not a message."""

    id: int
    conversation_id: str
    text: str | None

    @property
    def place(self) -> int:
        return self.id & (PLACES - 1)


_BY_SEQ = "INDEXED BY ix_messages_conversation_id_seq"
"""Without it SQLite, which has no statistics, would read the whole conversation for a message."""
# CROSS JOIN makes SQLite read the index first, from the newest entry, and stop at the limit.
_FIND = (
    "SELECT {entry_id} AS id, s.conversation_id, coalesce(m.user_text, m.text) "
    "FROM search_index CROSS JOIN search_conversations AS s CROSS JOIN conversations AS c "
    "LEFT JOIN messages AS m{by_seq} "
    "ON m.conversation_id = s.conversation_id AND m.seq = ({entry_id} & :mask) "
    "WHERE {matches} AND {entry_id} BETWEEN :low AND :high "
    "AND s.number = ({entry_id} >> :bits) AND c.id = s.conversation_id "
    "AND c.user_id = :user_id AND c.deleted_at IS NULL{filters} ORDER BY {entry_id} DESC LIMIT :most"
)
_ENTRY_ID = {"sqlite": "search_index.rowid", "postgresql": "search_index.entry"}
_BY_SEQ_HINT = {"sqlite": f" {_BY_SEQ}", "postgresql": ""}
_MATCHES = {
    "sqlite": "search_index MATCH :lookup",
    "postgresql": "search_index.tokens @@ (:lookup)::tsquery",
}
_TOKEN = {"sqlite": '"{}"', "postgresql": "'{}'"}
_BEGINNING = {"sqlite": '"{}"*', "postgresql": "'{}':*"}
_AND = {"sqlite": " AND ", "postgresql": " & "}
_OR = {"sqlite": " OR ", "postgresql": " | "}
_FILTERS = {
    "since": "coalesce(m.spoken_at, c.zero_at, c.created_at) >= :since",
    "until": "coalesce(m.spoken_at, c.zero_at, c.created_at) < :until",
    "conversation_id": "(c.id = :conversation_id OR c.part_of = :conversation_id)",
}
_NEXT_TOKEN = text("SELECT term FROM search_index_tokens WHERE term >= :first LIMIT 1")
_PAIRS = listed("pairs")
_MESSAGES = Query(
    select(message)
    .select_from(
        _PAIRS.join(
            message,
            (message.c.conversation_id == item(_PAIRS.c.value, 0))
            & (message.c.seq == cast(item(_PAIRS.c.value, 1), Integer)),
        )
    )
    .with_hint(message, _BY_SEQ, "sqlite")
)
_CONVERSATIONS = Query(select(conversation).where(among(conversation.c.id, "ids")))


class Search(Work):
    def find(
        self,
        user_id: str,
        lookups: Collection[Lookup],
        filters: Filters,
        speakers: Collection[str],
        *,
        low: int,
        high: int,
        most: int,
    ) -> list[Entry]:
        """The newest `most` entries from `low` to `high` that have all tokens, newest first: of the user's
        conversations, and of no other. `speakers`: ids of people of whom one has to speak; without any, anybody may."""
        dialect = self._connection.dialect.name
        wanted = {name: value for name in _FILTERS if (value := getattr(filters, name)) is not None}
        if wanted:
            low, high = self._bounds(user_id, filters, low, high)
        statement = _FIND.format(
            entry_id=_ENTRY_ID[dialect],
            by_seq=_BY_SEQ_HINT[dialect],
            matches=_MATCHES[dialect],
            filters="".join(f" AND {_FILTERS[name]}" for name in wanted),
        )
        lookup = self._lookup(user_id, lookups, filters, speakers)
        fixed = {"bits": PLACE_BITS, "mask": PLACES - 1}
        bounds = {"low": low, "high": high, "most": most}
        plan_each_time(self._connection)
        rows = self._run(text(statement), {"user_id": user_id, "lookup": lookup, **bounds, **fixed, **wanted})
        return [Entry(*row) for row in rows]

    def conversations_by_id(self, conversation_ids: Collection[str]) -> dict[str, Conversation]:
        """By their ids, whoever owns them."""
        conversations = _CONVERSATIONS.nouns(Conversation, self._connection, ids=json_list(conversation_ids))
        return {conversation.id: conversation for conversation in conversations}

    def messages_of(self, entries: Collection[Entry]) -> dict[tuple[str, int], Message]:
        """The messages of these entries, by conversation id and `seq`."""
        pairs = json_list([(entry.conversation_id, entry.place) for entry in entries])
        messages = _MESSAGES.nouns(Message, self._connection, pairs=pairs)
        return {(message.conversation_id, message.seq): message for message in messages}

    def _bounds(self, user_id: str, filters: Filters, low: int, high: int) -> tuple[int, int]:
        """The part from `low` to `high` in which entries can pass the filters, so that no others are read."""
        c = conversation.c
        query = (
            select(func.min(indexed.c.number), func.max(indexed.c.number))
            .join(conversation, c.id == indexed.c.conversation_id)
            .where(indexed.c.user_id == user_id)
        )
        if filters.conversation_id is not None:
            query = query.where(or_(c.id == filters.conversation_id, c.part_of == filters.conversation_id))
        if filters.since is not None:
            query = query.where(c.last_at >= filters.since - SLACK)
        if filters.until is not None:
            query = query.where(func.coalesce(c.zero_at, c.created_at) < filters.until + SLACK)
        least, greatest = self._run(query).one()
        if least is None:
            return 1, 0  # no entry is between them
        return max(low, least << PLACE_BITS), min(high, greatest << PLACE_BITS | (PLACES - 1))

    def _lookup(self, user_id: str, lookups: Collection[Lookup], filters: Filters, speakers: Collection[str]) -> str:
        """The condition in the index's language. Tokens consist of letters, numbers, marks and emoji: none of them is
        an operator."""
        dialect = self._connection.dialect.name
        conditions = [_any_of([mark("user", user_id)], dialect)]
        if filters.session_id is not None:
            conditions.append(_any_of([mark("session", filters.session_id)], dialect))
        if speakers:
            conditions.append(_any_of([mark("person", id) for id in speakers], dialect))
        conditions += (self._condition(lookup, dialect) for lookup in lookups)
        return _AND[dialect].join(conditions)

    def _condition(self, lookup: Lookup, dialect: str) -> str:
        token = lookup.token
        if not lookup.is_beginning:
            return _any_of([token], dialect)
        if dialect == "sqlite" and len(token) > PREFIXED and (tokens := self._tokens_beginning_with(token)):
            return _any_of(tokens, dialect)
        return _BEGINNING[dialect].format(token)

    def _tokens_beginning_with(self, beginning: str) -> list[str]:
        """The tokens in the index with this beginning; none if they are more than `SPELLED_OUT`. Naming them is faster
        in FTS5, which reads all entries of all tokens with a beginning before it returns the first entry."""
        tokens: list[str] = []
        token = self._run(_NEXT_TOKEN, {"first": beginning}).scalar()
        while token and token.startswith(beginning):
            tokens.append(token)
            if len(tokens) > SPELLED_OUT:
                return []
            token = self._run(_NEXT_TOKEN, {"first": f"{token}\x01"}).scalar()
        return tokens


def _any_of(tokens: Collection[str], dialect: str) -> str:
    return f"({_OR[dialect].join(map(_TOKEN[dialect].format, tokens))})"
