"""What the gate adds to ingest: the product beside itself without its gate, in one run, for every kind of people."""

import asyncio
import os
import shutil
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from functools import partial
from pathlib import Path

from sqlalchemy import create_engine, select

from bench import servers
from bench.load import Rate, as_many_as_possible
from bench.people import Person, link_by_hand, register
from bench.report import Line
from bench.servers import Server, Site, ask
from bench.wire import Stream, open_streams
from omilink.clock import now
from omilink.database import schema
from omilink.models.omi_account import OmiLink, Proof

MOST = 0.05
WARM_UP = 1.0


class Kind(StrEnum):
    VERIFIED = "verified uid"
    BY_HAND = "linked by hand, uid not verified"
    PERSONAL = "personal URL"
    ASKED = "by hand, and a sentence is awaited"


USUAL = (Kind.VERIFIED, Kind.BY_HAND, Kind.PERSONAL)
"""A sentence is awaited for ten minutes, once."""
MIXED = "a third each of the first three"


@dataclass(frozen=True, kw_only=True)
class Size:
    """`people` are those of one crowd, which posts for so many `seconds`, four times in each round."""

    people: int
    rounds: int
    seconds: float


FULL = Size(people=48, rounds=8, seconds=2)
QUICK = Size(people=48, rounds=2, seconds=1)


@dataclass(kw_only=True)
class Round:
    gated: list[Rate] = field(default_factory=list)
    ungated: list[Rate] = field(default_factory=list)

    @property
    def cpu(self) -> tuple[float, float]:
        """Microseconds a call, of the product and without the gate."""
        gated, ungated = (statistics.mean(rate.server_cpu for rate in each) for each in (self.gated, self.ungated))
        return gated, ungated

    @property
    def done(self) -> tuple[float, float]:
        """Calls a second."""
        gated, ungated = (statistics.mean(rate.done for rate in each) for each in (self.gated, self.ungated))
        return gated, ungated


Rounds = dict[str, list[Round]]
"""By crowd."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    server: Server
    crowds: Mapping[str, Sequence[Person]]
    streams: Mapping[str, Sequence[Stream]]


async def measure(size: Size, folder: Path) -> Rounds:
    crowds = await _prepare(size, folder / "prepared")
    copies = []
    for name in ("gated", "ungated"):
        shutil.copytree(folder / "prepared", folder / name)
        copies.append(_copy(crowds))
    rounds: Rounds = {name: [] for name in crowds}
    for number in range(size.rounds):
        print(f"the gate: round {number + 1} of {size.rounds}", file=sys.stderr, flush=True)
        await _round(rounds, size, folder, copies, product_first=number % 2 == 0)
    return rounds


# the people


async def _prepare(size: Size, data: Path) -> dict[str, list[Person]]:
    """Everybody is linked by the product, so that both start with the same sessions and the same proofs."""
    server = servers.omilink("prepared", data)
    try:
        with ThreadPoolExecutor(4) as pool:
            people = {kind: list(pool.map(partial(_sign_up, server, kind), range(size.people))) for kind in Kind}
        _vouch_for(people[Kind.VERIFIED], servers.database(data))
        everybody = [person for each in people.values() for person in each]
        await as_many_as_possible(server, everybody, await open_streams(server, everybody), 0)  # one call each
    finally:
        server.stop()
    mixed = [person for kind in USUAL for person in people[kind][: size.people // len(USUAL)]]
    return {MIXED: mixed} | {kind.value: each for kind, each in people.items()}


def _sign_up(site: Server, kind: Kind, number: int) -> Person:
    person = register(site, f"{kind.name.lower()}-{number:04}")
    return _WAYS[kind](site, person)


def _call_it_the_uid(_: Server, person: Person) -> Person:
    """As on OMI's cloud, where the session's id is the uid."""
    return replace(person, session=person.uid)


def _take_own_address(site: Server, person: Person) -> Person:
    url = ask(site, "GET", "/me/webhook-url", token=person.token)["url"]
    return replace(person, session=person.uid, secret=url.rpartition("/")[2])


_WAYS: Mapping[Kind, Callable[[Server, Person], Person]] = {
    Kind.VERIFIED: _call_it_the_uid,
    Kind.BY_HAND: link_by_hand,
    Kind.PERSONAL: _take_own_address,
    Kind.ASKED: link_by_hand,
}


def _vouch_for(people: Sequence[Person], database: Path) -> None:
    """As `omilink users verify` does, which takes a second for each. Who has said a sentence goes on being listened to
    until it expires, so that would be another kind."""
    engine = create_engine(f"sqlite:///{database}")
    with engine.begin() as connection:
        ids = dict(connection.execute(select(schema.users.c.email, schema.users.c.id)).tuples().all())
        links = [
            OmiLink(uid=one.uid, user_id=ids[one.email], proof=Proof.OPERATOR, brings=True, verified_at=now())
            for one in people
        ]
        rows = [
            {"omi_user_id" if name == "uid" else name: value for name, value in asdict(one).items()} for one in links
        ]
        connection.execute(schema.omi_links.insert(), rows)
    engine.dispose()


def _ask_for_a_sentence(site: Site, person: Person) -> str:
    return str(ask(site, "POST", "/link/omi/start", {"omi_user_id": person.uid}, person.token)["say"])


def _copy(crowds: Mapping[str, Sequence[Person]]) -> dict[str, list[Person]]:
    """Each server's people count their own calls. Somebody who is in two crowds is one person."""
    copies: dict[str, Person] = {}
    return {
        name: [copies.setdefault(person.email, replace(person)) for person in people] for name, people in crowds.items()
    }


