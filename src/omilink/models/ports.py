"""What the product needs from the outside. Each promise stands in one docstring and is kept by every adapter.

Use cases are plain functions `fn(tx, …)` over a Transaction; a Store runs them. So a use case is one transaction, and
what it announces is announced by its caller after the commit.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import Flag, auto
from typing import Protocol, TypeVar

from omilink.clock import Millis
from omilink.models.audit import AuditEntry
from omilink.models.conversation import Conversation
from omilink.models.delivery import Delivery, Job
from omilink.models.event import Event
from omilink.models.message import Message
from omilink.models.omi_account import Challenge, OmiLink
from omilink.models.order import Moment
from omilink.models.session import OmiSession
from omilink.models.user import PersonalUrl, SignIn, User

T = TypeVar("T")

BATCH_BYTES = 1 << 18
"""Of the calls that are saved together: they are in memory together, and hold a database's only writing lane."""

LONGEST_WAIT: Millis = 600_000
"""Between two tries of one delivery."""


class Transaction(Protocol):
    """One transaction's view of the store. Rows come and go as the values of `models`."""

    def counted(self) -> Millis:
        """Counted time now, in which everything that expires is written and compared (see `counted_time`). Where a
        method takes the time until or from which something is valid or kept, this is meant."""
        ...

    def note_counted(self) -> None:
        """Notes how far has been counted, from where whoever comes next goes on, and learns how far others have."""
        ...

    # sessions and who has proof
    def sessions(self, ids: Collection[str]) -> dict[str, OmiSession]:
        """The sessions of these ids that exist. In a writing transaction nobody else changes them, their conversations
        or their messages until its end, and nobody else makes one of them."""
        ...

    def sessions_of(self, user_id: str) -> list[OmiSession]:
        """Linked to the user, or suspended from them; last seen first."""
        ...

    def sessions_page(
        self, user_id: str, most: int, before: tuple[Millis, str] | None = None
    ) -> list[tuple[OmiSession, int]]:
        """As `sessions_of`, each with how many messages the user has from it: the newest first, at most `most`, and
        older than `before`, which is when the last one of the page before was made, and its key. That never changes, so
        that a session which calls meanwhile is missing from no page."""
        ...

    def count_sessions(self, user_id: str) -> int:
        """How many are linked to the user."""
        ...

    def latest_session(self, user_id: str) -> OmiSession | None:
        """The one linked to the user that was seen last."""
        ...

    def all_sessions(self, limit: int) -> list[OmiSession]: ...

    def silent_sessions(self, since: Millis, most: int) -> list[OmiSession]:
        """At most `most` that were linked by hand or by uid before then, in counted time, and have not been written
        since, as every call writes them; as `sessions` gives them."""
        ...

    def put_sessions(self, sessions: Collection[OmiSession]) -> None: ...

    def uids_shown(self, session_ids: Collection[str]) -> dict[str, set[str]]:
        """session id -> every uid that came with one of its webhooks."""
        ...

    def add_uids_shown(self, pairs: Collection[tuple[str, str]]) -> None:
        """(session id, uid) pairs; known pairs are ignored."""
        ...

    def users_verified_for(self, uids: Collection[str]) -> dict[str, str]:
        """uid -> the one user for whom it is verified."""
        ...

    def proofs(self, uids: Collection[str], at: Millis) -> tuple[dict[str, str], set[str]]:
        """As `users_verified_for`, and those of the uids for which somebody has a challenge; in one look, since every
        call needs it."""
        ...

    def sessions_showing(self, uid: str, *, ever: bool) -> dict[str, OmiSession]:
        """Those of the shared URL whose id it is, or that have shown it, ever or last; as `sessions` gives them."""
        ...

    def forget_uids_shown(self, gone: OmiSession) -> None:
        """All but its own id."""
        ...

    def omi_links(self, user_id: str) -> list[OmiLink]:
        """Oldest first."""
        ...

    def omi_link(self, uid: str) -> OmiLink | None: ...

    def add_omi_link(self, new: OmiLink) -> bool:
        """False if the uid is verified already: somebody else's at the same moment counts."""
        ...

    def remove_omi_link(self, uid: str) -> bool: ...

    def challenges(self, uids: Collection[str], at: Millis) -> list[Challenge]:
        """Everybody's for these uids that have not expired, met or not."""
        ...

    def challenges_of(self, user_id: str, at: Millis) -> list[Challenge]:
        """The user's that have not expired, met or not."""
        ...

    def put_challenge(self, new: Challenge) -> None:
        """Instead of the user's one for this uid, if there is one."""
        ...

    def remove_challenge(self, user_id: str, uid: str) -> None: ...

    def signatures_known(self, signatures: Collection[str]) -> set[str]:
        """Those of them with which a call was saved within the last day."""
        ...

    def add_signatures(self, signatures: Collection[str]) -> None:
        """Notes that calls that were signed so were saved."""
        ...

    def audit(self, entry: AuditEntry) -> None:
        """Entries are only ever added. Deleting an account takes its ids out of them, and them out when they are about
        its personal URL."""
        ...

    def audited(self, limit: int, user_id: str | None = None, session_id: str | None = None) -> list[AuditEntry]:
        """The newest first; all, or those about a user or a session."""
        ...

    def is_audited(self, session_id: str, rule: str, uid: str | None) -> bool:
        """Whether there is an entry of just that."""
        ...

    # conversations
    def conversations_near(self, session_ids: Collection[str], since: Millis) -> list[Conversation]:
        """Of these sessions, tombstones too: with words after `since`."""
        ...

    def ownerless(self, session_id: str) -> list[Conversation]:
        """Oldest first, without tombstones."""
        ...

    def nobodys(self, most: int) -> list[tuple[str, int, int]]:
        """Of so many sessions the id, and how many conversations and messages of it are nobody's; most words first."""
        ...

    def brought(self, session_id: str, user_id: str, since: Millis) -> list[Conversation]:
        """The user's that came along with a proof since then and have not gone on, oldest first."""
        ...

    def conversation(self, conversation_id: str, user_id: str) -> Conversation | None: ...

    def latest_conversation(self, user_id: str) -> Conversation | None:
        """The one whose words were accepted last."""
        ...

    def conversations_of(self, user_id: str, limit: int, before: tuple[int, str] | None = None) -> list[Conversation]:
        """At most `limit` before (first_order, id), which a conversation keeps: the one that began last first."""
        ...

    def put_conversations(self, new: Collection[Conversation], changed: Collection[Conversation]) -> None: ...

    def messages_known(self, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], Message]:
        """By (conversation id, segment key)."""
        ...

    def messages_around(self, conversation_id: str, start: float, until: float) -> list[Message]:
        """Those said in these seconds of the conversation's clock, the last of them if there are thousands."""
        ...

    def all_messages(self, conversation_id: str) -> list[Message]:
        """In spoken order."""
        ...

    def newest_messages(self, conversation_id: str, limit: int) -> list[Message]:
        """The last `limit` that came, in the order in which they came."""
        ...

    def messages(self, conversation_id: str, limit: int, before: tuple[float, int] | None = None) -> list[Message]:
        """The last `limit` before (position, seq), in spoken order."""
        ...

    def is_begun_before(self, conversation_id: str, seq: int, title: str) -> bool:
        """Whether a message that came before the one of this number would give the conversation this title."""
        ...

    def put_messages(self, new: Collection[Message], changed: Collection[Message]) -> None: ...

    def forget_events(self, user_id: str, conversation_id: str) -> None:
        """Removes the user's events that carry words of it."""
        ...

    def forget_words(self, conversation: Conversation) -> None:
        """Blanks the conversation's messages, and removes the events that carry them and the deliveries they came in.
        The messages' keys stay, so that a retry is known."""
        ...

    def messages_saved(self, session_ids: Collection[str], user_id: str) -> dict[str, int]:
        """session id -> messages in this user's conversations of it."""
        ...

    def count_conversations(self, session_id: str, user_id: str) -> int: ...

    # the event log
    def append(self, events: Sequence[Event]) -> None:
        """Numbers each user's events in order, under the lock of that user's row, and keeps them."""
        ...

    def appended(self) -> Sequence[Event]:
        """What was appended in this transaction, numbered, of each user in order and without a gap."""
        ...

    def events_after(self, user_id: str, seq: int, limit: int) -> list[Event]: ...

    def log_bounds(self, user_id: str) -> tuple[int, int]:
        """(how far the log has been pruned, its last number): cursors from the first to the second can be honoured."""
        ...

    def marks(self, user_ids: Collection[str]) -> dict[str, tuple[int, int]]:
        """user id -> (last number, times that rights were withdrawn)."""
        ...

    def epoch(self) -> str:
        """Names this history. Another database, or a restored one, has another."""
        ...

    def note_ready(self, at: Millis) -> None:
        """A small write, to see whether writing works."""
        ...

    # accounts
    def add_user(self, user: User, password_hash: str) -> None:
        """Raises EmailTaken."""
        ...

    def user(self, user_id: str) -> User | None: ...

    def users_there(self, user_ids: Collection[str]) -> set[str]:
        """Those of them that exist."""
        ...

    def user_by_email(self, email: str) -> tuple[User, str] | None:
        """The user whom the email means, however it is typed (emails.meant), and the password's hash."""
        ...

    def email_is_taken(self, email: str, but_for: str | None = None) -> bool:
        """Whether the email of another account than this one compares as one with it. emails.normal_email made it."""
        ...

    def password_hash(self, user_id: str) -> str | None: ...

    def users(self) -> list[User]: ...

    def odd_emails(self) -> list[tuple[User, str | None]]:
        """Users whose email is not kept as it compares, each with what it compares as, or None for one that could not
        be given today; and whoever has that very email. The oldest account first."""
        ...

    def change_email(self, user_id: str, email: str) -> None:
        """Raises EmailTaken."""
        ...

    def change_password(self, user_id: str, password_hash: str) -> None: ...

    def rehash_password(self, user_id: str, before: str, after: str) -> None:
        """Another hash of the same password, unless the password has changed meanwhile."""
        ...

    def remove_user(self, user_id: str, moment: Moment) -> None:
        """Removes every row that is the user's, and the user from the audit. Their sessions become nobody's, and what
        was accepted for the user by then belongs to nobody who could still have it."""
        ...

    def add_token(self, token_hash: str, user_id: str, at: Millis, expires_at: Millis, client: str | None) -> None: ...

    def sign_ins(self, user_id: str, at: Millis) -> list[SignIn]:
        """Those that have not expired, the newest first."""
        ...

    def token_holder(self, token_hash: str, at: Millis) -> tuple[User, Millis] | None:
        """The user of a token that has not expired, and when it does."""
        ...

    def renew_token(self, token_hash: str, expires_at: Millis) -> None: ...

    def remove_token(self, token_hash: str) -> str | None:
        """Withdraws the right and counts that on its user, whose id is returned."""
        ...

    def personal_urls(self, user_id: str, at: Millis) -> list[PersonalUrl]:
        """The valid ones, the current one first."""
        ...

    def add_personal_url(self, secret_hash: str, user_id: str, secret: str, at: Millis) -> None: ...

    def retire_personal_urls(self, user_id: str, valid_until: Millis) -> None:
        """The current one is valid until then; what was retired before is valid no more."""
        ...

    def personal_url_owner(self, secret_hash: str, at: Millis) -> str | None: ...

    def add_ticket(self, ticket_hash: str, token_hash: str, expires_at: Millis) -> None: ...

    def take_ticket(self, ticket_hash: str, at: Millis) -> str | None:
        """The hash of the token that the ticket stands for; only one caller ever gets it."""

    def look_at_ticket(self, ticket_hash: str, at: Millis) -> str | None:
        """The same, and the ticket stays good."""
        ...

    def full_at(self, limit: str, who: str) -> Millis:
        """When the token bucket is full again; 0 when it never was used. Locked like a session."""
        ...

    def put_full_at(self, limit: str, who: str, at: Millis) -> None: ...

    def full_at_each(self, limit: str, whos: Collection[str]) -> dict[str, Millis]:
        """As `full_at`, of those that were used, and without a lock."""
        ...

    def put_full_at_each(self, limit: str, full_at: Mapping[str, Millis]) -> None: ...

    # the queue's table
    def finish_deliveries(
        self, saved: Collection[int], quarantined: Mapping[int, str], removed: Collection[int]
    ) -> None:
        """Marks these deliveries as saved, keeps those unsaved for the reason given, and removes the last."""
        ...

    # housekeeping
    def prune(
        self, *, now: Millis, deliveries_before: Millis, unlinked_before: Millis, events_before: Millis, most: int
    ) -> bool:
        """Removes what has been kept long enough, events of so many users. `unlinked_before` is for words that are
        nobody's, the calls of sessions that are nobody's, and for what was put aside; of one uid's words of nobody's
        only the newest stay anyway. True when there is more."""
        ...


