"""What the search index holds: the tokens of each text of each user.

An entry is a text: a message, or of a conversation the title, the summary, a section of the summary, the names of the
participants, an action item or an appointment. Its id is the number of the conversation in the index, and within it the
place of the text, so that ids grow as texts come. SQLite keeps tokens in an FTS5 table, PostgreSQL in a tsvector. Both
hold tokens without their order, and no texts: docs/decisions/0022-search.md.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select, text, update

from omilink.database import schema
from omilink.database.compiled import Command, Query
from omilink.database.dialects import among, json_list, upsert
from omilink.database.work import Work
from omilink.models.conversation import Conversation
from omilink.models.ids import digest
from omilink.models.message import NOBODY

indexed = schema.search_conversations
waiting = schema.search_waiting
conversation = schema.conversations
message = schema.messages
meta = schema.meta

PLACE_BITS = 24
"""The bits of an entry's id that are the place of the text."""
PLACES = 1 << PLACE_BITS
TITLE, SUMMARY = PLACES - 1, PLACES - 2
PARTICIPANTS, SPEAKER = PLACES - 3, PLACES - 4
SECTIONS = range(PLACES - 1_024, SPEAKER)
ACTION_ITEMS = range(PLACES - 8_192, PLACES - 1_024)
EVENTS = range(PLACES - 9_216, PLACES - 8_192)
"""The places of the texts that are not messages. The place of a message is its `seq`. No entry has the place
`SPEAKER`: `search/find` compares the names of speakers itself."""
MERGED_AT_ONCE = 64
"""Pages that SQLite merges in one transaction. It takes about 20 ms, during which no other transaction can write."""
ERASURE, DUE, RUNNING, DUE_AGAIN = "search_erasure", "due", "running", "due again"
"""The row of `meta` that says whether removed words are still in the pages of the index, and its values."""


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

    def entry_id(self, place: int) -> int:
        return self.number << PLACE_BITS | place

    def holds(self, place: int) -> bool:
        """Whether the index holds the text at this place. Other texts are added with the first messages."""
        return self.reached is not None and (place <= self.reached or not is_message(place))


class Change(NamedTuple):
    """Adds an entry, or removes it. `tokens` are separated by spaces. SQLite needs them for both."""

    entry_id: int
    adds: bool
    tokens: str


class Said(NamedTuple):
    """What the index holds of a message."""

    conversation_id: str
    seq: int
    shown_text: str
    speaking_person_id: str | None


_INDEXED = Query(
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

# FTS5 removes entries by an INSERT with a command, and writes less when ids are in order.
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
_MERGE = text("INSERT INTO search_index (search_index, rank) VALUES ('merge', :pages)")
_CHANGED = text("SELECT total_changes()")


class SearchIndex(Work):
    def indexed(self, conversation_ids: Collection[str]) -> dict[str, Indexed]:
        """Those of the conversations that are in the index, by conversation id."""
        rows = _INDEXED.run(self._connection, ids=json_list(conversation_ids)) if conversation_ids else ()
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
        """Removes the marks of the conversations."""
        _UNMARK.run(self._connection, ids=json_list(conversation_ids))

    def is_index_behind(self) -> bool:
        """Whether a conversation is marked as waiting."""
        return self._run(select(waiting.c.number).limit(1)).first() is not None

    def lock_waiting(self, messages: int) -> list[str]:
        """The ids of the newest marked conversations: enough to have this number of messages that the index does not
        hold, or all. Until the end of the transaction no other transaction changes these conversations."""
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
        """Removes and adds entries. The new tokens of an entry are two changes: a removal and an addition."""
        if not changes:
            return
        if self._connection.dialect.name == "sqlite":
            rows = [(None if change.adds else "delete", change.entry_id, change.tokens) for change in sorted(changes)]
            self._connection.exec_driver_sql(_CHANGE_SQLITE, rows)
            return
        removed = [change.entry_id for change in changes if not change.adds]
        added = [(change.entry_id, change.tokens) for change in changes if change.adds]
        if removed:
            self._run(_REMOVE_POSTGRESQL, {"removed": json_list(removed)})
        if added:
            self._run(_ADD_POSTGRESQL, {"added": json_list(added)})

    def note_erasure(self) -> None:
        """Notes that words were removed from the index and have to leave its pages too."""
        if self._connection.dialect.name == "sqlite":
            self._set_erasure(DUE if self._erasure() in (None, DUE) else DUE_AGAIN)

    def is_erasure_due(self) -> bool:
        """Whether `erase_index` has something to do."""
        return self._connection.dialect.name == "sqlite" and self._erasure() is not None

    def erase_index(self) -> bool:
        """Does a part of the erasure that is due, in one short transaction. Returns whether there is more to do. Only
        for SQLite, whose FTS5 keeps removed words until all segments of the index are merged; PostgreSQL reuses the
        space in its own time."""
        erasure = self._erasure()
        if erasure is None:
            return False
        if erasure == DUE:
            self._set_erasure(RUNNING)
            self._run(_MERGE, {"pages": -MERGED_AT_ONCE})  # negative: begins to merge all segments into one
            return True
        if self._merges_more():
            return True
        self._set_erasure(DUE if erasure == DUE_AGAIN else None)
        return erasure == DUE_AGAIN

    def _merges_more(self) -> bool:
        """Merges some pages. Returns whether some were left: after the last one FTS5 changes fewer than two rows."""
        before = self._run(_CHANGED).scalar_one()
        self._run(_MERGE, {"pages": MERGED_AT_ONCE})
        changed: int = self._run(_CHANGED).scalar_one() - before
        return changed >= 2

    def _erasure(self) -> str | None:
        value: str | None = self._run(select(meta.c.value).where(meta.c.name == ERASURE)).scalar()
        return value

    def _set_erasure(self, value: str | None) -> None:
        self._run(delete(meta).where(meta.c.name == ERASURE))
        if value:
            self._run(insert(meta).values(name=ERASURE, value=value))


def is_message(place: int) -> bool:
    """Whether the text at this place of a conversation is a message."""
    return place < EVENTS.start


@lru_cache(4096)
def mark(kind: str, id: str) -> str:
    """The token of all entries of a user, a session or a person. No word is equal to a mark."""
    return f"¤{digest(kind, id)}"
