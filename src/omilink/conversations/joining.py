"""Joins and splits conversations as their user wishes, where the clocks decided wrongly, and takes it back.

A stored conversation stays what was said on one clock. Joining makes it a part of another one, which shows its words;
so later words, retries and records find it as before, and undoing a join is exact. Splitting moves messages to a new
stored conversation on the same clock, and both keep the second where the clock was cut.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from omilink.clock import Millis
from omilink.conversations import parts, wholes
from omilink.conversations.batch import Batch, unit_of_work
from omilink.errors import CannotJoin, CannotSplit, NotFound, NothingToUndo
from omilink.models.by_hand import Act
from omilink.models.conversation import Conversation, title_of
from omilink.models.event import ConversationChanged, ConversationDeleted
from omilink.models.ids import new_id
from omilink.models.message import LEFT_OUT, Message
from omilink.models.summary import details_of
from omilink.models.whole import place_shown
from omilink.search import index

MOST_MEMBERS = 50
"""Stored conversations that are shown as one, since all of them are read for each event."""

NOT_COPIED = dict.fromkeys(("omi_id", "omi_title", "user_title", "summary", "emoji", "category", "details"))
"""What OMI and the user say of a conversation stays with its first part when it is split."""

_Ids = dict[str, str]
"""The new id of each message by its old one."""
Members = Sequence[Conversation]
"""The stored conversations that are shown as one: first the one with the id, then its parts."""


class _Cut(NamedTuple):
    """The two conversations that a stored one was cut into, and the new ids of the messages of the second."""

    left: Conversation
    gone: Conversation
    ids: _Ids


class _Division(NamedTuple):
    """The stored conversations that stay in a whole and those that leave it, with the new ids of the messages of the
    latter. `pieces`: the new stored conversations, each with the one that it was cut off from."""

    left: list[Conversation]
    gone: list[Conversation]
    ids: _Ids
    pieces: dict[str, str]


@unit_of_work
def join(batch: Batch, conversation_id: str, other_id: str, user_id: str) -> None:
    """Makes the other conversation a part of the first one, at the time when it was said. Raises NotFound, and
    CannotJoin for a conversation with itself and for too many."""
    if conversation_id == other_id:
        raise CannotJoin("A conversation cannot be joined to itself. Send the id of another one as other_id.")
    whole, other = wholes.locked(batch.tx, user_id, conversation_id, other_id)
    if len(whole) + len(other) > MOST_MEMBERS:
        raise CannotJoin(f"One conversation is made of at most {MOST_MEMBERS}. Leave some of them by themselves.")
    _join(batch, user_id, whole, other, (other[0].clock_began_at - whole[0].clock_began_at) / 1000)


def join_as_recorded(batch: Batch, conversation_id: str, other_id: str, user_id: str, offset: float) -> None:
    """Makes the other conversation a part of the first one, since OMI's record has both as one. Its user can take it
    back, and no record joins them again. `offset`: as `attach` has it."""
    whole, other = wholes.locked(batch.stored(), user_id, conversation_id, other_id)
    if len(whole) + len(other) <= MOST_MEMBERS:
        _join(batch, user_id, whole, other, offset)


def _join(batch: Batch, user_id: str, whole: Members, other: Members, offset: float) -> None:
    act = Act(kind="join", other=other[0].id, members=[one.id for one in other])
    attach(batch, user_id, [_noted(whole[0], act), *whole[1:]], other, offset)


@unit_of_work
def split(batch: Batch, conversation_id: str, message_id: str, user_id: str) -> str:
    """Makes the message and all later ones in spoken order a new conversation, and returns its id. Raises NotFound, and
    CannotSplit when no message is before it."""
    [members] = wholes.locked(batch.tx, user_id, conversation_id)
    said = {one.id: batch.tx.all_messages(one.id) for one in members}
    place = _place_of(message_id, members, said)
    later = {one.id: _from(place, said[one.id], one) for one in members}
    if said == later:
        raise CannotSplit("No message is before this one. Send the id of a later one as message_id.")
    left, gone, ids, pieces = _divide(batch, members, said, later, place[0])
    split_off = ids[message_id].rpartition(".")[0]
    gone.sort(key=lambda one: one.id != split_off)
    act = Act(kind="split", other=split_off, offset=gone[0].hand.offset, pieces=pieces)
    together = [_with_message_ids(one, ids) for one in [_noted(left[0], act), *left[1:], *gone]]
    left, gone = parts.detach(together, [one.id for one in gone])
    for one in [*left, *gone]:
        batch.put_conversation(one)
    _lead_others(batch, user_id, members, ids)
    _tell_parted(batch, user_id, left, gone, ids)
    return split_off


def attach(batch: Batch, user_id: str, whole: Members, other: Members, offset: float) -> None:
    """Makes the other conversation, of the same user, a part of the first one, and adds the events. `offset`: where the
    clock of the other one began on the clock of the first, in seconds."""
    ids = parts.kept_ids(batch, other)
    together = parts.attach(whole, other, offset)
    moved = together[len(whole) :]
    for one in together[: len(whole)]:
        batch.put_conversation(one)
    parts.put(batch, moved)
    parts.tell_moved(batch, user_id, other[0].id, whole[0].id, ids)
    parts.announce(batch, user_id, [together[0], *moved], but_for=[whole[0].id])
    batch.add_event(user_id, ConversationDeleted(conversation_id=other[0].id))


@unit_of_work
def undo(batch: Batch, conversation_id: str, user_id: str) -> None:
    """Takes back the last act by hand on the conversation that can be taken back. Raises NotFound, and NothingToUndo
    when there is none."""
    [members] = wholes.locked(batch.tx, user_id, conversation_id)
    acts = list(members[0].hand.acts)
    while acts:
        act = acts.pop()
        before = replace(members[0], by_hand=replace(members[0].hand, acts=acts).text())
        if _undo(batch, user_id, [before, *members[1:]], act):
            return
    raise NothingToUndo(
        "No title, star, split or join of this conversation is left to undo. A corrected message gets its words back "
        "with a text of null."
    )


def _divide(
    batch: Batch,
    members: Members,
    said: Mapping[str, Sequence[Message]],
    later: Mapping[str, Sequence[Message]],
    second: float,
) -> _Division:
    """Takes the later messages out of the whole. A stored conversation without later messages stays as it is; a part
    with later messages only leaves as it is; all others are cut at this second of the whole's clock."""
    division = _Division([], [], {}, {})
    for one in members:
        if not later[one.id]:
            division.left.append(one)
        elif later[one.id] == said[one.id] and one is not members[0]:
            division.gone.append(one)
            division.ids.update((message.id, message.id) for message in said[one.id])
            batch.raise_revs([one.id])
        else:
            cut = _cut(batch, one, said[one.id], later[one.id], second - one.hand.offset)
            division.left.append(cut.left)
            division.gone.append(cut.gone)
            division.ids.update(cut.ids)
            division.pieces[cut.gone.id] = one.id
    return division


