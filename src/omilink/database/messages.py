"""Messages."""

import math
from collections import Counter
from collections.abc import Collection, Mapping

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Double,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    literal_column,
    select,
    tuple_,
    update,
)

from omilink.database import schema
from omilink.database.compiled import Bulk, Query
from omilink.database.dialects import among, item, json_list, listed, to_values
from omilink.database.rows import changing, every, first
from omilink.database.work import Work
from omilink.models.conversation import Conversation, title_of
from omilink.models.message import Message, message_id
from omilink.models.whole import SEQS

message = schema.messages

LONGEST_UTTERANCE = 1_800.0
"""Seconds. What began earlier is not looked for, so that a conversation of a day is not read from its beginning."""
# A join with the wanted keys, since SQLite scans the whole table for (a, b) IN (…).
WANTED = listed("pairs")
_OF_WANTED = WANTED.join(
    message, (message.c.conversation_id == item(WANTED.c.value, 0)) & (message.c.key == item(WANTED.c.value, 1))
)
KNOWN = Query(select(message).select_from(_OF_WANTED))
COUNT_KNOWN = Query(
    select(message.c.conversation_id, func.count().label("known"))
    .select_from(_OF_WANTED)
    .group_by(message.c.conversation_id)
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
_MEMBERS = listed("members")
_OF_MEMBERS = _MEMBERS.join(message, message.c.conversation_id == item(_MEMBERS.c.value, 0))
_SHOWN_POSITION = message.c.position + cast(item(_MEMBERS.c.value, 1), Double)
_SHOWN_SEQ = message.c.seq + cast(item(_MEMBERS.c.value, 2), BigInteger)
LAST_OF_WHOLE = Query(
    select(message)
    .select_from(_OF_MEMBERS)
    .where(tuple_(_SHOWN_POSITION, _SHOWN_SEQ) < tuple_(bindparam("position"), bindparam("seq")))
    .order_by(_SHOWN_POSITION.desc(), _SHOWN_SEQ.desc())
    .limit(bindparam("most"))
)
NEXT_OF_WHOLE = Query(
    select(message)
    .select_from(_OF_MEMBERS)
    .where(tuple_(_SHOWN_POSITION, _SHOWN_SEQ) > tuple_(bindparam("position"), bindparam("seq")))
    .order_by(_SHOWN_POSITION, _SHOWN_SEQ)
    .limit(bindparam("most"))
)
ALL_MESSAGES = Query(
    select(message).where(message.c.conversation_id == bindparam("c")).order_by(message.c.position, message.c.seq)
)


class Move(Struct, frozen=True, kw_only=True, gc=False):
    """A message that moves to another conversation, and its number there."""

    conversation_id: str
    number: int
    target: str
    seq: int


MOVE_MESSAGE = Bulk(
    update(message)
    .where(message.c.conversation_id == bindparam("where_conversation_id"), message.c.seq == bindparam("where_number"))
    .values(conversation_id=bindparam("to_target"), seq=bindparam("to_seq"), rev=message.c.rev + literal_column("1")),
    Move,
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

    def count_known(self, pairs: Collection[tuple[str, str]]) -> Counter[str]:
        """By conversation, how many messages with these (conversation id, segment key) there are. No pair comes
        twice."""
        known = COUNT_KNOWN.run(self._connection, pairs=json_list(pairs)) if pairs else ()
        return Counter({row.conversation_id: row.known for row in known})

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

    def messages_of_whole(
        self, members: Collection[Conversation], limit: int, before: tuple[float, int] | None = None
    ) -> list[Message]:
        """The last `limit` of these conversations together that are shown before (position, seq), as they are stored,
        in spoken order."""
        position, seq = before or END
        places = _places_of(members)
        found = LAST_OF_WHOLE.nouns(Message, self._connection, members=places, position=position, seq=seq, most=limit)
        return found[::-1]

    def messages_of_whole_after(
        self, members: Collection[Conversation], limit: int, after: tuple[float, int]
    ) -> list[Message]:
        """The first `limit` of these conversations together that are shown after (position, seq), as they are stored,
        in spoken order."""
        position, seq = after
        places = _places_of(members)
        return NEXT_OF_WHOLE.nouns(Message, self._connection, members=places, position=position, seq=seq, most=limit)

    def move_messages(self, conversation_id: str, to: str, seqs: Mapping[int, int]) -> None:
        """Moves the messages with these `seq`s to another conversation of the same clock, where they get the other
        `seq`s and a higher `rev`."""
        moves = [Move(conversation_id=conversation_id, number=old, target=to, seq=new) for old, new in seqs.items()]
        MOVE_MESSAGE.run(self._connection, moves)

    def raise_revs(self, conversation_ids: Collection[str]) -> None:
        """Gives every message of these conversations a higher `rev`."""
        self._run(
            update(message).where(among(message.c.conversation_id, "ids")).values(rev=message.c.rev + 1),
            {"ids": json_list(conversation_ids)},
        )

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
        return ALL_MESSAGES.nouns(Message, self._connection, c=conversation_id)

    def message_ids(self, conversation_id: str) -> list[str]:
        """Of all messages, in spoken order."""
        seqs = select(message.c.seq).where(message.c.conversation_id == conversation_id)
        found = self._run(seqs.order_by(message.c.position, message.c.seq)).scalars()
        return [message_id(conversation_id, seq) for seq in found]

    def person_ids(self, conversation_id: str, speaker: str) -> set[str | None]:
        """Whom OMI takes the speaker of the conversation for, in each of the speaker's messages; empty when nobody of
        that name speaks."""
        said = (message.c.conversation_id == conversation_id) & (message.c.speaker == speaker)
        return set(self._run(select(message.c.person_id).where(said).distinct()).scalars())

    def has_message(self, conversation_id: str, text: str) -> bool:
        """Whether a message of the conversation has exactly this text, as it was heard."""
        such = (message.c.conversation_id == conversation_id) & (message.c.text == text)
        return bool(self._run(select(literal(1)).where(such).limit(1)).scalar())

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


def _places_of(members: Collection[Conversation]) -> str:
    """What is added to the positions and to the seqs of their messages, where these are shown."""
    return json_list((one.id, repr(one.hand.offset), str(one.hand.number * SEQS)) for one in members)
