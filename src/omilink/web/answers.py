"""The shapes of the contract's answers and events, for /openapi.json and the clients that are generated from it.

The answers are made elsewhere, at once as JSON; tests/web/test_answers.py holds real ones against these. A class's
docstring becomes the type's comment in the JavaScript client.
"""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

Role = Literal["USER", "ASSISTANT", "SYSTEM", "TOOL"]


class Error(TypedDict):
    """`error` is stable, `message` says what happened and what to do."""

    ok: Literal[False]
    error: str
    message: str


class Done(TypedDict):
    ok: Literal[True]


class User(TypedDict):
    id: str
    email: str
    displayName: str | None
    createdAt: str


class SignedIn(Done):
    """`session_token` goes into the Authorization header; a browser has it as a cookie already."""

    session_token: str
    user: User


class OmiLink(TypedDict):
    """An OMI account of the user's."""

    omiUserId: str
    isVerified: bool
    verifiedAt: str


class Me(Done):
    user: User
    omi_links: list[OmiLink]


class PersonalUrl(Done):
    """`url` holds a secret: whoever has it can post words to the user. `previousValidUntil`: until when the one before
    works too."""

    url: str
    createdAt: str
    previousValidUntil: str | None


class SignIn(TypedDict):
    """One place where the user is signed in. `client` is what signed in, as it calls itself."""

    id: str
    client: str | None
    createdAt: str
    expiresAt: str
    current: bool


class SignIns(Done):
    sessions: list[SignIn]


class Revoked(Done):
    revoked: int


class EarlierConversations(TypedDict):
    """`since`: when the first of them began."""

    conversations: int
    since: str | None


class Earlier(TypedDict):
    """What was nobody's before the link: what could still come along, and what came."""

    waiting: EarlierConversations
    brought: EarlierConversations


class OmiAccount(OmiLink):
    """How it was proven, and what was heard before."""

    proof: Literal["spoken", "typed", "issued", "operator"]
    earlier: Earlier


class PendingProof(TypedDict):
    omiUserId: str
    expiresAt: str


class OmiAccounts(Done):
    """`pending`: what is to be proven still. `canPush`: whether the server can send numbers to phones."""

    omi_links: list[OmiAccount]
    pending: list[PendingProof]
    canPush: bool


class OneOmiAccount(Done):
    omi_link: OmiAccount
    moved: NotRequired[int]


class OmiPush(Done):
    """Whether a number is on its way to the phone; if not, why, in plain words."""

    pushed: bool
    notPushed: str | None
    expiresAt: str


class OmiLinkStart(OmiPush):
    """`say` is the sentence; null when nothing is left to prove."""

    say: str | None


class Health(TypedDict):
    """What is the case, in plain words, and what to do about it, if anything."""

    status: Literal["ok", "waiting", "quiet", "failing", "suspended"]
    message: str
    nextStep: str | None


class Jobs(TypedDict):
    waiting: int
    failed: int


class Session(TypedDict):
    """A wearable's stream of words, as one user sees it. `method` is how it came to its owner."""

    id: str
    linked: bool
    method: Literal["uid", "manual", "issued", "personal"] | None
    linkedAt: str | None
    lastSeenAt: str | None
    hasConversations: bool
    messagesSaved: NotRequired[int]
    health: NotRequired[Health]
    lastWebhookAt: NotRequired[str | None]
    jobs: NotRequired[Jobs]
    streamsOpen: NotRequired[int]


class OneSession(Done):
    session: Session


class Sessions(Done):
    sessions: list[Session]


class Conversation(TypedDict):
    id: str
    title: str | None
    summary: str | None
    createdAt: str
    startedAt: str
    lastMessageAt: str
    messageCount: int
    omiSessionKey: str
    source: str


class Message(TypedDict):
    """One segment of speech. In spoken order `position` ascends, then `seq`; `rev` grows when the segment changes, and
    a lower one is older news."""

    id: str
    conversationId: str
    role: Role
    text: str
    source: str
    createdAt: str
    spokenAt: str
    speaker: str | None
    isUser: bool
    start: float | None
    end: float | None
    position: float
    seq: int
    rev: int


class CurrentConversation(Done):
    """The newest 50 messages, in spoken order, and the cursor from which the stream goes on without a gap."""

    conversation: Conversation | None
    messages: list[Message]
    sessionId: str | None
    cursor: str


class Conversations(Done):
    """`nextCursor` leads to the next older page; null when there is none."""

    items: list[Conversation]
    nextCursor: str | None


class Messages(Done):
    """`nextCursor` leads to the next older page; null when there is none."""

    items: list[Message]
    nextCursor: str | None


class OneConversation(Done):
    conversation: Conversation


class Ticket(Done):
    ticket: str
    expiresAt: str


class Event(TypedDict):
    """`id` is the cursor after it; the polling twin has it here, the stream in the event's `id:` line."""

    id: NotRequired[str]


class ConnectedEvent(Event):
    type: Literal["connected"]
    cursor: str
    resumed: bool


class ResetEvent(Event):
    """The given cursor cannot be honoured; an `update` follows."""

    type: Literal["reset"]
    reason: Literal["cursor_too_old", "cursor_unknown"]


class UpdateEvent(CurrentConversation, Event):
    """Replace what is shown."""

    type: Literal["update"]


class CaughtUpEvent(Event):
    type: Literal["caught_up"]


class ConversationChangedEvent(Event):
    type: Literal["conversation_changed"]
    conversationId: str
    conversation: Conversation


class MessagesEvent(Event):
    """New messages, or some with a higher `rev`, to be replaced in place."""

    type: Literal["new_messages", "messages_updated"]
    conversationId: str
    conversation: Conversation
    messages: list[Message]


class ConversationDeletedEvent(Event):
    """Remove it everywhere."""

    type: Literal["conversation_deleted"]
    conversationId: str


class SessionLinkedEvent(Event):
    type: Literal["session_linked"]
    session: Session


class SessionUnlinkedEvent(Event):
    type: Literal["session_unlinked"]
    session: Session
    reason: str


class SignedOutEvent(Event):
    """The stream ends with it."""

    type: Literal["signed_out"]
    reason: str


LiveEvent = (
    ConnectedEvent
    | ResetEvent
    | UpdateEvent
    | CaughtUpEvent
    | ConversationChangedEvent
    | MessagesEvent
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


REFUSALS: dict[int | str, dict[str, Any]] = {
    "default": {"model": Error, "description": "What happened, and what to do"},
    422: {"model": Error, "description": "The content does not fit"},
}
"""What every route may answer instead."""


def of(shape: type[Any], status: int = 200) -> dict[int | str, dict[str, Any]]:
    """What a route says of its answer."""
    return {status: {"model": shape}}
