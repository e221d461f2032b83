"""The search index: which tokens stand in which texts of which user.

An entry is a text: a message, or of a conversation the title, the summary, a section of the summary, the names of the
participants, an action item or an appointment. Its id is the number of the conversation in the index, and within it the
place of the text, so that ids grow as texts come. SQLite keeps tokens in an FTS5 table, PostgreSQL in a tsvector. Both
hold tokens without their order, and no texts: docs/decisions/0022-search.md.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Integer, bindparam, cast, delete, func, insert, or_, select, text, update

from omilink.clock import Millis
from omilink.database import schema
from omilink.database.compiled import Command, Query
from omilink.database.dialects import among, item, json_list, listed, plan_each_time, upsert
from omilink.database.work import Work
from omilink.models.conversation import Conversation
from omilink.models.ids import digest
from omilink.models.message import NOBODY, Message

indexed = schema.search_conversations
waiting = schema.search_waiting
conversation = schema.conversations
message = schema.messages
meta = schema.meta

PLACE_BITS = 24
"""Of an entry's id."""
PLACES = 1 << PLACE_BITS
TITLE, SUMMARY = PLACES - 1, PLACES - 2
PARTICIPANTS, SPEAKER = PLACES - 3, PLACES - 4
SECTIONS = range(PLACES - 1_024, SPEAKER)
ACTION_ITEMS = range(PLACES - 8_192, PLACES - 1_024)
EVENTS = range(PLACES - 9_216, PLACES - 8_192)
"""The places of the texts that are no messages. The place of a message is its `seq`. No entry has the place of a
speaker, whose name `search/find` compares."""
NEWEST = 10**18 - 1
"""No entry has a greater id. Cursors have as many digits."""
MERGED_AT_ONCE = 64
"""Pages that SQLite merges in one transaction: some 20 ms, in which others cannot write."""
PREFIXED = 3
"""Characters of the longest beginning for which FTS5 has an index."""
SPELLED_OUT = 32
"""Tokens with the same beginning that are asked for one by one."""
ERASURE, DUE, RUNNING, DUE_AGAIN = "search_erasure", "due", "running", "due again"
"""A name in meta, and its values."""
SLACK: Millis = 3_600_000
"""Milliseconds by which a clock may be set while a conversation goes on."""


class Indexed(NamedTuple):
    """A conversation in the index, with what is stored of its titles and summary. `reached`: the index holds the
    messages up to this `seq`; None when it holds nothing of the conversation yet. `waits`: it is marked to be added."""

    number: int
    conversation_id: str
    user_id: str
    reached: int | None
    waits: int | None
    session_key: str
    title: str | None = None
    omi_title: str | None = None
    user_title: str | None = None
    emoji: str | None = None
    summary: str | None = None
    details: str | None = None

    @property
    def omi_session_id(self) -> str:
        return self.session_key.partition("/")[2]

    def entry(self, place: int) -> int:
        return self.number << PLACE_BITS | place

    def holds(self, place: int) -> bool:
        """What is no message is added with the first messages."""
        return self.reached is not None and (place <= self.reached or not is_message(place))


class Change(NamedTuple):
    """Adds an entry, or takes it away. `tokens` has a space between two. SQLite needs them for both."""

    entry: int
    adds: bool
    tokens: str


class Said(NamedTuple):
    """What the index holds of a message."""

    conversation_id: str
    seq: int
    shown_text: str
    speaking_person_id: str | None


class Found(NamedTuple):
    """An entry that has all tokens, and the text of a message."""

    entry: int
    conversation_id: str
    text: str | None

    @property
    def place(self) -> int:
        return self.entry & (PLACES - 1)


class Lookup(NamedTuple):
    """A token, or the beginning of one."""

    token: str
    is_beginning: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """What an entry must have beside the tokens, where it is not None. `since` and `until`: the time when it was said
    or, for a title or a summary, when the conversation began; `until` is excluded. `person_id`: who speaks
    (`search/find` knows which ids mean the same person). Sessions and people are marks in the index, the others are
    asked of the tables."""

    since: Millis | None = None
    until: Millis | None = None
    session_id: str | None = None
    conversation_id: str | None = None
    person_id: str | None = None


