"""One gate: whatever can change whose something is, asks it. Each way is tried without proof, and with the gate shut.

A route, a command or a regular task that does not stand in a table here fails the test: say how it is tried without
proof, or why it cannot change whose anything is. What cannot is run as well, wherever it ends by itself.
"""

import argparse
import asyncio
import inspect
import itertools
import json
import re
import shutil
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
from argon2 import PasswordHasher
from msgspec.structs import replace
from sqlalchemy import ColumnElement, func, select
from starlette.types import ASGIApp, Receive, Scope, Send

from omilink import clock, settings
from omilink.accounts import passwords, personal_webhook, signing_in
from omilink.app import maintenance, wiring
from omilink.app.services import Services
from omilink.cli import COMMANDS, main, module_of
from omilink.conversations.batch import unit_of_work
from omilink.database import migrate, schema, sqlite
from omilink.database.queue import SqlQueue
from omilink.database.store import Transaction
from omilink.errors import NotAvailable
from omilink.ingest import saving
from omilink.ingest.worker import Worker
from omilink.linking import omi_accounts, rules, sessions
from omilink.linking.acts import Act, Decision, Facts, Outcome
from omilink.live.bus import Hint
from omilink.models.audit import OPERATOR, By
from omilink.models.conversation import Conversation
from omilink.models.delivery import Delivery
from omilink.models.event import Event
from omilink.models.json import Json
from omilink.models.omi_account import Proof
from omilink.models.order import Moment
from omilink.models.summary import ActionItem, Details
from omilink.models.user import User
from omilink.web.app import make_app
from omilink.web.sockets.connection import Peer
from omilink.web.sockets.listener import Listener
from omilink.web.sockets.sse import StreamConnection

SECRET = "secret-of-the-tests"
ADAS = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"
BENS = "zR8mWb1EyX5tQnHc0LoGfV63uKsD"
NOBODYS = "Wm4cJx7KqTz2LpVn9sYbA1hRgE85"
ADAS_OTHER = "dev_Zq7vT1wKpLfB2xYhN0sRcU"
"""A device of ada's whose id nobody could guess."""
PASSWORD = "correct horse"
HOUR = 3_600_000

Ownership = set[tuple[str, str, str]]


@dataclass(frozen=True)
class World:
    """Ada has an OMI account, a session by hand and an issued device; a session that she has unlinked went on talking.
    Ben, who tries, has an OMI account with a conversation of before that he has not taken along, and a device; he has
    asked to link an account that is nobody's.
    """

    data_dir: Path
    sentence: str
    number: str
    personal: str


Try = Callable[[World], None]


@dataclass(frozen=True)
class Way:
    """How it is done by whoever may, and how ben tries it without proof."""

    rightly: Try
    without_proof: Sequence[Try]


# How it is tried


def ask(method: str, path: str, **body: object) -> Try:
    """Ben asks the server, and what that put into the queue is saved."""

    async def send(world: World, product: Services) -> None:
        sent = json.loads(json.dumps(body) % {"say": world.sentence, "number": world.number})
        transport = httpx2.ASGITransport(app=make_app(product))
        headers = {"Authorization": "Bearer bens token"}
        async with httpx2.AsyncClient(transport=transport, base_url="http://omilink", headers=headers) as client:
            answer = await client.request(method, path.format(personal=world.personal), json=sent or None)
            assert answer.status_code < 500, answer.text

    return lambda world: within(lambda product: send(world, product))


def issue(**body: object) -> Try:
    """The operator's program asks the server."""

    async def send(world: World, product: Services) -> None:
        transport = httpx2.ASGITransport(app=make_app(product))
        headers = {"Authorization": f"Bearer {product.operator_token}"}
        async with httpx2.AsyncClient(transport=transport, base_url="http://omilink", headers=headers) as client:
            answer = await client.post("/admin/sessions", json=body)
            assert answer.status_code < 500, answer.text

    return lambda world: within(lambda product: send(world, product))