# the rounds


async def _round(
    rounds: Rounds, size: Size, folder: Path, copies: Sequence[dict[str, list[Person]]], *, product_first: bool
) -> None:
    """In fresh processes, since two processes of one program are not equally fast; the product, the other, the other
    and the product, or the other way round, since a machine is not equally fast all the time."""
    with _running(folder) as (product, plain):
        gated, ungated = [await _subject(*each) for each in zip((product, plain), copies, strict=True)]
        for name in rounds:
            rounds[name].append(Round())
            turns = (gated, ungated, ungated, gated) if product_first else (ungated, gated, gated, ungated)
            for subject in turns:
                rate = await _post(subject, name, size.seconds)
                (rounds[name][-1].gated if subject is gated else rounds[name][-1].ungated).append(rate)


@contextmanager
def _running(folder: Path) -> Iterator[tuple[Server, Server]]:
    product = servers.omilink("gated", folder / "gated")
    try:
        plain = servers.omilink("ungated", folder / "ungated", module="bench.ungated")
        try:
            yield product, plain
        finally:
            plain.stop()
    finally:
        product.stop()


async def _subject(server: Server, crowds: Mapping[str, Sequence[Person]]) -> Subject:
    asked = crowds[Kind.ASKED.value]
    await asyncio.gather(*(asyncio.to_thread(_ask_for_a_sentence, server, person) for person in asked))
    streams = {person.email: stream for person, stream in await _one_each(server, crowds)}
    subject = Subject(
        server=server,
        crowds=crowds,
        streams={name: [streams[person.email] for person in people] for name, people in crowds.items()},
    )
    for name in crowds:
        await _post(subject, name, WARM_UP / len(crowds))
    return subject


async def _one_each(server: Server, crowds: Mapping[str, Sequence[Person]]) -> Iterator[tuple[Person, Stream]]:
    everybody = list({person.email: person for people in crowds.values() for person in people}.values())
    return zip(everybody, await open_streams(server, everybody), strict=True)


async def _post(subject: Subject, crowd: str, seconds: float) -> Rate:
    return await as_many_as_possible(subject.server, subject.crowds[crowd], subject.streams[crowd], seconds)


# the figures


def lines(rounds: Rounds) -> list[Line]:
    count = len(next(iter(rounds.values())))
    return [
        Line("CPU a call", "product / without its gate", f"the gate adds: median of {count} rounds (range)", "target"),
        *(_line(name, each) for name, each in rounds.items()),
        _together(rounds),
        Line("  the same twice in one round", "", f"differs by {_noise(rounds) * 100:.1f} % (median)"),
        *_speed(rounds[MIXED]),
        Line("others took of the machine", f"{_others(rounds):.0%}", f"load at the end {os.getloadavg()[0]:.1f}"),
    ]


def _line(name: str, rounds: Sequence[Round]) -> Line:
    costs = " / ".join(f"{statistics.median(each):.0f}" for each in zip(*(each.cpu for each in rounds), strict=True))
    added = _added(rounds)
    is_judged = name == MIXED
    met = statistics.median(added) <= MOST if is_judged else None
    return Line(name, f"{costs} µs", _spread(added), f"≤ +{MOST:.0%}" if is_judged else "", met)


def _together(rounds: Rounds) -> Line:
    added = [added for name in (MIXED, *USUAL) for added in _added(rounds[name])]
    low, middle, high = (value * 100 for value in statistics.quantiles(added, n=4))
    shown = f"{middle:+.1f} % (half of them {low:+.1f} to {high:+.1f})"
    return Line(f"  all {len(added)} rounds but those of a sentence", "", shown)


def _added(rounds: Sequence[Round]) -> list[float]:
    return [gated / ungated - 1 for gated, ungated in (each.cpu for each in rounds)]


def _speed(rounds: Sequence[Round]) -> list[Line]:
    rates = " / ".join(f"{statistics.median(each):,.0f}" for each in zip(*(each.done for each in rounds), strict=True))
    changed = [gated / ungated - 1 for gated, ungated in (each.done for each in rounds)]
    return [Line("  calls a second, of the mixture", rates, _spread(changed))]


def _spread(ratios: Sequence[float]) -> str:
    low, middle, high = (value * 100 for value in (min(ratios), statistics.median(ratios), max(ratios)))
    return f"{middle:+.1f} % ({low:+.1f} to {high:+.1f})"


def _noise(rounds: Rounds) -> float:
    pairs = [pair for each in rounds.values() for one in each for pair in (one.gated, one.ungated)]
    return statistics.median(abs(first.server_cpu / second.server_cpu - 1) for first, second in pairs)


def _others(rounds: Rounds) -> float:
    return statistics.median(
        rate.others for each in rounds.values() for one in each for rate in (*one.gated, *one.ungated)
    )