INDEXED = Query(
    select(
        indexed.c.number,
        indexed.c.conversation_id,
        indexed.c.user_id,
        indexed.c.reached,
        waiting.c.number.label("waits"),
        conversation.c.session_id,
        conversation.c.title,
        conversation.c.omi_title,
        conversation.c.user_title,
        conversation.c.emoji,
        conversation.c.summary,
        conversation.c.details,
    )
    .join(conversation, conversation.c.id == indexed.c.conversation_id, isouter=True)
    .join(waiting, waiting.c.number == indexed.c.number, isouter=True)
    .where(among(indexed.c.conversation_id, "ids"))
)
_MESSAGES_LEFT = conversation.c.last_seq - func.coalesce(indexed.c.reached, 0)
_WAITING = Query(
    select(indexed.c.conversation_id, conversation.c.session_id, _MESSAGES_LEFT.label("messages"))
    .join(waiting, waiting.c.number == indexed.c.number)
    .join(conversation, conversation.c.id == indexed.c.conversation_id)
    .order_by(waiting.c.number.desc())
    .limit(bindparam("most"))
)
_NOT_HELD = Query(
    select(
        message.c.conversation_id,
        message.c.seq,
        func.coalesce(message.c.user_text, message.c.text).label("shown_text"),
        func.nullif(func.coalesce(message.c.user_person_id, message.c.person_id), NOBODY).label("person_id"),
    )
    .select_from(indexed.join(message, message.c.conversation_id == indexed.c.conversation_id))
    .where(among(indexed.c.conversation_id, "ids"), message.c.seq > func.coalesce(indexed.c.reached, 0))
    .order_by(indexed.c.number.desc(), message.c.seq)
    .limit(bindparam("most"))
)
_NUMBERS = select(indexed.c.number).where(among(indexed.c.conversation_id, "ids"))
_MARK = Command(upsert(waiting).from_select(["number"], _NUMBERS).on_conflict_do_nothing())
_UNMARK = Command(delete(waiting).where(waiting.c.number.in_(_NUMBERS)))
_SET_REACHED = update(indexed).where(indexed.c.conversation_id == bindparam("id")).values(reached=bindparam("seq"))
_WANTED = listed("pairs")
_HAS_INDEX = "INDEXED BY ix_messages_conversation_id_seq"
"""SQLite, which has no statistics, would read the whole conversation."""
_BY_SEQ = Query(
    select(message)
    .select_from(
        _WANTED.join(
            message,
            (message.c.conversation_id == item(_WANTED.c.value, 0))
            & (message.c.seq == cast(item(_WANTED.c.value, 1), Integer)),
        )
    )
    .with_hint(message, _HAS_INDEX, "sqlite")
)
_CONVERSATIONS = Query(select(conversation).where(among(conversation.c.id, "ids")))

# FTS5 takes entries away by an INSERT with a command, and writes less when ids come in order.
_CHANGE_SQLITE = "INSERT INTO search_index (search_index, rowid, tokens) VALUES (?, ?, ?)"
_ADD_POSTGRESQL = text(
    "INSERT INTO search_index (entry, tokens) SELECT (value ->> 0)::bigint, "
    "array_to_tsvector(string_to_array(value ->> 1, ' ')) FROM json_array_elements((:added)::json) AS value "
    "ON CONFLICT (entry) DO UPDATE SET tokens = excluded.tokens"
)
_REMOVE_POSTGRESQL = text(
    "DELETE FROM search_index WHERE entry IN "
    "(SELECT value::bigint FROM json_array_elements_text((:removed)::json) AS value)"
)
# CROSS JOIN makes SQLite read the index first, from the newest entry, and stop at the limit.
_FIND = (
    "SELECT {entry} AS entry, s.conversation_id, coalesce(m.user_text, m.text) "
    "FROM search_index CROSS JOIN search_conversations AS s CROSS JOIN conversations AS c "
    "LEFT JOIN messages AS m{by_seq} "
    "ON m.conversation_id = s.conversation_id AND m.seq = ({entry} & :mask) "
    "WHERE {matches} AND {entry} BETWEEN :low AND :high "
    "AND s.number = ({entry} >> :bits) AND c.id = s.conversation_id "
    "AND c.user_id = :user_id AND c.deleted_at IS NULL{filters} ORDER BY {entry} DESC LIMIT :most"
)
_ENTRY = {"sqlite": "search_index.rowid", "postgresql": "search_index.entry"}
_BY_SEQ_INDEX = {"sqlite": f" {_HAS_INDEX}", "postgresql": ""}
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
_MERGE = text("INSERT INTO search_index (search_index, rank) VALUES ('merge', :pages)")
_CHANGED = text("SELECT total_changes()")
_NEXT_TOKEN = text("SELECT term FROM search_index_tokens WHERE term >= :first LIMIT 1")


