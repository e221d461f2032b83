"""The shapes of what a stream carries, for /openapi.json, the clients that are generated from it and the reference.

A class's docstring says what a client does with the event. tests/web/test_answers.py holds real ones against these.
"""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from omilink.models.session import UnlinkReason
from omilink.web.answers import Conversation, CurrentConversation, Done, Message, Session


class Event(TypedDict):
    """`id` is the cursor after it; the polling twin has it here, the stream in the event's `id:` line."""

    id: NotRequired[str]


class ConnectedEvent(Event):
    """Always first."""

    type: Literal["connected"]
    cursor: str
    resumed: bool


class ResetEvent(Event):
    """Your cursor cannot be honoured. Forget what is shown; an `update` follows."""

    type: Literal["reset"]
    reason: Literal["cursor_too_old", "cursor_unknown"]


class UpdateEvent(CurrentConversation, Event):
    """The answer of `/conversations/current`. Replace what is shown."""

    type: Literal["update"]


class CaughtUpEvent(Event):
    """Everything missed has come. Show "live"."""

    type: Literal["caught_up"]


class ConversationChangedEvent(Event):
    """It began, or came to you with a session."""

    type: Literal["conversation_changed"]
    conversationId: str
    conversation: Conversation


class NewMessagesEvent(Event):
    """Add them; sort by `position`, then `seq`."""

    type: Literal["new_messages"]
    conversationId: str
    conversation: Conversation
    messages: list[Message]


class MessagesUpdatedEvent(Event):
    """Replace by `id` where `rev` is higher."""

    type: Literal["messages_updated"]
    conversationId: str
    conversation: Conversation
    messages: list[Message]


class ConversationDeletedEvent(Event):
    """Remove it everywhere."""

    type: Literal["conversation_deleted"]
    conversationId: str


class SessionLinkedEvent(Event):
    """A session came to you. Its earlier words, if any, follow."""

    type: Literal["session_linked"]
    session: Session


class SessionUnlinkedEvent(Event):
    """It is not yours any more, for a `reason`. What was saved stays yours."""

    type: Literal["session_unlinked"]
    session: Session
    reason: UnlinkReason


class SignedOutEvent(Event):
    """The stream closes after it. Sign in again."""

    type: Literal["signed_out"]
    reason: Literal["signed_out", "expired", "account_deleted"]


LiveEvent = (
    ConnectedEvent
    | ResetEvent
    | UpdateEvent
    | CaughtUpEvent
    | ConversationChangedEvent
    | NewMessagesEvent
    | MessagesUpdatedEvent
    | ConversationDeletedEvent
    | SessionLinkedEvent
    | SessionUnlinkedEvent
    | SignedOutEvent
)


class PolledEvents(Done):
    """The polling twin's answer."""

    events: list[LiveEvent]
    cursor: str
    more: bool
