"""The unit of work for a batch of calls, which are loaded and written together in few statements."""

from collections.abc import Iterable, Iterator, Sequence

from omilink.clock import DAY, Millis
from omilink.conversations import segmentation
from omilink.conversations.batch import Batch
from omilink.database.store import Transaction
from omilink.models.conversation import Conversation
from omilink.models.delivery import Delivery
from omilink.models.ids import SHARED, new_id, session_key
from omilink.models.message import Message, Segment
from omilink.models.omi_account import Challenge
from omilink.models.recording import OffRecord
from omilink.models.session import PAST, OmiSession

MINUTE = 60.0
LATEST_UNPLACED = 50
"""Newest messages among which a message without a place is looked up by its number."""
NEAR_MOST = 20
"""Conversations of a session that are compared with a call: more than its devices can have open at once, and few enough
to compare each call with all of them."""


class DeliveryBatch(Batch):
    """A batch that has loaded everything that these deliveries with their segments may change. `gap` is the seconds of
    silence that end a conversation, `since` a time before everything that the calls tell of."""

    def __init__(
        self,
        tx: Transaction,
        gap: float,
        calls: Sequence[tuple[Delivery, Sequence[Segment]]],
        since: Millis | None = None,
    ) -> None:
        super().__init__(tx)
        self.gap = gap
        self.words_filled_in = 0
        """Words that only records have, less those that came live after all."""
        self.deliveries = [delivery for delivery, _ in calls]
        self._minutes: dict[str, set[int]] = {}
        self._unplaced_seen: set[str] = set()
        self._traces: dict[str, dict[int, str]] = {}
        self._session_keys: dict[str, Sequence[str]] = {}
        self._load_sessions()  # locks the sessions, so that everything read after it stays true
        self.load_proofs()
        self._existing_users = tx.existing_users({delivery.origin for delivery in self.deliveries} - {SHARED})
        self._load_pauses(since)
        self._load_conversations()
        self.load_messages(calls)

    def _load_sessions(self) -> None:
        """Loads the sessions of the calls, and those whose ids are uids of the calls: their locks keep proofs from
        changing."""
        keys = {delivery.session_key for delivery in self.deliveries}
        self._sessions = self.tx.sessions(keys | {session_key(SHARED, uid) for uid in self._uids()})
        self._uids_shown = self.tx.uids_shown(keys)

    def load_proofs(self) -> None:
        """Loads the users for whom the calls' uids are verified, and the open challenges for these uids."""
        counted = min(map(self.accepted, self.deliveries), default=0)
        self.verified, asked = self.tx.proofs(self._uids(), counted)
        self._challenges = self.tx.challenges(asked, counted)

    def _load_pauses(self, since: Millis | None) -> None:
        users = {user for each in self._sessions.values() for user in (each.user_id, each.left_user_id) if user}
        users |= {*self.verified.values(), *(delivery.origin for delivery in self.deliveries)} - {SHARED}
        users |= {challenge.user_id for challenge in self._challenges}  # theirs by what the call says
        before = min((delivery.received_at for delivery in self.deliveries), default=0) - DAY
        counted = min(map(self.accepted, self.deliveries), default=0) - DAY
        self._off_record = self.tx.off_record(users, before if since is None else since, counted)
        self._not_kept: dict[str, list[Millis]] = {}

    def _load_conversations(self) -> None:
        keys = {key for delivery in self.deliveries for key in self.session_keys(delivery)}
        since = min((delivery.received_at for delivery in self.deliveries), default=0) - segmentation.BACKLOG_LIMIT
        near = self.tx.conversations_near(keys, since)
        if elsewhere := {one.session_key for one in near} - self._sessions.keys():
            self._sessions |= self.tx.sessions(elsewhere)  # locks them too
            near = self.tx.conversations_near(keys, since)
        self._conversations = {key: {} for key in keys}
        for conversation in sorted(near, key=_by_last_words):
            of_session = self._conversations[conversation.session_key]
            of_session[conversation.id] = conversation
            if len(of_session) > NEAR_MOST:
                del of_session[next(iter(of_session))]

    def load_messages(self, calls: Iterable[tuple[Delivery, Sequence[Segment]]]) -> None:
        """Loads the messages of the loaded conversations that have the key of one of these segments."""
        keys = {
            (conversation_id, segment.key)
            for delivery, segments in calls
            for key in self.session_keys(delivery)
            for conversation_id in self._conversations[key]
            for segment in segments
        }
        self._keep_stored(self.tx.known_messages(keys).values())

    def _uids(self) -> set[str]:
        return {uid for delivery in self.deliveries for uid in (delivery.uid, delivery.session_id) if uid}

    # reading

    def session(self, delivery: Delivery) -> OmiSession:
        """The delivery's session; a new, unsaved one if omilink has not seen the session before."""
        return self._sessions.get(delivery.session_key) or OmiSession(
            omi_session_id=delivery.session_id, origin=delivery.origin, created_at=delivery.received_at
        )

    def session_keys(self, delivery: Delivery) -> Sequence[str]:
        """The key of the delivery's session, and of those with the same id at the other address that may have
        conversations of the owner: OMI's cloud sends each call to both addresses, and what was said is shown once."""
        if delivery.session_key not in self._session_keys:
            self._session_keys[delivery.session_key] = [delivery.session_key, *self._elsewhere(delivery)]
        return self._session_keys[delivery.session_key]

    def _elsewhere(self, delivery: Delivery) -> Iterator[str]:
        if delivery.origin == SHARED:
            verified = (self.verified.get(uid or "") for uid in (delivery.uid, delivery.session_id))
            users = {self.owner(delivery), *verified, *(one.user_id for one in self.challenges(delivery))}
            yield from (session_key(user, delivery.session_id) for user in sorted(filter(None, users)))
        else:
            yield session_key(SHARED, delivery.session_id)

    def _is_owners(self, delivery: Delivery, conversation: Conversation) -> bool:
        """Whether the conversation is the owner's for good. What a proof has taken along may be given back as long as
        it has not gone on."""
        order = conversation.brought_order
        may_leave = order is not None and conversation.last_order <= order
        owner = self.owner(delivery)
        return owner is not None and conversation.user_id == owner and not may_leave

    def accepted(self, delivery: Delivery) -> Millis:
        """When the delivery was accepted, in counted time; the present counted time if the accepting node did not know
        it."""
        return self.tx.counted() if delivery.counted_at is None else delivery.counted_at

    def owner(self, delivery: Delivery) -> str | None:
        """The owner of the delivery's words: the session's owner at the time of acceptance. None if there was no
        owner."""
        return self.session(delivery).owner_at(delivery)

    def off_record(self, delivery: Delivery) -> OffRecord | None:
        """When the owner of the delivery's words was off the record; None if that cannot concern these words."""
        return self._off_record.get(self.owner(delivery) or "") if self._off_record else None

    def off_record_of_anybody(self, delivery: Delivery) -> list[OffRecord]:
        """When users were off the record to whom the words may belong: of a call that is put into quarantine."""
        session, uids = self.session(delivery), (delivery.uid, delivery.session_id)
        users = {
            session.user_id,
            session.left_user_id,
            delivery.origin,
            *(self.verified.get(uid or "") for uid in uids),
        }
        return [self._off_record[user] for user in users if user and user in self._off_record]

    def is_account_gone(self, delivery: Delivery) -> bool:
        """Whether the delivery was accepted for an account that has been deleted, at its personal address or for a
        session of the account. Such a session still has the order at which the account lost it, and no longer the
        user's id."""
        if delivery.origin != SHARED:
            return delivery.origin not in self._existing_users
        session = self.session(delivery)
        return session.hands_at(delivery) in PAST and session.left_user_id is None

    def challenges(self, delivery: Delivery) -> list[Challenge]:
        """The open challenges for the delivery's uid; none if nothing of the delivery may be kept."""
        if not self._challenges or self.is_account_gone(delivery):
            return []
        at = self.accepted(delivery)
        asked = [one for one in self._challenges if one.uid == delivery.uid and one.expires_at > at]
        return [one for one in asked if delivery.origin in (SHARED, one.user_id)]

    def near(self, delivery: Delivery) -> list[Conversation]:
        """The session's conversations, of all owners, and the owner's at the other address, that were going on at about
        the time of the delivery. The conversation with the latest words stands last."""
        at = delivery.received_at
        near = [
            conversation
            for key in self.session_keys(delivery)
            for conversation in self._conversations[key].values()
            if (key == delivery.session_key or self._is_owners(delivery, conversation))
            and (conversation.first_order <= delivery.order or conversation.created_at < at + self.gap * 1000)
            and conversation.last_at > at - segmentation.BACKLOG_LIMIT
        ]
        return sorted(near, key=_by_last_words)[-NEAR_MOST:]

    def conversations_at(self, delivery: Delivery, since: Millis, until: Millis, most: int) -> list[Conversation]:
        """As `Transaction.conversations_at`, of the delivery's session, and the owner's at the other address."""
        own, *elsewhere = self.session_keys(delivery)
        found = self.tx.conversations_at(own, since, until, most)
        if elsewhere and self.owner(delivery):
            self.tx.sessions(elsewhere)  # locks them
            others = (one for key in elsewhere for one in self.tx.conversations_at(key, since, until, most))
            found += [one for one in others if self._is_owners(delivery, one)]
        return found

    def open_to(self, delivery: Delivery) -> list[Conversation]:
        """The conversations of `near` to which the delivery's words may be added."""
        owner = self.owner(delivery)
        return [one for one in self.near(delivery) if one.user_id == owner and not one.deleted_at]

    def unplaced(self, conversation: Conversation) -> list[Message]:
        """The newest messages of the conversation that have no place."""
        if conversation.id not in self._unplaced_seen:
            self._unplaced_seen.add(conversation.id)
            self._keep_stored(self.tx.messages(conversation.id, LATEST_UNPLACED))
        return [m for m in self._messages.get(conversation.id, {}).values() if m.start is None]

    def around(self, conversation: Conversation, start: float, until: float) -> list[Message]:
        """The conversation's messages between two seconds of its clock, with this batch's changes."""
        first, end = conversation.first, conversation.end
        if first is None or end is None or start > end or until < first:
            return []
        self._look(conversation, start, until)
        there = self._messages.get(conversation.id, {}).values()
        return [m for m in there if m.start is not None and m.start <= until and (m.end or 0.0) >= start]

    def came_live(self, conversation: Conversation, start: float, until: float) -> list[Message]:
        """Of `around`, the messages that came live. When the others were said is partly a guess."""
        return [message for message in self.around(conversation, start, until) if message.source == "omi"]

    def _look(self, conversation: Conversation, start: float, until: float) -> None:
        """Loads messages by whole minutes of the clock, each minute once: a call may ask for each of thousands of
        segments."""
        minutes = range(int(start // MINUTE), int(until // MINUTE) + 1)
        seen = self._minutes.setdefault(conversation.id, set())
        missing = [minute for minute in minutes if minute not in seen]
        if missing and conversation.id not in self._new_conversations:
            start, until = missing[0] * MINUTE, (missing[-1] + 1) * MINUTE
            self._keep_stored(self.tx.messages_around(conversation.id, start, until))
        seen.update(missing)

    def traces(self, conversation: Conversation) -> dict[int, str]:
        """The traces of the words of a deleted conversation, by the `seq` of their messages."""
        if conversation.id not in self._traces:
            self._traces[conversation.id] = self.tx.traces(conversation.id)
        return self._traces[conversation.id]

    def free_key(self, conversation: Conversation, segment: Segment, seq: int) -> str:
        """The segment's key; if another message of the conversation has the key already, the key with the new message's
        id added: a conversation that was split off has keys with the `seq`s of another one."""
        if self.message((conversation.id, segment.key)) is None:
            return segment.key
        where, _, id = segment.key.partition(":")
        return f"{where}~{conversation.id}.{seq}:{id}"

    def conversation(self, delivery: Delivery, conversation_id: str) -> Conversation:
        keys = self.session_keys(delivery)
        return next(of[conversation_id] for key in keys if conversation_id in (of := self._conversations[key]))

    # writing

    def put_conversation(self, conversation: Conversation, *, new: bool = False) -> None:
        """Counts also the words of the conversation that came live after a record had filled them in."""
        before = self._conversations.get(conversation.session_key, {}).get(conversation.id)
        if before and conversation.repaired_count < before.repaired_count:
            self.words_filled_in -= before.repaired_count - conversation.repaired_count
        super().put_conversation(conversation, new=new)

    def note_off_record(self, delivery: Delivery) -> None:
        """Counts the delivery among those with words off the record."""
        if owner := self.owner(delivery):
            self._not_kept.setdefault(owner, []).append(delivery.received_at)

    def flush(self) -> None:
        super().flush()
        for user_id, times in self._not_kept.items():
            self.tx.add_not_kept(user_id, len(times), max(times))
        self._not_kept = {}

    # beginning

    def begun(self, delivery: Delivery) -> Conversation:
        """A new conversation that begins with the delivery, without words yet."""
        session, owner = self.session(delivery), self.owner(delivery)
        return Conversation(
            id=new_id(),
            session_key=delivery.session_key,
            session_name=session.name if owner == session.user_id else None,
            user_id=owner,
            created_at=delivery.received_at,
            last_at=delivery.received_at,
            first_order=delivery.order,
            last_order=delivery.order,
            turn=session.turn,
        )

    def new_message(
        self,
        delivery: Delivery,
        conversation: Conversation,
        segment: Segment,
        seq: int,
        *,
        is_placed: bool,
        behind: float | None,
    ) -> Message:
        """The new message of a segment. A segment without a place, or one whose clock gives no place (`is_placed` is
        False), gets the position `behind`, after everything said before."""
        at = delivery.received_at
        start, end = (segment.start, segment.end) if is_placed else (None, None)
        message = Message.of(
            segment,
            conversation_id=conversation.id,
            seq=seq,
            key=self.free_key(conversation, segment, seq),
            start=start,
            end=end,
            position=(behind or 0.0) if start is None else start,
            created_at=at,
            spoken_at=conversation.spoken_at(start, at),
            versions=segment.version,
        )
        return conversation.attributed(message)


def _by_last_words(conversation: Conversation) -> tuple[int, Millis, str]:
    return conversation.last_order, conversation.last_at, conversation.id