def _undo(batch: Batch, user_id: str, members: Members, act: Act) -> bool:
    """Takes the act back. False when the conversation that it was about is gone."""
    match act.kind:
        case "title":
            _put(batch, user_id, replace(members[0], user_title=act.title))
            return True
        case "starred":
            _put(batch, user_id, replace(members[0], starred=act.starred))
            return True
        case "join":
            return _undo_join(batch, user_id, members, act)
        case "split":
            return _undo_split(batch, user_id, members, act)


def _undo_join(batch: Batch, user_id: str, members: Members, act: Act) -> bool:
    if act.other not in (one.id for one in members):
        return False
    left, gone = parts.detach(members, act.members)
    gone[0] = replace(gone[0], by_hand=replace(gone[0].hand, stays_apart=True).text())
    ids = parts.kept_ids(batch, gone)
    batch.put_conversation(left[0])
    parts.put(batch, gone)
    _tell_parted(batch, user_id, left, gone, ids)
    return True


def _undo_split(batch: Batch, user_id: str, members: Members, act: Act) -> bool:
    other = batch.tx.conversation(act.other, user_id)
    if other is None:
        return False
    if other.part_of is not None:
        raise NothingToUndo("What was split off was joined to another conversation. Take that back first.")
    [_, split_off] = wholes.locked(batch.tx, user_id, members[0].id, other.id)
    attach(batch, user_id, [_with_pieces(one, act) for one in members], split_off, act.offset)
    return True


def _put(batch: Batch, user_id: str, conversation: Conversation) -> None:
    batch.put_conversation(conversation)
    batch.add_event(user_id, ConversationChanged(conversation=conversation))