class Search(Work):
    def indexed(self, conversation_ids: Collection[str]) -> dict[str, Indexed]:
        """By conversation id, those that are in the index."""
        rows = INDEXED.run(self._connection, ids=json_list(conversation_ids)) if conversation_ids else ()
        return {row.conversation_id: Indexed(*row) for row in rows}

    def indexed_of(self, user_id: str) -> list[str]:
        """The ids of the user's conversations in the index."""
        return list(self._run(select(indexed.c.conversation_id).where(indexed.c.user_id == user_id)).scalars())

    def put_indexed(self, conversations: Collection[Conversation]) -> None:
        """Adds the conversations to the index, without their texts."""
        self._many(insert(indexed), ({"conversation_id": one.id, "user_id": one.user_id} for one in conversations))

    def remove_indexed(self, conversation_id: str) -> None:
        """Removes the conversation from the index; its entries must have been removed."""
        self.unmark_waiting([conversation_id])
        self._run(delete(indexed).where(indexed.c.conversation_id == conversation_id))

    def mark_waiting(self, conversation_ids: Collection[str]) -> None:
        """Marks the conversations of the index as having texts that the index does not hold."""
        if conversation_ids:
            _MARK.run(self._connection, ids=json_list(conversation_ids))

    def unmark_waiting(self, conversation_ids: Collection[str]) -> None:
        _UNMARK.run(self._connection, ids=json_list(conversation_ids))

    def is_index_behind(self) -> bool:
        """Whether a conversation is marked as waiting."""
        return self._run(select(waiting.c.number).limit(1)).first() is not None

    def lock_waiting(self, messages: int) -> list[str]:
        """The ids of the newest conversations that wait: as many as have this number of messages that the index does
        not hold, or all. Nobody else changes them until the end of the transaction."""
        rows, left = [], messages
        for row in _WAITING.run(self._connection, most=messages):
            rows.append(row)
            left -= row.messages
            if left <= 0:
                break
        self._lock([row.session_id for row in rows])
        return [row.conversation_id for row in rows]

    def messages_not_held(self, conversation_ids: Collection[str], most: int) -> list[Said]:
        """At most `most` messages that the index does not hold: those of the newest of these conversations first, and
        within a conversation in the order in which they came."""
        rows = _NOT_HELD.run(self._connection, ids=json_list(conversation_ids), most=most)
        return [Said(*row) for row in rows]

    def set_reached(self, reached: Mapping[str, int]) -> None:
        """Notes up to which `seq` the index holds the messages of each conversation."""
        self._many(_SET_REACHED, ({"id": id, "seq": seq} for id, seq in reached.items()))

    def change_index(self, changes: Collection[Change]) -> None:
        if not changes:
            return
        if self._connection.dialect.name == "sqlite":
            rows = [(None if one.adds else "delete", one.entry, one.tokens) for one in sorted(changes)]
            self._connection.exec_driver_sql(_CHANGE_SQLITE, rows)
            return
        removed = [one.entry for one in changes if not one.adds]
        added = [(one.entry, one.tokens) for one in changes if one.adds]
        if removed:
            self._run(_REMOVE_POSTGRESQL, {"removed": json_list(removed)})
        if added:
            self._run(_ADD_POSTGRESQL, {"added": json_list(added)})

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
    ) -> list[Found]:
        """The newest `most` entries from `low` to `high` that have all tokens, newest first: of the user's
        conversations, and of no other. `speakers`: ids of people of whom one has to speak; without any, anybody may."""
        wanted = {name: value for name in _FILTERS if (value := getattr(filters, name)) is not None}
        if wanted:
            low, high = self._bounds(user_id, filters, low, high)
        dialect = self._connection.dialect.name
        conditions = "".join(f" AND {_FILTERS[name]}" for name in wanted)
        query = _FIND.format(
            entry=_ENTRY[dialect], matches=_MATCHES[dialect], by_seq=_BY_SEQ_INDEX[dialect], filters=conditions
        )
        asked = wanted | {"user_id": user_id, "low": low, "high": high, "most": most}
        asked |= {"lookup": self._lookup(user_id, lookups, filters, speakers), "bits": PLACE_BITS}
        plan_each_time(self._connection)
        rows = self._run(text(query), asked | {"mask": PLACES - 1})
        return [Found(*row) for row in rows]

    def conversations_by_id(self, conversation_ids: Collection[str]) -> dict[str, Conversation]:
        """Whosever they are."""
        found = _CONVERSATIONS.nouns(Conversation, self._connection, ids=json_list(conversation_ids))
        return {one.id: one for one in found}

    def messages_of(self, found: Collection[Found]) -> dict[tuple[str, int], Message]:
        """The messages of these entries, by conversation id and `seq`."""
        pairs = json_list([(one.conversation_id, one.place) for one in found])
        messages = _BY_SEQ.nouns(Message, self._connection, pairs=pairs)
        return {(one.conversation_id, one.seq): one for one in messages}

    def note_erasure(self) -> None:
        """Notes that words were removed from the index and have to leave its pages too."""
        if self._connection.dialect.name == "sqlite":
            self._set_erasure(DUE if self._erasure() in (None, DUE) else DUE_AGAIN)

    def is_erasure_due(self) -> bool:
        return self._connection.dialect.name == "sqlite" and self._erasure() is not None

    def erase_index(self) -> bool:
        """Does a bounded part of what is noted to be erased. True when there is more. Only in SQLite, whose FTS5 keeps
        what was removed until all segments of the index are merged; PostgreSQL reuses the space in its own time."""
        erasure = self._erasure()
        if erasure is None:
            return False
        if erasure == DUE:
            self._set_erasure(RUNNING)
            self._run(_MERGE, {"pages": -MERGED_AT_ONCE})  # negative: begins to merge all segments into one
            return True
        before = self._run(_CHANGED).scalar_one()
        self._run(_MERGE, {"pages": MERGED_AT_ONCE})
        if self._run(_CHANGED).scalar_one() - before < 2:  # as FTS5 tells that nothing is left to merge
            self._set_erasure(DUE if erasure == DUE_AGAIN else None)
            return erasure == DUE_AGAIN
        return True

    def _erasure(self) -> str | None:
        found: str | None = self._run(select(meta.c.value).where(meta.c.name == ERASURE)).scalar()
        return found

    def _set_erasure(self, value: str | None) -> None:
        self._run(delete(meta).where(meta.c.name == ERASURE))
        if value:
            self._run(insert(meta).values(name=ERASURE, value=value))

    def _lookup(self, user_id: str, lookups: Collection[Lookup], filters: Filters, speakers: Collection[str]) -> str:
        """What the index is asked. Tokens consist of letters, numbers, marks and emoji: none of them is an operator."""
        dialect = self._connection.dialect.name
        marks = [("user", user_id), ("session", filters.session_id)]
        asked = [_TOKEN[dialect].format(mark(kind, id)) for kind, id in marks if id is not None]
        if speakers:
            asked.append(self._any(dialect, [mark("person", id) for id in speakers]))
        return _AND[dialect].join([*asked, *(self._asked(dialect, one) for one in lookups)])

    def _asked(self, dialect: str, one: Lookup) -> str:
        if not one.is_beginning:
            return _TOKEN[dialect].format(one.token)
        if dialect == "sqlite" and len(one.token) > PREFIXED and (begun := self._begun(one.token)):
            return self._any(dialect, begun)
        return _BEGINNING[dialect].format(one.token)

    def _any(self, dialect: str, tokens: Collection[str]) -> str:
        return f"({_OR[dialect].join(map(_TOKEN[dialect].format, tokens))})"

    def _begun(self, beginning: str) -> list[str]:
        """The tokens of the index that begin so; none if they are more than `SPELLED_OUT`. FTS5 reads all entries of
        such tokens before it gives the first one, if it is asked for the beginning."""
        found: list[str] = []
        token = self._run(_NEXT_TOKEN, {"first": beginning}).scalar()
        while token and token.startswith(beginning):
            found.append(token)
            if len(found) > SPELLED_OUT:
                return []
            token = self._run(_NEXT_TOKEN, {"first": f"{token}\x01"}).scalar()
        return found

    def _bounds(self, user_id: str, filters: Filters, low: int, high: int) -> tuple[int, int]:
        """Of the entries of those conversations that can pass the filters, so that the others are not read."""
        c = conversation.c
        numbers = select(func.min(indexed.c.number), func.max(indexed.c.number)).join(
            conversation, c.id == indexed.c.conversation_id
        )
        query = numbers.where(indexed.c.user_id == user_id)
        if filters.conversation_id is not None:
            query = query.where(or_(c.id == filters.conversation_id, c.part_of == filters.conversation_id))
        if filters.since is not None:
            query = query.where(c.last_at >= filters.since - SLACK)
        if filters.until is not None:
            query = query.where(func.coalesce(c.zero_at, c.created_at) < filters.until + SLACK)
        least, greatest = self._run(query).one()
        if least is None:
            return 1, 0
        return max(low, least << PLACE_BITS), min(high, greatest << PLACE_BITS | (PLACES - 1))


def is_message(place: int) -> bool:
    return place < EVENTS.start


@lru_cache(4096)
def mark(kind: str, id: str) -> str:
    """The token that entries of a user, a session or a person have. No word is equal to it."""
    return f"¤{digest(kind, id)}"