def heard(uid: str, text: str, secret: str = SECRET, session: str | None = None) -> Try:
    """The webhook is called."""
    words = [{"text": text, "start": 0, "end": 2}]
    return ask("POST", f"/omi-webhook/{secret}", uid=uid, session_id=session or uid, segments=words)


def command(*arguments: str, codes: Sequence[int] = (0, 1)) -> Try:
    def run(world: World) -> None:
        assert main([argument.format(**asdict(world)) for argument in arguments]) in codes
        within(nothing)

    return run


def retry_of(*, proven: bool) -> Try:
    """A dead letter that holds the sentence is brought back."""

    async def die(world: World, product: Services) -> None:
        body = json.dumps({"segments": [{"text": world.sentence, "start": 0, "end": 2}]}).encode()
        at = clock.now()
        dead = Delivery(kind="transcript", session_id=NOBODYS, uid=NOBODYS, proven=proven, body=body, received_at=at)
        assert isinstance(product.queue, SqlQueue)
        await product.queue.keep(dead, "dead", "a reason")

    def run(world: World) -> None:
        within(lambda product: die(world, product))
        command("jobs", "retry", "--all")(world)

    return run


def long_silence(since: int) -> Try:
    async def pass_by(product: Services) -> None:
        now = await product.moment()
        await product.store.write(lambda tx: sessions.expire(tx, now.at + since, now, 100))

    return lambda world: within(pass_by)


def whatever_it_is_asked(route: str, **form: object) -> Try:
    """Ben and the operator name everything there is, what is not ben's first: in the path, in the query and in the
    body. One of them has to get what the route is for, else nothing has been tried."""
    method, path = route.split()

    async def send(world: World, product: Services) -> None:
        statuses = set()
        transport = httpx2.ASGITransport(app=without_reader(make_app(product)))
        async with httpx2.AsyncClient(transport=transport, base_url="http://omilink") as client:
            for thing, token in itertools.product(things(world), ["bens token", product.operator_token]):
                url = re.sub("{.*?}", thing, path)
                named, headers = dict.fromkeys(NAMES, thing), {"Authorization": f"Bearer {token}"}
                body = form if route in STRICT else named | form
                answer = await client.request(method, url, params=named, json=body, headers=headers)
                statuses.add(answer.status_code)
        assert statuses & {200, 201} and statuses <= {200, 201, 401, 404, 409}, statuses

    return lambda world: within(lambda product: send(world, product))


def with_items(asked: Try) -> Try:
    """Each of ben's conversations gets an action item with the conversation's id before the server is asked."""

    async def add(product: Services) -> None:
        await product.store.write(
            lambda tx: tx.put_conversations([], [with_item(one) for one in tx.conversations_of("ben", 100)])
        )

    def run(world: World) -> None:
        within(add)
        asked(world)

    return run


def with_item(conversation: Conversation) -> Conversation:
    item = ActionItem(id=conversation.id, text="Buy milk", done=False)
    return replace(conversation, details=Details(action_items=[item]).text())