class Store(Protocol):
    async def read(self, fn: Callable[[Transaction], T]) -> T:
        """Runs `fn` on one consistent snapshot. Raises Unavailable when the database is away."""
        ...

    async def write(self, fn: Callable[[Transaction], T]) -> T:
        """Runs `fn` and commits, or rolls all of it back and raises; it may run more than once. Durable on return."""
        ...

    async def scrub(self) -> None:
        """Overwrites on the disk what has been removed, as far as the database can do that: SQLite can, PostgreSQL
        reuses the space in its own time. Nobody who writes waits long for it. What is in use by a reader of an older
        state is left for `finish_scrubbing`."""
        ...

    async def finish_scrubbing(self) -> None:
        """Tries again what is left, by an earlier process too. To be called from time to time."""
        ...


class Inbox(Protocol):
    """Deliveries on their way to be saved: CONVERSATION_SAVE jobs. At least once, per session in the order of their
    acceptance, save that one that failed lets the others pass."""

    async def put(self, delivery: Delivery) -> None:
        """Durable on return. A delivery whose key is there already is ignored. Raises Unavailable."""
        ...

    async def moment(self, at: Millis) -> Moment:
        """The moment of what somebody does now, between what has been accepted before the call and what is accepted
        after it."""
        ...

    async def wait(self, seconds: float) -> None:
        """Until something new may be due, at most this many seconds."""
        ...

    async def take(self, limit: int, at: Millis) -> list[Delivery]:
        """The oldest that are due, senders in turns: at most `limit`, and beside the first together no larger than
        BATCH_BYTES. Those that are to be tried again later than LONGEST_WAIT from now are due as well, since a clock
        that was ahead put them there. They stay due until one of the following is called."""
        ...

    async def done(self, seqs: Collection[int], quarantined: Mapping[int, str]) -> None:
        """Finished: saved, or to be kept unsaved for the reason given."""
        ...

    async def remove(self, seqs: Collection[int]) -> None:
        """Finished, and nothing of it is kept."""
        ...

    def finish_within(
        self, tx: Transaction, seqs: Collection[int], quarantined: Mapping[int, str], removed: Collection[int]
    ) -> bool:
        """Finishes deliveries as `done` and `remove` do, in the transaction that saves them, so that both are on disk
        or neither. False, and nothing done, where the queue is outside the store."""
        ...

    async def failed(self, delivery: Delivery, error: str, *, retry_at: Millis | None) -> None:
        """Counts the attempt. Without `retry_at` it becomes a dead letter, which only `retry` brings back."""
        ...

    async def retry(self, seqs: Collection[int] | None) -> int:
        """Brings dead letters back, all of them for None. Returns how many."""
        ...

    async def jobs(self, state: str | None, session_key: str | None, limit: int) -> list[Job]:
        """For people: newest first, never with words."""
        ...

    async def counts(self, session_key: str | None = None) -> dict[str, int]:
        """State -> jobs: waiting, dead, quarantined."""
        ...

    async def counts_of(self, session_keys: Collection[str]) -> dict[str, dict[str, int]]:
        """Session key -> what `counts` tells of it; without those that have no job."""
        ...


