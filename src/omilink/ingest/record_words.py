"""The words of the conversations that OMI's record describes, as they were said: on one clock and in one order."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from omilink.conversations.repair import Comparison, Repair
from omilink.database.store import Transaction
from omilink.models.conversation import Conversation
from omilink.models.message import Message


class Words(NamedTuple):
    """`said`: the messages as they are stored, in spoken order. `offsets`: by conversation, where its clock began on
    the clock of the first one, in seconds."""

    said: Sequence[Message]
    offsets: Mapping[str, float]

    def on_one_clock(self) -> list[Message]:
        """The messages with their seconds on the clock of the first conversation."""
        return [_moved(message, self.offsets[message.conversation_id]) for message in self.said]


def words_of(tx: Transaction, living: Sequence[Conversation], record: Comparison) -> Words:
    """The words of these conversations. Where omilink has cut one conversation of a session, the record's times tell
    how the clocks differ. Otherwise one conversation comes after the other."""
    said = {one.id: tx.all_messages(one.id) for one in sorted(living, key=_place)}
    offsets = dict.fromkeys(said, 0.0)
    if len(living) > 1 and is_of_one_session(living):
        shifts = {id: record.repair(messages).shift for id, messages in said.items()}
        offsets = {id: round(shift - shifts[living[0].id], 3) for id, shift in shifts.items()}
    together = [message for messages in said.values() for message in messages]
    if len(living) > 1 and is_of_one_session(living):
        together.sort(key=lambda message: message.position + offsets[message.conversation_id])
    return Words(together, offsets)


def with_cut_off(
    tx: Transaction, living: Sequence[Conversation], others: Sequence[Conversation], record: Comparison
) -> list[Conversation]:
    """The conversations, with those of the others that have words of the same record: all their letters stand in it, at
    about their time, where it has no words of the conversations before."""
    if not others or not is_of_one_session(living):
        return list(living)
    found = list(living)
    for other in others:
        alone = _compared(tx, [other], record)
        if 0 < alone.said == alone.matched:
            before, together = (_compared(tx, each, record).matched for each in (found, [*found, other]))
            if together == before + alone.said and not record.is_given_up():
                found.append(other)
    return found


def is_of_one_session(living: Sequence[Conversation]) -> bool:
    """Whether these conversations were heard under one session id, and none of them was split by its user."""
    return len({one.omi_session_id for one in living}) == 1 and not any(one.is_split for one in living)


def _compared(tx: Transaction, living: Sequence[Conversation], record: Comparison) -> Repair:
    return record.repair(words_of(tx, living, record).on_one_clock())


def _place(conversation: Conversation) -> tuple[int, float, str]:
    cut_from = conversation.hand.cut_from
    return conversation.first_order, -math.inf if cut_from is None else cut_from, conversation.id


def _moved(message: Message, offset: float) -> Message:
    if not offset:
        return message
    start = None if message.start is None else message.start + offset
    end = None if message.end is None else message.end + offset
    return replace(message, start=start, end=end, position=message.position + offset)