def by_hand(world: World) -> None:
    """Ben does by hand whatever he can to each conversation, message and person there is, and to those of his own."""

    async def act(product: Services) -> None:
        transport = httpx2.ASGITransport(app=make_app(product))
        headers = {"Authorization": "Bearer bens token"}
        async with httpx2.AsyncClient(transport=transport, base_url="http://omilink", headers=headers) as client:

            async def ask(route: str, *ids: str, **form: object) -> Json:
                method, path = route.format(*ids).split()
                answer = await client.request(method, path, json=form)
                assert answer.status_code in (200, 201, 404, 409, 422), answer.text
                done[route].add(answer.status_code)
                content: Json = answer.json()
                return content

            mine = [one["id"] for one in (await ask("GET /conversations"))["items"]]
            [eve, adam] = [(await ask("POST /people", name=name))["person"]["id"] for name in ("Eve", "Adam")]
            await ask("PATCH /people/{}", eve, name="Eva")
            for one in [*mine, *things(world)]:
                await ask("PATCH /conversations/{}/messages/{}", one, f"{one}.1", text="Other words")
                await ask("PUT /conversations/{}/speakers/SPEAKER_0", one, name="Eva")
                await ask("POST /conversations/{}/split", one, message_id=f"{one}.1")
                for other in [*mine, *things(world)]:
                    await ask("POST /conversations/{}/join", one, other_id=other)
                await ask("POST /conversations/{}/undo", one)
                await ask("POST /people/{}/split", eve, conversation_ids=[one])
                await ask("POST /people/{}/merge", one, into=eve)
            await ask("POST /people/{}/merge", eve, into=adam)
            await ask("POST /people/{}/undo", eve)
            await ask("DELETE /people/{}", adam)

    done: defaultdict[str, set[int]] = defaultdict(set)
    within(act)
    done_for_ben = {route for route, statuses in done.items() if statuses & {200, 201}}
    assert done_for_ben >= {"PATCH /conversations/{}/messages/{}", "POST /people/{}/merge", "DELETE /people/{}"}
    # ben has one conversation, of one message by nobody named: the rest is answered with 404, 409 or 422


class Left:
    """A connection whose peer has gone."""

    was_a_stream = is_lost = False

    def give_way_to(self, stream: StreamConnection) -> None:
        self.was_a_stream = True
        stream.connections, stream.listener = set(), cast(Listener, self)
        stream.connection_lost(None)

    def forget(self, peer: Peer) -> None:
        pass


class Ear:
    """Ben's stream, to whom nobody listens."""

    def notify(self, hint: Hint, new: Sequence[Event] = ()) -> None:
        pass