EventsByUser = Mapping[str, Sequence[Event]]
NOTHING_NEW: EventsByUser = {}


class Hint(Flag):
    """What a listener hears. It says "look", never what there is to see."""

    LOOK = auto()
    RIGHTS = auto()
    DRAIN = auto()
    GONE = auto()


class Ear(Protocol):
    """One listener. However often it is called between two waits, it hears each hint once."""

    def call(self, hint: Hint, new: Sequence[Event] = ()) -> None: ...

    async def wait(self, seconds: float) -> Hint:
        """What was called since the last wait, at once or when something is; Hint(0) after so long."""
        ...

    def new(self) -> Sequence[Event]:
        """The user's events that the last wait's only hint came with; none where others came too, or nobody waited.
        Gives them once."""
        ...

    def close(self) -> None: ...


class Bus(Protocol):
    """Hints from commits to streams. A lost one costs a moment: `event_log.watch` looks every few seconds too."""

    def publish(self, user_ids: Iterable[str], hint: Hint = Hint.LOOK, new: EventsByUser = NOTHING_NEW) -> None:
        """On every node. `new`: committed events by user, in order, which spare this node's streams a read."""
        ...

    def wake(self, user_ids: Iterable[str], hint: Hint = Hint.LOOK, new: EventsByUser = NOTHING_NEW) -> None:
        """On this node."""
        ...

    def listen(self, user_id: str) -> Ear: ...

    def listeners(self) -> dict[str, int]:
        """user id -> open ears on this node."""
        ...

    def drain(self) -> None:
        """Tells every ear that this node stops."""
        ...
