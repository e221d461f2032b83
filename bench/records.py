"""What a long record costs: the server's CPU, and how long the calls of other users wait meanwhile."""

import asyncio
import json
import random
import statistics
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import machine, servers
from bench.load import Arrivals, talk
from bench.people import Person, link_by_hand, register, sign_up
from bench.report import Line, told
from bench.servers import Server
from bench.wire import Stream, client, open_streams
from bench.words_said import text

SEGMENTS, LOST_EVERY, SEGMENTS_IN_A_CALL = 3_000, 10, 100
"""Of every ten segments one never came live."""
OTHERS, CALLS_A_SECOND, SECONDS = 40, 100.0, 3.0
BEFORE_THE_RECORD = 1.0
"""Seconds in which the others' calls come before the record does."""
LONGEST_WAIT = 100
"""Milliseconds."""

Segment = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Size:
    rounds: int


FULL, QUICK = Size(rounds=10), Size(rounds=3)


@dataclass(kw_only=True)
class Figures:
    """Of each round. `cpu` are the server's milliseconds from the record's call until its words are in the owner's
    stream, with nothing else to do; `took` are the milliseconds between the two. `alone` and `beside` are the
    milliseconds of every call of the others, from its POST to the arrival of its messages."""

    machine: dict[str, str]
    cpu: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    alone: list[list[float]] = field(default_factory=list)
    beside: list[list[float]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


async def measure(size: Size, folder: Path) -> Figures:
    figures = Figures(machine=machine.describe(folder))
    server = servers.omilink("records", folder / "records")
    try:
        others = sign_up(server, OTHERS)
        streams = await open_streams(server, others)
        for number in range(-1, size.rounds):  # the first one warms up
            _say(f"records: round {max(0, number) + 1} of {size.rounds}")
            figures = figures if number else Figures(machine=figures.machine)
            await _measure_alone(server, await _Talk.held(server, f"alone-{number + 1}"), figures)
            figures.alone.append(await _talk(server, others, streams))
            record = await _Talk.held(server, f"beside-{number + 1}")
            talking = asyncio.create_task(_talk(server, others, streams))
            await asyncio.sleep(BEFORE_THE_RECORD)
            await record.send(server)
            figures.beside.append(await talking)
    finally:
        server.stop()
    return figures


async def _measure_alone(server: Server, record: "_Talk", figures: Figures) -> None:
    before, began = sum(server.cpu_seconds().values()), time.perf_counter()
    await record.send(server)
    figures.took.append((time.perf_counter() - began) * 1000)
    figures.cpu.append((sum(server.cpu_seconds().values()) - before) * 1000)


async def _talk(server: Server, people: Sequence[Person], streams: Sequence[Stream]) -> list[float]:
    calls, _ = await talk(server, people, streams, CALLS_A_SECOND, SECONDS)
    return [call.milliseconds for call in calls]


@dataclass(frozen=True, kw_only=True)
class _Talk:
    """A conversation that was saved, and its record, which is still to come."""

    person: Person
    stream: Stream
    began: datetime
    said: Sequence[Segment]

    @classmethod
    async def held(cls, server: Server, name: str) -> "_Talk":
        person = link_by_hand(server, register(server, name))
        chance, began = random.Random(name), datetime.now(UTC)
        said = [_segment(chance, number) for number in range(SEGMENTS)]
        [stream] = await open_streams(server, [person])
        live = [segment for number, segment in enumerate(said) if number % LOST_EVERY]
        arrivals = Arrivals([stream])
        async with client(server) as connection:
            for at in range(0, len(live), SEGMENTS_IN_A_CALL):
                call = {"session_id": person.session, "segments": live[at : at + SEGMENTS_IN_A_CALL]}
                await connection.milliseconds(person.request(json.dumps(call)))
        await arrivals.wait_for(len(live))
        return cls(person=person, stream=stream, began=began, said=said)

    async def send(self, server: Server) -> None:
        """Returns when the words that never came live are in the stream."""
        record = {
            "id": str(uuid.uuid4()),
            "session_id": self.person.session,
            "created_at": self.began.isoformat(),
            "started_at": self.began.isoformat(),
            "structured": {"title": "A long talk", "overview": "Much was said."},
            "transcript_segments": self.said,
        }
        arrivals = Arrivals([self.stream])
        async with client(server) as connection:
            await connection.milliseconds(self.person.request(json.dumps(record)))
        await arrivals.wait_for(len(range(0, SEGMENTS, LOST_EVERY)))
        self.stream.close()


def _segment(chance: random.Random, number: int) -> Segment:
    start, speaker = number * 3.0, number % 3
    return {
        "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "text": text(chance),
        "speaker": f"SPEAKER_{speaker}",
        "speaker_id": speaker,
        "is_user": speaker == 0,
        "person_id": None,
        "start": start,
        "end": start + 2.5,
    }


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


# how it is told


def table(figures: Figures) -> str:
    alone, beside = ([wait for waits in rounds for wait in waits] for rounds in (figures.alone, figures.beside))
    longest = [max(waits) for waits in figures.beside]
    middle = statistics.median(longest)
    lost = SEGMENTS // LOST_EVERY
    lines = [
        Line("", "median", "rounds", "target"),
        Line(f"a record of {SEGMENTS:,} segments, {lost} of them new: server CPU", *_shown(figures.cpu)),
        Line("  until its words are in the stream", *_shown(figures.took)),
        Line("another user's calls without it, p50", f"{statistics.median(alone):.1f} ms"),
        Line("  the longest of a round", *_shown([max(waits) for waits in figures.alone])),
        Line("another user's calls beside it, p50", f"{statistics.median(beside):.1f} ms"),
        Line("  the longest of a round", *_shown(longest), f"≤ {LONGEST_WAIT} ms", middle <= LONGEST_WAIT),
    ]
    return told(figures.machine, lines)


def _shown(values: Sequence[float]) -> tuple[str, str]:
    return f"{statistics.median(values):.0f} ms", f"{min(values):.0f} to {max(values):.0f} ms"