def without_reader(app: ASGIApp) -> ASGIApp:
    """A stream would not end by itself, so its reader is gone as soon as it has begun."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        connection = Left()
        await app({**scope, "extensions": {"omilink": connection}}, receive, send)
        if connection.was_a_stream:
            await send({"type": "http.response.body"})

    return call


def once(task: Callable[[Services], Awaitable[None]], **environment: str) -> Try:
    """A regular task, while ben listens."""

    async def look(product: Services) -> None:
        product.bus.subscribe("ben", Ear())
        await task(product)

    def run(world: World) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(maintenance, "_every", lambda seconds, do: do())
            for name, value in environment.items():
                patch.setenv(name, value)
            within(look)

    return run


succeed = partial(command, codes=(0,))


async def nothing(product: Services) -> None:
    pass


def within(do: Callable[[Services], Awaitable[None]]) -> None:
    """Does it in a running product, whose worker then saves what waits."""

    async def run() -> None:
        async with wiring.open_services(settings.load()) as product:
            await do(product)
            parts = product.store, product.queue, product.bus
            worker = Worker(*parts, gap=150, clock=product.clock, count=lambda saved: None)
            worker.stop()
            await worker.run()

    asyncio.run(run())


# What can change whose something is

WAYS: dict[str, Way] = {
    "POST /omi-webhook": Way(
        ask("POST", f"/omi-webhook?token={SECRET}", uid=NOBODYS, segments=[{"text": "%(say)s", "start": 0, "end": 2}]),
        [ask("POST", "/omi-webhook", uid=NOBODYS, segments=[{"text": "%(say)s", "start": 0, "end": 2}])],
    ),
    "POST /omi-webhook/{secret}": Way(
        heard(NOBODYS, "%(say)s"),
        [
            heard(NOBODYS, "hello"),
            heard("another-uid", "%(say)s"),
            heard(NOBODYS, "hello", session="kitchen-of-nobody"),
        ],
    ),
    "a personal webhook address": Way(heard("pin", "hello", "{personal}"), [heard(ADAS, "hello", "{personal}")]),
    "POST /sessions/link": Way(
        ask("POST", "/sessions/link", session_id="attic"),
        [ask("POST", "/sessions/link", session_id=name) for name in (ADAS, "kitchen", "adas-device", NOBODYS)],
    ),
    "DELETE /sessions/{session_id}/link": Way(
        ask("DELETE", "/sessions/bens-device/link"),
        [ask("DELETE", f"/sessions/{name}/link") for name in (ADAS, "kitchen", "adas-device", NOBODYS)],
    ),
    "POST /link/omi/start": Way(
        ask("POST", "/link/omi/start", omi_user_id="bens-device"),
        [ask("POST", "/link/omi/start", omi_user_id=name) for name in (ADAS, "kitchen", "adas-device", NOBODYS)],
    ),
    "POST /link/omi/confirm": Way(
        ask("POST", "/link/omi/confirm", omi_user_id=NOBODYS, code="%(number)s"),
        [
            ask("POST", "/link/omi/confirm", omi_user_id=NOBODYS, code="%(say)s"),
            ask("POST", "/link/omi/confirm", omi_user_id=NOBODYS, code=""),
            ask("POST", "/link/omi/confirm", omi_user_id=ADAS, code="%(number)s"),
        ],
    ),
    "POST /link/omi/earlier": Way(
        ask("POST", "/link/omi/earlier", omi_user_id=BENS, bring=True),
        [
            ask("POST", "/link/omi/earlier", omi_user_id=name, bring=bring)
            for name in (ADAS, NOBODYS)
            for bring in (True, False)
        ],
    ),
    "DELETE /link/omi/unlink/{omi_user_id}": Way(
        ask("DELETE", f"/link/omi/unlink/{BENS}"),
        [ask("DELETE", f"/link/omi/unlink/{name}") for name in (ADAS, NOBODYS)],
    ),
    "POST /admin/sessions": Way(
        issue(user="ben"),
        [
            ask("POST", "/admin/sessions", user="ben"),
            issue(user="ben", session_id=ADAS),
            issue(user="ben", session_id=ADAS_OTHER),
        ],
    ),
    "omilink sessions provision": Way(
        command("sessions", "provision", "--user", "ben@example.org"),
        [
            command("sessions", "provision", "--user", "ben@example.org", "--id", name)
            for name in (ADAS, "kitchen", "adas-device")
        ],
    ),
    "omilink sessions unlink": Way(
        command("sessions", "unlink", "kitchen"),
        [
            command("sessions", "unlink", NOBODYS),
            command("sessions", "unlink", "kitchen", "--user", "ben@example.org"),
        ],
    ),
    "omilink sessions hand-over": Way(
        command("sessions", "hand-over", "adas-device", "--to", "ben@example.org"),
        [command("sessions", "hand-over", name, "--to", "ben@example.org") for name in (ADAS, "kitchen", NOBODYS)],
    ),
    "omilink sessions return": Way(
        command("sessions", "return", "adas-device"),
        [command("sessions", "return", name) for name in (ADAS, "kitchen")],
    ),
    "omilink sessions lose": Way(
        command("sessions", "lose", "adas-device"), [command("sessions", "lose", name) for name in (ADAS, "kitchen")]
    ),
    "omilink users verify": Way(
        command("users", "verify", "ben@example.org", NOBODYS),
        [command("users", "verify", "ben@example.org", name) for name in (ADAS, "adas-device")],
    ),
    "omilink users unverify": Way(command("users", "unverify", ADAS), [command("users", "unverify", NOBODYS)]),
    "omilink jobs retry": Way(retry_of(proven=True), [retry_of(proven=False)]),
    "expire": Way(long_silence(HOUR), [long_silence(-2 * HOUR)]),
}

READS = "it only reads"
SIGNS_IN = "about who is signed in"
ASKS = "asks for a proof, or makes an address, and attaches nothing by itself"
TAKES_AWAY = "removes what is the user's own, and nobody gets it"
MARKS = "changes what is the user's own, and nobody gets it"
SENDS = "runs the server or calls it, so it goes the ways above"

TICK = "PATCH /conversations/{conversation_id}/action-items/{item_id}"
CHANGE_ITEM, REMOVE_ITEM = "PATCH /action-items/{item_id}", "DELETE /action-items/{item_id}"

CANNOT: dict[str, str] = {
    "GET /openapi.json": READS,
    "GET /docs": READS,
    "GET /omi/setup-completed": READS,
    "GET /conversations/current/stream": READS,
    "POST /auth/register": SIGNS_IN,
    "POST /auth/login": SIGNS_IN,
    "POST /auth/logout": SIGNS_IN,
    "GET /me": READS,
    "GET /me/webhook-url": ASKS,
    "GET /me/webhook-url.svg": ASKS,
    "POST /me/webhook-url": ASKS,
    "GET /me/recording": READS,
    "PUT /me/recording": MARKS,
    "GET /account/sessions": READS,
    "DELETE /account/sessions/{sign_in_id}": SIGNS_IN,
    "DELETE /account/sessions": SIGNS_IN,
    "POST /account/password": SIGNS_IN,
    "DELETE /account": TAKES_AWAY,
    "GET /sessions": READS,
    "GET /sessions/{session_id}": READS,
    "POST /link/omi/resend": ASKS,
    "GET /link/omi": READS,
    "GET /conversations/current/events": READS,
    "POST /conversations/current/stream-ticket": SIGNS_IN,
    "GET /conversations/current": READS,
    "GET /conversations": READS,
    "GET /conversations/{conversation_id}": READS,
    "GET /conversations/{conversation_id}/messages": READS,
    "GET /conversations/{conversation_id}/export": READS,
    "GET /account/export": READS,
    "PATCH /conversations/{conversation_id}": MARKS,
    "PATCH /conversations/{conversation_id}/messages/{message_id}": MARKS,
    "PUT /conversations/{conversation_id}/speakers/{speaker:path}": MARKS,
    "POST /conversations/{conversation_id}/split": MARKS,
    "POST /conversations/{conversation_id}/join": MARKS,
    "POST /conversations/{conversation_id}/undo": MARKS,
    "GET /people": READS,
    "POST /people": MARKS,
    "PATCH /people/{person_id}": MARKS,
    "DELETE /people/{person_id}": TAKES_AWAY,
    "POST /people/{person_id}/merge": MARKS,
    "POST /people/{person_id}/split": MARKS,
    "POST /people/{person_id}/undo": MARKS,
    "PATCH /sessions/{session_id}": MARKS,
    TICK: MARKS,
    "DELETE /conversations/{conversation_id}": TAKES_AWAY,
    "GET /day-summaries": READS,
    "GET /search": READS,
    "GET /action-items": READS,
    "POST /action-items": MARKS,
    CHANGE_ITEM: MARKS,
    REMOVE_ITEM: TAKES_AWAY,
    "GET /health": READS,
    "GET /ready": READS,
    "GET /metrics": READS,
    "GET /operator/installation": READS,
    "GET /operator/streams/{user_id}": READS,
    "GET /operator/quarantine": READS,
    "GET /operator/audit": READS,
    "GET /": READS,
    "GET /page": READS,
    "GET /docs/{name}": READS,
    "omilink serve": SENDS,
    "omilink worker": SENDS,
    "omilink demo": "vouches, by way of the gate, for a made-up uid in a database of its own",
    "omilink simulate": SENDS,
    "omilink doctor": READS,
    "omilink sessions list": READS,
    "omilink users list": READS,
    "omilink users add": SIGNS_IN,
    "omilink users rename": SIGNS_IN,
    "omilink audit": READS,
    "omilink jobs list": READS,
    "omilink tail": READS,
    "omilink export": READS,
    "omilink migrate": "moves everything as it is",
    "omilink backup": READS,
    "omilink webhook-url": READS,
    "watch": READS,
    "count": "notes how much time has passed",
    "tidy": TAKES_AWAY,
    "scrub": TAKES_AWAY,
    "index": "adds words to the search index for the user whose they are already",
    "erase_index": TAKES_AWAY,
    "watch_over": "tells users about sessions that are theirs already",
}

BY_HAND = {
    *("PATCH /conversations/{conversation_id}/messages/{message_id}", "POST /conversations/{conversation_id}/split"),
    *("PUT /conversations/{conversation_id}/speakers/{speaker:path}", "POST /conversations/{conversation_id}/join"),
    *("POST /conversations/{conversation_id}/undo", "PATCH /people/{person_id}", "DELETE /people/{person_id}"),
    *("POST /people/{person_id}/merge", "POST /people/{person_id}/split", "POST /people/{person_id}/undo"),
}
NAMES = ("id", "uid", "session_id", "omi_user_id", "user_id", "conversation_id")
"""By which a request may name a thing."""
STRICT = {"PUT /me/recording"}
"""What refuses a body with a name that it does not know."""
FORMS: dict[str, dict[str, str]] = {
    "POST /auth/register": {"email": "eve@example.org", "password": PASSWORD},
    "POST /auth/login": {"email": "ben@example.org", "password": PASSWORD},
    "POST /account/password": {"password": PASSWORD, "new_password": PASSWORD},
    "DELETE /account": {"password": PASSWORD},
    "POST /action-items": {"text": "Buy milk"},
    "POST /people": {"name": "Eve"},
    "PUT /me/recording": {"state": "on"},
    "PATCH /sessions/{session_id}": {"name": "Kitchen"},
    "PATCH /conversations/{conversation_id}": {"starred": True},
}

RUN: dict[str, Try] = {
    **{name: whatever_it_is_asked(name, **FORMS.get(name, {})) for name in CANNOT if "/" in name},
    TICK: with_items(whatever_it_is_asked(TICK, done=True)),
    CHANGE_ITEM: with_items(whatever_it_is_asked("PATCH /action-items/{item_id}.{item_id}", done=True)),
    REMOVE_ITEM: with_items(whatever_it_is_asked("DELETE /action-items/{item_id}.{item_id}")),
    **dict.fromkeys(BY_HAND, by_hand),
    "GET /page": whatever_it_is_asked("GET /page/index.html"),
    "GET /docs/{name}": whatever_it_is_asked("GET /docs/swagger-ui.css"),
    "omilink doctor": command("doctor", "kitchen", "--user", "ben@example.org"),
    "omilink sessions list": succeed("sessions", "list", "--user", "ben@example.org"),
    "omilink users list": succeed("users", "list"),
    "omilink users add": succeed("users", "add", "eve@example.org", "--name", ADAS),
    "omilink users rename": succeed("users", "rename", "ben", "benjamin@example.org"),
    "omilink audit": succeed("audit", "--user", "ben@example.org", "--session", "kitchen"),
    "omilink jobs list": succeed("jobs", "list"),
    "omilink export": succeed("export", "--user", "ben@example.org"),
    "omilink migrate": succeed("migrate", "--new-history"),
    "omilink backup": succeed("backup", "{data_dir}/copy.db"),
    "omilink webhook-url": succeed("webhook-url"),
    "watch": once(maintenance.watch),
    "count": once(maintenance.count),
    "tidy": once(maintenance.tidy, OMILINK_KEEP_DELIVERIES="0", OMILINK_KEEP_UNLINKED="0.01"),
    "scrub": once(maintenance.scrub),
    "index": once(maintenance.index),
    "watch_over": once(maintenance.watch_over),
    "erase_index": once(maintenance.erase_index),
}

ENDLESS = {f"omilink {name}" for name in ("serve", "worker", "demo", "simulate", "tail")}
"""They run until somebody ends them, or talk to one that does."""


def test_every_route_command_and_task_has_been_thought_of(world: World) -> None:
    there = {*routes(), *commands(), *tasks()}
    thought_of = {*WAYS, *CANNOT} - {"a personal webhook address"}
    assert there - thought_of == set(), "say in WAYS or CANNOT what these can do"
    assert thought_of - there == set()
    assert not WAYS.keys() & CANNOT.keys()
    assert CANNOT.keys() - RUN.keys() == ENDLESS


@pytest.mark.parametrize("name", WAYS)
def test_whoever_may_changes_something(world: World, name: str) -> None:
    """So the tries below are tries of something."""
    before = whose(world)
    WAYS[name].rightly(world)
    assert whose(world) != before


@pytest.mark.parametrize("name", WAYS)
def test_without_proof_nothing_changes_hands(world: World, name: str) -> None:
    before = whose(world)
    for attempt in WAYS[name].without_proof:
        attempt(world)
        assert whose(world) == before


@pytest.mark.parametrize("name", WAYS)
def test_when_the_gate_is_shut_nothing_changes_hands_for_anybody(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "decide", shut)
    before = whose(world)
    WAYS[name].rightly(world)
    assert whose(world) == before


@pytest.mark.parametrize(
    "body",
    [
        {"segments": [{"text": "a call", "start": 0, "end": 1}]},
        {"id": "c1", "transcript_segments": [{"text": "a conversation", "start": 0, "end": 1}]},
        {"summary_json": {"overview": "a day"}, "date": "2026-10-01"},
    ],
)
@pytest.mark.parametrize("uid", [NOBODYS, "never-seen"])
def test_no_kind_of_call_makes_a_uid_somebodys(world: World, uid: str, body: dict[str, Any]) -> None:
    before = whose(world)
    ask("POST", f"/omi-webhook/{SECRET}?uid={uid}", **body)(world)
    assert whose(world) == before


@pytest.mark.parametrize("name", RUN)
def test_what_cannot_give_anybody_anything_does_not(world: World, name: str) -> None:
    before = whose(world)
    RUN[name](world)
    after = whose(world)
    assert after - before == set()
    assert {owner for _, _, owner in before - after} <= {"ben"}


def shut(facts: Facts) -> Decision:
    """The gate says no to everything."""
    match facts.act:
        case Act.ARRIVE:
            return Decision(rule="shut", outcome=Outcome.QUARANTINE)
        case Act.EXPIRE:
            return Decision(rule="shut", outcome=Outcome.KEEP)
    return Decision(rule="shut", outcome=Outcome.REFUSE, error=NotAvailable("The gate is shut."))


# What there is


def routes() -> Iterator[str]:
    async def look() -> list[Any]:
        async with wiring.open_services(settings.load()) as product:
            return list(make_app(product).routes)

    for part in asyncio.run(look()):
        for route in part.original_router.routes if hasattr(part, "original_router") else [part]:
            methods: set[str] = getattr(route, "methods", None) or {"GET"}
            yield from (f"{method} {route.path}" for method in methods - {"HEAD"})


def commands() -> Iterator[str]:
    for name in COMMANDS:
        parser = argparse.ArgumentParser()
        module_of(name).add_arguments(parser)
        actions: list[Mapping[str, object]] = [
            action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)
        ]
        yield from (f"omilink {name} {action}" for choices in actions for action in choices)
        if not actions:
            yield f"omilink {name}"


def tasks() -> Iterator[str]:
    """What a running product does from time to time; what it does all the time is to save what comes."""
    for name, task in inspect.getmembers(maintenance, inspect.iscoroutinefunction):
        if task.__module__ == maintenance.__name__ and not name.startswith("_"):
            yield name


def whose(world: World) -> Ownership:
    """What is somebody's: sessions, OMI accounts and conversations."""
    s, link, c = schema.omi_sessions.c, schema.omi_links.c, schema.conversations.c
    kinds = {"session": (s.id, s.user_id), "uid": (link.omi_user_id, link.user_id), "conversation": (c.id, c.user_id)}
    return {(what, row[0], row[1]) for what, columns in kinds.items() for row in rows(world, *columns) if row[1]}


