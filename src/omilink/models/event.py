"""The events that a user's streams send: each kind is a class that declares what the event carries and what a client
does with it, and is listed in `LiveEvent`. Their JSON, /openapi.json, the clients' types and docs/reference/events.md
follow from these declarations.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Struct

from omilink.models.action_item import ListedItem
from omilink.models.conversation import Conversation
from omilink.models.day_summary import DaySummary
from omilink.models.declaration import Shown, ShownAs
from omilink.models.message import Message
from omilink.models.person import Person
from omilink.models.recording import Recording
from omilink.models.session import Session, UnlinkReason

WhySignedOut = Literal["signed_out", "expired", "account_deleted"]


class Event(Struct, frozen=True, kw_only=True, gc=False):
    """An event as a user's log keeps it. `data` is the JSON text; `seq` counts the user's events from 1.
    `conversation_id` is set when the event is about that conversation."""

    user_id: str
    seq: int = 0
    conversation_id: str | None = None
    data: str


class Content(Struct, frozen=True, kw_only=True, gc=False, tag_field="type"):
    """What an event says. Each kind is a class; its tag is the `type` in the JSON."""


class Connected(Content, frozen=True, tag="connected"):
    """Always first."""

    cursor: Shown[str]
    resumed: Shown[bool]


class Reset(Content, frozen=True, tag="reset"):
    """Your cursor cannot be honoured. Forget what is shown; an `update` follows."""

    reason: Shown[Literal["cursor_too_old", "cursor_unknown"]]


class CurrentConversation(Struct, frozen=True, kw_only=True, gc=False):
    """The newest 50 messages, in spoken order, and the cursor from which the stream goes on without a gap."""

    ok: Shown[Literal[True]] = True
    conversation: Shown[Conversation | None]
    messages: Shown[Sequence[Message]]
    session_id: Shown[str | None]
    cursor: Shown[str]


class Update(CurrentConversation, Content, frozen=True, tag="update"):
    """The answer of `/conversations/current`. Replace what is shown."""


class CaughtUp(Content, frozen=True, tag="caught_up"):
    """Everything missed has come. Show "live"."""


class OfConversation(Content, frozen=True):
    conversation: Shown[Conversation]

    @property
    def conversation_id(self) -> Annotated[str, ShownAs(before="conversation")]:
        return self.conversation.id


class ConversationChanged(OfConversation, frozen=True, tag="conversation_changed"):
    """It began, or came to you with a session, or something about it changed, such as its title. Replace it."""


class NewMessages(OfConversation, frozen=True, tag="new_messages"):
    """Add them; sort by `position`, then `seq`."""

    messages: Shown[Sequence[Message]]


class MessagesUpdated(OfConversation, frozen=True, tag="messages_updated"):
    """Replace by `id` where `rev` is higher."""

    messages: Shown[Sequence[Message]]


class MessagesDeleted(Content, frozen=True, tag="messages_deleted"):
    """Remove these messages. Their ids are not given again. A changed `messageCount` comes with another event."""

    conversation_id: Shown[str]
    message_ids: Shown[Sequence[str]]


class MessagesMoved(Content, frozen=True, tag="messages_moved"):
    """Conversations were split or joined, by you or by a record of OMI's. `messageIds` has the new id of each message
    by its old one; a join keeps the ids. Remove them from the conversation `from`; they follow as `new_messages` of the
    conversation `to`."""

    source: Annotated[str, ShownAs("from")]
    target: Annotated[str, ShownAs("to")]
    message_ids: Shown[dict[str, str]]


class ConversationDeleted(Content, frozen=True, tag="conversation_deleted"):
    """Remove it everywhere."""

    conversation_id: Shown[str]


class DaySummaryChanged(Content, frozen=True, tag="day_summary_changed"):
    """OMI's summary of a day came, or came again with other words. Replace it by its `date`."""

    day_summary: Shown[DaySummary]


class ActionItemChanged(Content, frozen=True, tag="action_item_changed"):
    """You added or changed an action item without a conversation. Replace it by its `id`. Items of a conversation come
    with `conversation_changed`."""

    action_item: Shown[ListedItem]


class ActionItemDeleted(Content, frozen=True, tag="action_item_deleted"):
    """An action item without a conversation was deleted. Remove it."""

    action_item_id: Shown[str]


class PersonChanged(Content, frozen=True, tag="person_changed"):
    """A person was added, named, merged, split, deleted, or one of these was undone. Replace it by its `id`; a person
    without a name is gone. Messages stay as they are: a `personId` means the person whose `ids` have it."""

    person: Shown[Person]


class SessionLinked(Content, frozen=True, tag="session_linked"):
    """A session came to you. Its earlier words, if any, follow."""

    session: Shown[Session]


class SessionUnlinked(Content, frozen=True, tag="session_unlinked"):
    """It is not yours any more, for a `reason`. What was saved stays yours."""

    session: Shown[Session]
    reason: Shown[UnlinkReason]


class SessionHealthChanged(Content, frozen=True, tag="session_health_changed"):
    """Words of the session are missing, or are not missing any more: its `health` says what is wrong and what to do.
    Replace the session by its `id`."""

    session: Shown[Session]


class SessionChanged(Content, frozen=True, tag="session_changed"):
    """You named a session. Replace it by its `id`, and the `sessionName` of its conversations."""

    session: Shown[Session]


class RecordingChanged(Content, frozen=True, tag="recording_changed"):
    """You went off the record, or back on it. Show `recording` at all times. When its `until` has passed, the `state`
    is `on`, without another event."""

    recording: Shown[Recording]


class SignedOut(Content, frozen=True, tag="signed_out"):
    """The stream closes after it. Sign in again."""

    reason: Shown[WhySignedOut]


LiveEvent = (
    Connected
    | Reset
    | Update
    | CaughtUp
    | ConversationChanged
    | NewMessages
    | MessagesUpdated
    | MessagesDeleted
    | MessagesMoved
    | ConversationDeleted
    | DaySummaryChanged
    | ActionItemChanged
    | ActionItemDeleted
    | PersonChanged
    | SessionLinked
    | SessionUnlinked
    | SessionHealthChanged
    | SessionChanged
    | RecordingChanged
    | SignedOut
)
