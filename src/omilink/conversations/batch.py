"""The unit of work: gathers what one transaction reads and changes, and writes the changes together."""

from collections.abc import Callable, Collection, Iterable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from msgspec.structs import replace

from omilink.clock import Millis
from omilink.conversations import wholes
from omilink.conversations.traces import trace_of
from omilink.database.store import Transaction
from omilink.models.audit import AuditEntry
from omilink.models.conversation import Conversation, title_of
from omilink.models.event import Content, Event, MessagesDeleted, OfConversation
from omilink.models.ids import SHARED, check_id, session_key
from omilink.models.json import event_of, json_text, without_item
from omilink.models.message import Message
from omilink.models.session import OmiSession
from omilink.search import index

P = ParamSpec("P")
T = TypeVar("T")

MessageKey = tuple[str, str]
"""Conversation id and segment key."""


def unit_of_work(use_case: Callable[Concatenate["Batch", P], T]) -> Callable[Concatenate[Transaction, P], T]:
    """Turns a use case that takes a batch into one that takes a transaction, and writes the batch's changes when the
    use case returns."""

    @wraps(use_case)
    def run(tx: Transaction, /, *args: P.args, **kwargs: P.kwargs) -> T:
        batch = Batch(tx)
        result = use_case(batch, *args, **kwargs)
        batch.flush()
        return result

    return run