def things(world: World) -> list[str]:
    """The names by which anything can be asked for. What is ben's comes last."""
    s, link, c = schema.omi_sessions.c, schema.omi_links.c, schema.conversations.c
    user, token = schema.users.c, schema.tokens.c
    owners = dict(rows(world, s.omi_session_id, s.user_id))
    owners |= rows(world, link.omi_user_id, link.user_id)
    owners |= rows(world, c.id, c.user_id)
    owners |= rows(world, user.id, user.id)
    owners |= rows(world, func.substr(token.hash, 1, 16), token.user_id)
    return sorted(owners, key=lambda name: owners[name] == "ben")


def rows(world: World, *columns: ColumnElement[Any]) -> list[Any]:
    engine = sqlite.engine(world.data_dir / "omilink.db")
    with engine.connect() as connection:
        found = list(connection.execute(select(*columns)))
    engine.dispose()
    return found


# The world

hasher = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
"""Hashes as cheaply as it can."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    data_dir = tmp_path_factory.mktemp("gate") / "data"
    data_dir.mkdir()
    engine = sqlite.engine(data_dir / "omilink.db")
    migrate.upgrade(engine)
    with engine.begin() as connection:
        tx = Transaction(connection, writes=True)
        started, secret = populate(tx, clock.now() - HOUR)
    engine.dispose()
    return World(data_dir, str(started.say), str(started.number), secret)


@pytest.fixture
def world(made: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    data_dir = tmp_path / "data"
    shutil.copytree(made.data_dir, data_dir)
    monkeypatch.setenv("OMILINK_DATA_DIR", str(data_dir))
    monkeypatch.setenv("OMILINK_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("OMILINK_WEBHOOK_AUTH", "open")
    monkeypatch.setenv("OMILINK_RATE_LIMITS", "off")
    monkeypatch.setenv("OMILINK_PORT", "1")  # where no server of somebody else's answers the doctor
    monkeypatch.setenv("OMILINK_PASSWORD", PASSWORD)
    monkeypatch.setattr(passwords, "PasswordHasher", hasher)
    return World(data_dir, made.sentence, made.number, made.personal)


def populate(tx: Transaction, at: int) -> tuple[omi_accounts.Started, str]:
    for name in "ada", "ben":
        user = User(id=name, email=f"{name}@example.org", display_name=None, created_at=at)
        signing_in.add(tx, user, hasher().hash(PASSWORD), f"{name}s token")
        sessions.issue(tx, [f"{name}s-device"], name, moment(at), OPERATOR)
    sessions.issue(tx, [ADAS_OTHER], "ada", moment(at), OPERATOR)
    for name in "kitchen", "cellar":
        sessions.link(tx, name, "ada", moment(at))
    for uid in ADAS, BENS, NOBODYS:
        speak(tx, uid, at, uid)
    omi_accounts.verify_by_operator(tx, ADAS, "ada", moment(at), OPERATOR)
    unit_of_work(omi_accounts.prove)(tx, BENS, "ben", Proof.SPOKEN, moment(at), OPERATOR, include_earlier=False)
    for name in "kitchen", "cellar", "adas-device", "bens-device":
        speak(tx, name, at + 1, None)
    sessions.unlink(tx, "cellar", "ada", moment(at + 2))
    speak(tx, "cellar", at + 3, None, order=1)
    started = omi_accounts.start(tx, NOBODYS, "ben", moment(clock.now()), By("ben"), by_phone=True)
    (current,) = personal_webhook.show(tx, "ben", at)
    return started, current.secret


def moment(at: int) -> Moment:
    """Before the first call of the inbox."""
    return Moment(at=at, order=0)


def speak(tx: Transaction, session: str, at: int, uid: str | None, *, order: int = 0) -> None:
    body = json.dumps({"segments": [{"text": f"words of {session}", "start": 0, "end": 2}]}).encode()
    call = Delivery(kind="transcript", session_id=session, uid=uid, body=body, received_at=at, order=order)
    saving.save_all(tx, [call], 150)
