"""Messages."""

import math
from collections.abc import Collection

from sqlalchemy import bindparam, delete, func, insert, select, tuple_, update

from omilink.database import schema
from omilink.database.compiled import Bulk, Query
from omilink.database.dialects import item, json_list, listed, to_values
from omilink.database.rows import changing, every, first
from omilink.database.work import Work
from omilink.models.conversation import title_of
from omilink.models.message import Message

message = schema.messages

LONGEST_UTTERANCE = 1_800.0
"""Seconds. What began earlier is not looked for, so that a conversation of a day is not read from its beginning."""
# A join with the wanted keys, since SQLite scans the whole table for (a, b) IN (…).
WANTED = listed("pairs")
KNOWN = Query(
    select(message).select_from(
        WANTED.join(
            message,
            (message.c.conversation_id == item(WANTED.c.value, 0)) & (message.c.key == item(WANTED.c.value, 1)),
        )
    )
)
AROUND = Query(
    select(message)
    .where(
        message.c.conversation_id == bindparam("c"),
        message.c.position.between(bindparam("start") - LONGEST_UTTERANCE, bindparam("until")),
        message.c.end >= bindparam("start"),
    )
    .order_by(message.c.position.desc(), message.c.seq.desc())
    .limit(bindparam("most"))
)
LAST_MESSAGES = Query(
    select(message)
    .where(
        message.c.conversation_id == bindparam("c"),
        tuple_(message.c.position, message.c.seq) < tuple_(bindparam("position"), bindparam("seq")),
    )
    .order_by(message.c.position.desc(), message.c.seq.desc())
    .limit(bindparam("most"))
)
NEXT_MESSAGES = Query(
    select(message)
    .where(
        message.c.conversation_id == bindparam("c"),
        tuple_(message.c.position, message.c.seq) > tuple_(bindparam("position"), bindparam("seq")),
    )
    .order_by(message.c.position, message.c.seq)
    .limit(bindparam("most"))
)
PUT_MESSAGE = Bulk(insert(message), Message)
CHANGE_MESSAGE = Bulk(
    update(message)
    .where(message.c.conversation_id == bindparam("where_conversation_id"), message.c.key == bindparam("where_key"))
    .values(to_values(*changing(message, Message))),
    Message,
)
REMOVE_MESSAGE = Bulk(
    delete(message).where(
        message.c.conversation_id == bindparam("where_conversation_id"), message.c.key == bindparam("where_key")
    ),
    Message,
    as_json=False,
)
AROUND_MOST = 2_000
END = (math.inf, 0)
"""The place after all messages."""


class Messages(Work):
    def known_messages(self, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], Message]:
        """By (conversation id, segment key)."""
        known = KNOWN.nouns(Message, self._connection, pairs=json_list(pairs)) if pairs else ()
        return {(one.conversation_id, one.key): one for one in known}

    def messages_around(self, conversation_id: str, start: float, until: float) -> list[Message]:
        """Those said in these seconds of the conversation's clock, the last of them if there are thousands."""
        return AROUND.nouns(Message, self._connection, c=conversation_id, start=start, until=until, most=AROUND_MOST)

    def messages(self, conversation_id: str, limit: int, before: tuple[float, int] | None = None) -> list[Message]:
        """The last `limit` before (position, seq), in spoken order."""
        position, seq = before or END
        found = LAST_MESSAGES.nouns(
            Message, self._connection, c=conversation_id, position=position, seq=seq, most=limit
        )
        return found[::-1]

    def newest_messages(self, conversation_id: str, limit: int) -> list[Message]:
        """The last `limit` that came, in the order in which they came."""
        came = select(message).where(message.c.conversation_id == conversation_id)
        return every(Message, self._run(came.order_by(message.c.seq.desc()).limit(limit)))[::-1]

    def message(self, conversation_id: str, seq: int) -> Message | None:
        """The conversation's message of this number."""
        one = select(message).where(message.c.conversation_id == conversation_id, message.c.seq == seq)
        return first(Message, self._run(one))

    def messages_after(self, conversation_id: str, limit: int, after: tuple[float, int]) -> list[Message]:
        """The first `limit` after (position, seq), in spoken order."""
        position, seq = after
        return NEXT_MESSAGES.nouns(Message, self._connection, c=conversation_id, position=position, seq=seq, most=limit)

    def corrected_messages(self, conversation_id: str) -> list[Message]:
        """Those that their user has corrected, in the order in which they came."""
        theirs = (message.c.conversation_id == conversation_id) & message.c.user_text.is_not(None)
        return every(Message, self._run(select(message).where(theirs).order_by(message.c.seq)))

    def all_messages(self, conversation_id: str) -> list[Message]:
        """In spoken order."""
        spoken = select(message).where(message.c.conversation_id == conversation_id)
        return every(Message, self._run(spoken.order_by(message.c.position, message.c.seq)))

    def is_begun_before(self, conversation_id: str, seq: int, title: str) -> bool:
        """Whether a message that came before the one of this number would give the conversation this title."""
        begun = title.removesuffix("…")
        shown = func.coalesce(message.c.user_text, message.c.text)
        earlier = select(shown).where(
            message.c.conversation_id == conversation_id,
            message.c.seq < seq,
            func.substr(shown, 1, len(begun)) == begun,
        )
        return any(title_of(text) == title for text in self._run(earlier).scalars())

    def remove_messages(self, messages: Collection[Message]) -> None:
        """Removes the rows; nothing is left of them. A retry of one is not recognised any more."""
        REMOVE_MESSAGE.run(self._connection, messages)

    def put_messages(self, new: Collection[Message], changed: Collection[Message]) -> None:
        PUT_MESSAGE.run(self._connection, new)
        CHANGE_MESSAGE.run(self._connection, changed)
