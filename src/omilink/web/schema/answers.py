"""The shapes of the contract's answers, for /openapi.json and the clients that are generated from it.

The answers are made elsewhere, at once as JSON; tests/web/test_answers.py holds real ones against these. The docstrings
become comments in the JavaScript client. Nouns and events are described by their declarations in `omilink.models`.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NotRequired

from typing_extensions import TypedDict

from omilink.models import (
    action_item,
    conversation,
    day_summary,
    event,
    message,
    omi_account,
    person,
    recording,
    session,
    translation,
    user,
)
from omilink.web.schema.shapes import Shape


class Error(TypedDict):
    """`error` is stable, `message` says what happened and what to do."""

    ok: Literal[False]
    error: str
    message: str


class Done(TypedDict):
    ok: Literal[True]


User = Annotated[user.User, Shape()]


class SignedIn(Done):
    """`session_token` goes into the Authorization header; a browser has it as a cookie already."""

    session_token: str
    user: User


OmiLink = Annotated[omi_account.OmiLink, Shape()]


class Me(Done):
    user: User
    omi_links: list[OmiLink]


class PersonalUrl(Done):
    """`url` holds a secret: whoever has it can post words to the user. `previousValidUntil`: until when the one before
    works too."""

    url: str
    createdAt: str
    previousValidUntil: str | None


class _SignIn(TypedDict):
    current: bool


SignIn = Annotated[user.SignIn, Shape(_SignIn)]


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


class _OmiAccount(TypedDict):
    """How it was proven, and what was heard before."""

    proof: omi_account.Proof
    earlier: Earlier


OmiAccount = Annotated[omi_account.OmiLink, Shape(_OmiAccount, name="OmiAccount")]


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


Session = Annotated[session.Session, Shape()]
Conversation = Annotated[conversation.Conversation, Shape()]
Message = Annotated[message.Message, Shape()]
Translation = Annotated[translation.Translation, Shape()]
CurrentConversation = Annotated[event.CurrentConversation, Shape()]


class OneSession(Done):
    session: Session


class Sessions(Done):
    """`nextCursor` leads to the next page; null when there is none."""

    sessions: list[Session]
    nextCursor: str | None


class IssuedSessions(Done):
    """As the user sees them, who has them from now on."""

    sessions: list[Session]


class Conversations(Done):
    """`nextCursor` leads to the next older page; null when there is none."""

    items: list[Conversation]
    nextCursor: str | None


class _OnWish(TypedDict):
    """A message of a page. `translations` are there if they were asked for."""

    translations: NotRequired[list[Translation]]


class Messages(Done):
    """`nextCursor` leads to the next older page; null when there is none. `newerCursor` leads to the next newer one, in
    the page around a message and those that its cursors lead to."""

    items: list[Annotated[message.Message, Shape(_OnWish, name="MessageOfPage")]]
    nextCursor: str | None
    newerCursor: NotRequired[str | None]


class OneMessage(Done):
    message: Message


DaySummary = Annotated[day_summary.DaySummary, Shape()]


class DaySummaries(Done):
    """`nextCursor` leads to the next page, of earlier days; null when there is none."""

    items: list[DaySummary]
    nextCursor: str | None


class FoundConversation(TypedDict):
    id: str
    title: str | None
    startedAt: str


class Hit(TypedDict):
    """A text that has all words of a search. `message` is null unless `field` is `words`. `highlights` are places in
    `snippet`, from and to, in UTF-16 units, as JavaScript counts."""

    conversation: FoundConversation
    message: Message | None
    field: Literal["words", "title", "summary", "action_item"]
    snippet: str
    highlights: list[tuple[int, int]]


class Hits(Done):
    """`nextCursor` leads to the next page; null when there is none. A page may be short, or empty, and have a next."""

    items: list[Hit]
    nextCursor: str | None


ListedItem = Annotated[action_item.ListedItem, Shape()]


class ActionItems(Done):
    """`nextCursor` leads to the next page; null when there is none."""

    items: list[ListedItem]
    nextCursor: str | None


class OneActionItem(Done):
    actionItem: ListedItem


Person = Annotated[person.Person, Shape()]


class People(Done):
    """`nextCursor` leads to the next page; null when there is none."""

    items: list[Person]
    nextCursor: str | None


class OnePerson(Done):
    person: Person


class Speaker(Done):
    """`person` is the person who speaks, if the request named one."""

    conversation: Conversation
    person: Person | None


Recording = Annotated[recording.Recording, Shape(Done, "RecordingNow")]


class OneConversation(Done):
    conversation: Conversation


class SplitConversation(Done):
    """`conversation` has the words before, `newConversation` the message and all later ones."""

    conversation: Conversation
    newConversation: Conversation


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
    403: "A proof is required, or the page may not act for the user",
    404: "It does not exist, or it is not yours",
    409: "It is taken",
    413: "The body is too large",
    415: "The compression or the type of the body is not supported",
    422: "The content is not valid",
    429: "Too many requests: wait as many seconds as Retry-After says",
    503: "Nothing could be stored or read: try again after as many seconds as Retry-After says",
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
    is added by `web.schema.openapi`."""
    return {status: {"model": shape}} | refusals(*refused)


def of_files(media_types: Sequence[str], *, refused: Sequence[int] = ()) -> Responses:
    """As `of`, of an answer that is a file of one of these types."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in media_types}
    if "application/json" in content:
        content["application/json"] = {"schema": {"type": "object"}}
    return {200: {"description": "The file", "content": content}} | refusals(*refused)