class Batch:
    """The only writer of sessions, the uids that sessions have shown, conversations, messages, events and the audit.

    `flush` writes what was put, shown, added and noted, and removes messages. A query that has to see the changes goes
    to `stored`, which writes them first. Other removals are not held: `remove_events` removes at once,
    `remove_uids_shown` and `remove_words` write all changes and then remove.
    """

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.users: set[str] = set()
        """The ids of the users whose streams have new events."""
        self.messages_added = 0
        self._sessions: dict[str, OmiSession] = {}
        self._uids_shown: dict[str, set[str]] = {}
        self._conversations: dict[str, dict[str, Conversation]] = {}
        self._messages: dict[str, dict[str, Message]] = {}
        self._forget_changes()

    def stored(self) -> Transaction:
        """The transaction, after all changes of this batch have been written to it."""
        self.flush()
        return self.tx

    # sessions

    def find_session(self, omi_session_id: str, at: Millis, origin: str = SHARED) -> OmiSession:
        """The session; a new, unsaved one if omilink has not seen the session before. A writing transaction locks the
        session, so that no other transaction creates it. Raises Invalid when the id has no valid form."""
        check_id(omi_session_id, "session_id")
        key = session_key(origin, omi_session_id)
        if key not in self._sessions:
            self._sessions |= self.tx.sessions([key])
        return self._sessions.get(key) or OmiSession(omi_session_id=omi_session_id, origin=origin, created_at=at)

    def put_session(self, session: OmiSession) -> None:
        self._sessions[session.id] = session
        self._changed_sessions[session.id] = session

    def put_alarm(self, session: OmiSession) -> None:
        """Holds the session's alarm. Unlike `put_session` this is no sign of a call."""
        self._sessions[session.id] = session
        self._changed_alarms[session.id] = session

    def show_uid(self, session: OmiSession, uid: str | None) -> None:
        """Notes that a call of the session showed the uid. The uids that the session has shown must have been
        loaded."""
        if session.origin == SHARED and uid and uid not in self._uids_shown.setdefault(session.id, set()):
            self._uids_shown[session.id].add(uid)
            self._new_uids.append((session.id, uid))

    def remove_uids_shown(self, session: OmiSession) -> None:
        """Writes all changes, then removes the uids that the session has shown, except the session's own id."""
        self.stored().remove_uids_shown(session)
        self._uids_shown.pop(session.id, None)

    # conversations and messages

    def put_conversation(self, conversation: Conversation, *, new: bool = False) -> None:
        of_session = self._conversations.setdefault(conversation.session_key, {})
        fresh = new or conversation.id in self._new_conversations
        if fresh or conversation.id in of_session:
            of_session[conversation.id] = conversation
        (self._new_conversations if fresh else self._changed_conversations)[conversation.id] = conversation

    def set_session_name(self, session: OmiSession, user_id: str) -> None:
        """Writes all changes, then sets the session's name in all conversations that the user has of it."""
        self.stored().set_session_name(session.id, user_id, session.name)
        of_session = self._conversations.get(session.id, {})
        for one in of_session.values():
            if one.user_id == user_id and not one.deleted_at:
                of_session[one.id] = replace(one, session_name=session.name)

    def message(self, key: MessageKey) -> Message | None:
        conversation_id, segment_key = key
        return self._messages.get(conversation_id, {}).get(segment_key)

    def put_message(self, message: Message, *, new: bool = False) -> None:
        key = (message.conversation_id, message.key)
        self._keep([message])
        fresh = new or key in self._new_messages
        (self._new_messages if fresh else self._changed_messages)[key] = message

    def remove_message(self, message: Message) -> None:
        """Removes the message: nothing is left of it, in the search index neither. Its `seq` is not given again; the
        conversation's `message_count` and events about the removal are the caller's."""
        key = (message.conversation_id, message.key)
        self._messages.get(message.conversation_id, {}).pop(message.key, None)
        self._changed_messages.pop(key, None)
        if self._new_messages.pop(key, None) is None:
            self._removed_messages[key] = message

    def is_first_of_its_words(self, message: Message) -> bool:
        """Whether the message is the first of its conversation with this beginning, so that the title is its own. The
        question is rare, so the database answers it."""
        if message.seq == 1:
            return True
        return not self.stored().is_begun_before(message.conversation_id, message.seq, title_of(message.shown_text))

    def raise_revs(self, conversation_ids: Collection[str]) -> None:
        """Writes all changes, then gives every message of these conversations a higher `rev`."""
        self.stored().raise_revs(conversation_ids)
        for id in conversation_ids:
            self._keep([replace(message, rev=message.rev + 1) for message in self._messages.get(id, {}).values()])

    def remove_words(self, conversation: Conversation) -> None:
        """Writes all changes, then deletes the conversation's words, as `Transaction.remove_words` does. Traces of them
        stay."""
        index.forget(self.stored(), [conversation.id])
        key, messages = self.tx.trace_key(), self.tx.all_messages(conversation.id)
        self.tx.put_traces(conversation.id, {one.seq: trace_of(one.text, key) for one in messages if one.text})
        self.tx.remove_words(conversation)
        self._messages.pop(conversation.id, None)

    # events and the audit

    def add_event(self, user_id: str, content: Content) -> None:
        """Adds an event for the user's streams. An event about a conversation that is shown together with others gets
        its words when everything else has been written."""
        is_of_joined = isinstance(content, OfConversation) and content.conversation.is_joined
        if is_of_joined or isinstance(content, MessagesDeleted):
            self._events.append((user_id, content))
        else:
            self._events.append(event_of(user_id, content))
        self.users.add(user_id)

    def remove_events(self, user_id: str, conversation_id: str) -> None:
        """Removes at once the user's stored events that carry words of the conversation."""
        self.tx.remove_events(user_id, conversation_id)

    def remove_events_that_begin(self, user_id: str, beginning: str) -> None:
        """Removes at once the user's stored events whose JSON text begins so."""
        self.tx.remove_events_that_begin(user_id, beginning)

    def remove_item_from_events(self, user_id: str, conversation_id: str, item_id: str) -> None:
        """Removes at once the action item with this id, as it is shown, from the user's stored events about the
        conversation."""
        for event in self.tx.events_with(user_id, conversation_id, json_text({"id": item_id}).strip("{}")):
            self.tx.rewrite_event(without_item(event, item_id))

    def note(self, entry: AuditEntry) -> None:
        self._entries.append(entry)

    def is_noted(self, session_key: str, rule: str, uid: str | None) -> bool:
        """Whether the audit has an entry with this session, rule and uid."""
        noted = any((one.session_key, one.rule, one.uid) == (session_key, rule, uid) for one in self._entries)
        return noted or self.tx.is_audited(session_key, rule, uid)

    # writing

    def flush(self) -> None:
        """Writes all changes, in the order in which rows depend on one another."""
        self.tx.put_sessions(self._changed_sessions.values())
        self.tx.put_alarms(self._changed_alarms.values())
        self.tx.add_uids_shown(self._new_uids)
        conversations = self._new_conversations.values(), self._changed_conversations.values()
        messages = self._new_messages.values(), self._changed_messages.values()
        index.update(
            self.tx,
            new_conversations=self._new_conversations.values(),
            conversations=self._changed_conversations.values(),
            new_messages=self._new_messages.values(),
            messages=self._changed_messages.values(),
            removed_messages=self._removed_messages.values(),
        )
        self.tx.put_conversations(*conversations)
        self.tx.remove_messages(self._removed_messages.values())
        self.tx.put_messages(*messages)
        for entry in self._entries:
            self.tx.add_audit_entry(entry)
        self.tx.add_events(self._finished_events())
        self.messages_added += len(self._new_messages)
        self._forget_changes()

    def _finished_events(self) -> list[Event]:
        """The events, with conversations as they are shown. Parts of a conversation may belong to sessions that other
        transactions hold. So what is shown is read under the lock of the user's log: the last event says it all."""
        if any(isinstance(one, tuple) for one in self._events):
            self.tx.lock_logs({one.user_id if isinstance(one, Event) else one[0] for one in self._events})
        return [
            one if isinstance(one, Event) else event_of(one[0], wholes.for_streams(self.tx, *one))
            for one in self._events
        ]

    def _keep_stored(self, messages: Iterable[Message]) -> None:
        """Keeps the loaded messages that the batch neither has yet nor has removed: the batch's own versions are
        newer."""
        keys = self._removed_messages
        known = ((m.conversation_id, m.key) for m in messages)
        self._keep([m for m, key in zip(messages, known, strict=True) if key not in keys and self.message(key) is None])

    def _keep(self, messages: Collection[Message]) -> None:
        for message in messages:
            self._messages.setdefault(message.conversation_id, {})[message.key] = message

    def _forget_changes(self) -> None:
        self._changed_sessions: dict[str, OmiSession] = {}
        self._changed_alarms: dict[str, OmiSession] = {}
        self._new_uids: list[tuple[str, str]] = []
        self._new_conversations: dict[str, Conversation] = {}
        self._changed_conversations: dict[str, Conversation] = {}
        self._new_messages: dict[MessageKey, Message] = {}
        self._changed_messages: dict[MessageKey, Message] = {}
        self._removed_messages: dict[MessageKey, Message] = {}
        self._events: list[Event | tuple[str, Content]] = []
        self._entries: list[AuditEntry] = []
