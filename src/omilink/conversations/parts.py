"""Makes stored conversations parts of another one, and releases them again. Each moves as it is: what comes for it
later is added to it, wherever it is shown."""

from collections.abc import Mapping, Sequence
from itertools import count

from msgspec.structs import replace

from omilink.conversations import wholes
from omilink.conversations.batch import Batch
from omilink.conversations.wholes import SNAPSHOT
from omilink.models.conversation import Conversation
from omilink.models.event import ConversationChanged, ConversationDeleted, MessagesMoved, NewMessages

IDS_AT_ONCE = 500
"""Ids of messages in one event."""


def attach(whole: Sequence[Conversation], other: Sequence[Conversation], offset: float) -> list[Conversation]:
    """The stored conversations of both, the first being the whole and all others its parts. `offset`: where the clock
    of the other one began on the clock of the whole, in seconds."""
    numbers = count(max(one.hand.number for one in whole) + 1)
    return [
        replace(whole[0], has_parts=True),
        *whole[1:],
        *(_part(one, whole[0].id, one.hand.offset + offset, next(numbers)) for one in other),
    ]


def detach(members: Sequence[Conversation], ids: Sequence[str]) -> tuple[list[Conversation], list[Conversation]]:
    """The stored conversations of a whole without those with these ids, and those, as parts of the one with the first
    id."""
    gone = {one.id: one for one in members if one.id in ids}
    first, *others = (gone[id] for id in ids if id in gone)
    left = [one for one in members if one.id not in gone]
    left[0] = replace(left[0], has_parts=len(left) > 1)
    by = first.hand.offset
    parts = (_part(one, first.id, one.hand.offset - by, number) for number, one in enumerate(others, 1))
    return left, [_alone(first, has_parts=bool(others)), *parts]


def release(batch: Batch, conversation: Conversation) -> Conversation:
    """Ends what its user has joined with the stored conversation, which is about to leave its user. Returns it. Earlier
    events of all members are removed, since each may have been a whole with words of the others."""
    if not conversation.is_joined:
        return conversation
    assert conversation.user_id
    user_id, whole_id = conversation.user_id, conversation.shown_id
    [members] = wholes.locked(batch.stored(), user_id, whole_id)
    alone = _alone(next(one for one in members if one.id == conversation.id))
    batch.put_conversation(alone)
    for one in members:
        batch.remove_events(user_id, one.id)
    if alone.id == whole_id:
        batch.add_event(user_id, ConversationDeleted(conversation_id=whole_id))
        others = [_alone(one) for one in members[1:]]
        put(batch, others)
        for one in others:
            announce(batch, user_id, [one])
    else:
        others = [one for one in members if one.id != alone.id]
        for part in others[1:]:
            batch.add_event(user_id, ConversationDeleted(conversation_id=part.id))
        tell_moved(batch, user_id, whole_id, alone.id, kept_ids(batch, [alone]))
        announce(batch, user_id, others)
    return alone


def put(batch: Batch, moved: Sequence[Conversation]) -> None:
    """Writes the conversations, whose messages are shown elsewhere from now on and get a higher `rev`."""
    for one in moved:
        batch.put_conversation(one)
    batch.raise_revs([one.id for one in moved])


def announce(batch: Batch, user_id: str, members: Sequence[Conversation], *, but_for: Sequence[str] = ()) -> None:
    """Adds events with a conversation and all its messages, except those of the parts `but_for`."""
    batch.add_event(user_id, ConversationChanged(conversation=members[0]))
    for one in members:
        if one.id not in but_for:
            messages = batch.stored().all_messages(one.id)
            for at in range(0, len(messages), SNAPSHOT):
                batch.add_event(user_id, NewMessages(conversation=one, messages=messages[at : at + SNAPSHOT]))


def tell_moved(batch: Batch, user_id: str, source: str, target: str, message_ids: Mapping[str, str]) -> None:
    """Adds events with the old and the new id of each message that moved."""
    ids = list(message_ids.items())
    for at in range(0, len(ids), IDS_AT_ONCE):
        some = dict(ids[at : at + IDS_AT_ONCE])
        batch.add_event(user_id, MessagesMoved(source=source, target=target, message_ids=some))


def kept_ids(batch: Batch, members: Sequence[Conversation]) -> dict[str, str]:
    """The ids of all messages of these conversations, which keep them."""
    return {id: id for one in members for id in batch.stored().message_ids(one.id)}


def _part(conversation: Conversation, whole_id: str, offset: float, number: int) -> Conversation:
    by_hand = replace(conversation.hand, offset=round(offset, 3), number=number).text()
    return replace(conversation, part_of=whole_id, has_parts=False, by_hand=by_hand)


def _alone(conversation: Conversation, *, has_parts: bool = False) -> Conversation:
    by_hand = replace(conversation.hand, offset=0.0, number=0).text()
    return replace(conversation, part_of=None, has_parts=has_parts, by_hand=by_hand)
