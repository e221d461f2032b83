"""The shapes of the contract's answers, for /openapi.json and the clients that are generated from it.

The answers are made elsewhere, at once as JSON; tests/web/test_answers.py holds real ones against these. The docstrings
become comments in the JavaScript client and, for what a stream carries, the tables of docs/reference/events.md.
"""

from collections.abc import Sequence
from typing import Any, Literal, NotRequired

from pydantic import with_config
from typing_extensions import TypedDict

documented = with_config(use_attribute_docstrings=True)
"""The sentence after a field says what it is."""

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
    """`say` is the sentence; `heard` what came last that is close to it, if anything did."""

    omiUserId: str
    say: str
    heard: str | None
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


@documented
class Session(TypedDict):
    """A wearable's stream of words, as one user sees it."""

    id: str
    """The `session_id` of the webhook."""
    linked: bool
    """Whether it is yours."""
    method: Literal["uid", "manual", "issued", "personal"] | None
    """How it came to you."""
    linkedAt: str | None
    lastSeenAt: str | None
    """When it last called."""
    hasConversations: bool
    messagesSaved: NotRequired[int]
    notKept: NotRequired[int]
    """How many of its calls were not kept, since the account's budget of a day was used up."""
    unreadable: NotRequired[int]
    """How many pieces of what it sent could not be read and are not kept."""
    health: NotRequired[Health]
    """`status`, `message` and `nextStep`, in plain words."""
    lastWebhookAt: NotRequired[str | None]
    jobs: NotRequired[Jobs]
    """How many calls are `waiting` to be saved, and how many have `failed`."""
    streamsOpen: NotRequired[int]
    """How many of your streams are open."""


class OneSession(Done):
    session: Session


class Sessions(Done):
    """`nextCursor` leads to the next page; null when there is none."""

    sessions: list[Session]
    nextCursor: str | None


class IssuedSessions(Done):
    """As the user sees them, who has them from now on."""

    sessions: list[Session]


@documented
class Conversation(TypedDict):
    """What was said without a long silence."""

    id: str
    title: str | None
    summary: str | None
    createdAt: str
    startedAt: str
    """When it began."""
    lastMessageAt: str
    """When words last came, as the server's clock had it."""
    order: int
    """Grows with each call that brings it words. The conversation with the greatest is the current one."""
    messageCount: int
    """How many messages it has in all; you may hold fewer."""
    omiSessionKey: str
    """The session that it was heard in."""
    source: str
    """Where it comes from."""


@documented
class Message(TypedDict):
    """One segment of speech. Times are ISO 8601 in UTC, here as everywhere."""

    id: str
    """The same for as long as the message lives."""
    conversationId: str
    role: Role
    """What wearables hear is `USER`."""
    text: str
    """Text, never markup."""
    source: str
    """Where it comes from."""
    createdAt: str
    """When it was saved."""
    spokenAt: str
    """When it was said."""
    speaker: str | None
    """As the wearable names them: `SPEAKER_1`."""
    isUser: bool
    """Whether the wearer speaks."""
    start: float | None
    """Seconds on the wearable's clock."""
    end: float | None
    position: float
    """Spoken order: ascending `position`, then ascending `seq`."""
    seq: int
    rev: int
    """Grows when the segment changes; a lower one is older news."""


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


class Alive(Done):
    pass


class Ready(Done):
    """`parts` says of each part that it is "ok"."""

    parts: dict[str, str]
    streamsOpen: int
    jobs: dict[str, int]


Responses = dict[int | str, dict[str, Any]]

MEANINGS = {
    400: "The request cannot be read",
    401: "Not signed in, or a wrong password or secret",
    403: "A proof is needed, or the page may not act for the user",
    404: "Not there, or not yours",
    409: "It is taken",
    413: "The body is too large",
    415: "The body is packed or written in a way that is not taken",
    422: "The content does not fit",
    429: "Too many tries: wait as long as Retry-After says",
    503: "Nothing could be stored or read: try again after Retry-After",
}
LATER = {
    "Retry-After": {"description": "Seconds to wait", "required": True, "schema": {"type": "integer", "minimum": 1}}
}


def refusals(*statuses: int) -> Responses:
    """What a route may answer instead of what was asked for."""
    return {
        status: {"model": Error, "description": MEANINGS[status]} | ({"headers": LATER} if status in (429, 503) else {})
        for status in statuses
    }


def described(*statuses: int) -> dict[str, Any]:
    """The same, as it stands in /openapi.json."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        str(status): {name: value for name, value in told.items() if name != "model"} | {"content": content}
        for status, told in refusals(*statuses).items()
    }


REFUSALS: Responses = {"default": {"model": Error, "description": "What happened, and what to do"}, **refusals(422)}
"""What every route may answer instead."""


def of(shape: type[Any], status: int = 200, *, refused: Sequence[int] = ()) -> Responses:
    """What a route says of its answer, and how it may refuse. What follows from being for users and from having a body
    is added by `web.openapi`."""
    return {status: {"model": shape}} | refusals(*refused)
