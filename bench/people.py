"""The people of the benchmark: each has an account and one linked session, and talks in OMI's words."""

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from bench.servers import SECRET, Site, ask

SEGMENTS = 4
POSTS_IN_A_CONVERSATION = 600  # twenty minutes of talk
PASSWORD = "a long enough password"

WORDS = (
    "the ladder is behind the shed door I think",
    "then we should leave at half past nine, no?",
    "I will bring the soup and you bring bread",
    "did anybody water the lemon tree this week",
    "she said the parcel went to number eleven",
    "turn it off before you go to bed please",
    "that is the third time the printer does it",
)
_SEGMENT = (
    '{"id":"%%s-%%012x","text":"%s","speaker":"SPEAKER_%d","speaker_id":%d,"is_user":%s,"person_id":null,"start":%%.2f,'
    '"end":%%.2f,"translations":[],"speech_profile_processed":true,"stt_provider":null}'
)
_HEAD = (
    "POST /omi-webhook/%s?uid=%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    "Content-Length: %d\r\n\r\n%s"
)
_RUN = f"{os.urandom(4).hex()}-bead-4000-8000"
_NUMBERS = itertools.count(1)


@dataclass(kw_only=True)
class Person:
    session: str
    token: str
    email: str
    uid: str
    secret: str = SECRET
    posts: int = field(default=0)

    def next_request(self) -> bytes:
        """A webhook call with four fresh segments; every 600th begins a new conversation with the clock back at 0."""
        start = self.posts % POSTS_IN_A_CONVERSATION * 8.0
        template = _CALLS[self.posts % len(_CALLS)]
        self.posts += 1
        spoken = [(_RUN, next(_NUMBERS), start + second, start + second + 1.8) for second in range(0, 2 * SEGMENTS, 2)]
        return self.request(template % (self.session, *itertools.chain.from_iterable(spoken)))

    def request(self, body: str) -> bytes:
        """A webhook call with this body, which is ASCII."""
        return (_HEAD % (self.secret, self.uid, len(body), body)).encode()

    def stream_request(self) -> bytes:
        return (
            "GET /conversations/current/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
            f"Authorization: Bearer {self.token}\r\n\r\n"
        ).encode()


def nobody(count: int) -> list[Person]:
    """For the no-op server, which knows no accounts."""
    return [
        Person(session=f"bench-{number:04}", token="", email="", uid=f"wearer-bench-{number:04}")
        for number in range(count)
    ]


def sign_up(site: Site, count: int) -> list[Person]:
    """Each links the session by hand; its uid is verified for nobody."""
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda number: link_by_hand(site, register(site, f"bench-{number:04}")), range(count)))


def register(site: Site, name: str) -> Person:
    """Somebody whose session is linked to nobody."""
    email = f"{name}@example.org"
    token = ask(site, "POST", "/auth/register", {"email": email, "password": PASSWORD})["session_token"]
    return Person(session=name, token=token, email=email, uid=f"wearer-{name}")


def link_by_hand(site: Site, person: Person) -> Person:
    ask(site, "POST", "/sessions/link", {"session_id": person.session}, person.token)
    return person


def _call(first: int) -> str:
    """A call's body with its words in place; ids and times are filled in when it is sent."""
    segments = []
    for number in range(first, first + SEGMENTS):
        speaker = number % 3
        words = (WORDS[number % len(WORDS)], speaker, speaker, "false" if speaker else "true")
        segments.append(_SEGMENT % words)
    return f'{{"session_id":"%s","segments":[{",".join(segments)}]}}'


_CALLS = [_call(first) for first in range(len(WORDS))]