def _tell_parted(batch: Batch, user_id: str, left: Members, gone: Members, ids: _Ids) -> None:
    """Adds the events after words have left a conversation. Earlier events of all its stored conversations are removed,
    so that the words of each can be deleted by themselves: each may have been a whole with words of the others. What
    is left and what left are sent anew."""
    for one in [*left, *gone]:
        batch.remove_events(user_id, one.id)
    for part in [*left[1:], *gone[1:]]:
        batch.add_event(user_id, ConversationDeleted(conversation_id=part.id))
    parts.tell_moved(batch, user_id, left[0].id, gone[0].id, ids)
    parts.announce(batch, user_id, left)
    parts.announce(batch, user_id, gone)


def _place_of(message_id: str, members: Members, said: Mapping[str, Sequence[Message]]) -> tuple[float, int]:
    found = (place_shown(message, one) for one in members for message in said[one.id] if message.id == message_id)
    place = next(found, None)
    if place is None:
        raise NotFound("There is no message of that id in this conversation.")
    return place


def _from(place: tuple[float, int], said: Sequence[Message], one: Conversation) -> Sequence[Message]:
    """The messages of the stored conversation, given in spoken order, that are shown at this place or later."""
    return said[bisect_left(said, place, key=lambda message: place_shown(message, one)) :]


def _cut(
    batch: Batch, conversation: Conversation, said: Sequence[Message], later: Sequence[Message], second: float
) -> _Cut:
    """Moves the later messages to a new conversation. `second`: where the clock is cut, or before that if the clock was
    cut later already, where this conversation begins."""
    second = max(second, -math.inf if conversation.hand.cut_from is None else conversation.hand.cut_from)
    index.forget_messages(batch.tx, later)  # the index has each message at its conversation and its number there
    new = _described(
        replace(
            conversation,
            id=new_id(),
            created_at=min(message.created_at for message in later),
            by_hand=replace(
                conversation.hand,
                cut_from=second,
                cut_of=conversation.hand.cut_of or conversation.id,
                acts=(),
            ).text(),
            message_count=len(later),
            last_seq=len(later),
            starred=False,
            **NOT_COPIED,
        ),
        later,
    )
    batch.put_conversation(new, new=True)
    by_arrival = sorted(message.seq for message in later)
    seqs = {seq: number for number, seq in enumerate(by_arrival, 1)}
    batch.stored().move_messages(conversation.id, new.id, seqs)
    rest = [message for message in said if message.seq not in seqs]
    left = _described(
        replace(
            conversation,
            by_hand=replace(conversation.hand, cut_until=second).text(),
            message_count=len(rest),
            last_at=max((message.created_at for message in rest), default=_at(conversation, second)),
            last_order=conversation.last_order - 1,  # the later one is the current one
        ),
        rest,
    )
    ids = {f"{conversation.id}.{old}": f"{new.id}.{number}" for old, number in seqs.items()}
    return _Cut(left, new, ids)


def _at(conversation: Conversation, second: float) -> Millis:
    return conversation.clock_began_at + round(second * 1000)


def _described(conversation: Conversation, messages: Sequence[Message]) -> Conversation:
    """The conversation with what follows from its messages, after some were moved away."""
    hand = conversation.hand
    nowhere = hand.cut_until if not messages else None
    first, end = replace(conversation, first=nowhere, end=nowhere).seconds_with(messages)
    titles = [title_of(one.shown_text) for one in sorted(messages, key=lambda one: one.seq) if one.text != LEFT_OUT]
    repaired = (one for one in messages if one.source == "omi_record")
    return replace(
        conversation,
        title=conversation.title if conversation.title in titles else next(iter(titles), None),
        first=first,
        end=end,
        repaired_count=sum(len(one.text.split()) for one in repaired),
    )


def _with_message_ids(conversation: Conversation, ids: _Ids) -> Conversation:
    if conversation.details is None:
        return conversation
    return replace(conversation, details=details_of(conversation.details).with_message_ids(ids).text())


def _lead_others(batch: Batch, user_id: str, members: Members, ids: _Ids) -> None:
    """Other conversations may lead to the moved messages, since OMI's record may be about several. They do not show
    these messages now, but may show them again."""
    for session_key in {one.session_key for one in members}:
        moved_from = [one.id for one in members if one.session_key == session_key]
        for other in batch.stored().conversations_that_lead_to(session_key, user_id, moved_from):
            if other.id not in moved_from:
                batch.put_conversation(_with_message_ids(other, ids))


def _with_pieces(conversation: Conversation, act: Act) -> Conversation:
    return replace(conversation, by_hand=conversation.hand.with_pieces(act.pieces).text())


def _noted(conversation: Conversation, act: Act) -> Conversation:
    return replace(conversation, by_hand=conversation.hand.with_act(act).text())
