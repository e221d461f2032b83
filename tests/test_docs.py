"""The docs say what the code does: nothing missing, nothing made up, links that lead somewhere, examples that run."""

import argparse
import ast
import contextlib
import importlib
import json
import os
import re
import runpy
import shutil
import signal
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import PATIENCE, Follower, ServerProcess, wait_until

from omilink import cli
from omilink.accounts import passwords, signing_in
from omilink.accounts.rate_limits import PERSONAL_CALL
from omilink.app import maintenance
from omilink.clock import DAY
from omilink.conversations import alignment, history
from omilink.conversations.action_items import MOST_ADDED, MOST_OWN
from omilink.conversations.people import MOST as MOST_PEOPLE
from omilink.conversations.speakers import MOST_SPLIT
from omilink.database import postgres, removal, sqlite, threads
from omilink.ingest import accept, large_calls, payload, phrase_removal, record_reading, segment_reading, worker
from omilink.ingest.large_calls import RECORD_BYTES
from omilink.linking import sessions
from omilink.linking.acts import Act, Outcome
from omilink.linking.rules import RULES, Rule
from omilink.live import live_stream
from omilink.models.delivery import BATCH_BYTES
from omilink.models.ids import SHARED
from omilink.models.session import MOST_SESSIONS, UnlinkReason
from omilink.nats.stream import PARTITIONS
from omilink.search import find
from omilink.settings import Settings
from omilink.turns import SHARES
from omilink.web.app import openapi_document
from omilink.web.bodies import MAX_BODY
from omilink.web.errors import STATUS
from omilink.web.sockets import connection, listener, sse
from omilink.web.sockets.connection import PATIENCE as PATIENCE_WITH
from omilink.web.sockets.connection import Wait

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")])
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
ACTS = {
    Act.ARRIVE: "A call comes in",
    Act.CLAIM: "U links it",
    Act.ISSUE: "An operator issues it to U",
    Act.HAND_OVER: "An operator hands it over to U",
    Act.PROVE: "U proves an OMI account",
    Act.DISOWN: "U unlinks an OMI account",
    Act.BRING: "U takes along what was said before",
    Act.LEAVE: "U lets go of what came along",
    Act.UNLINK: "U unlinks it",
    Act.END: "A device comes back or is lost",
    Act.EXPIRE: "No call comes",
}

BOUNDS = {
    "the address of a request": f"{connection.ADDRESS_BYTES >> 10} KiB",
    "headers and trailers of a request": f"{connection.HEADERS}, and {connection.HEAD_BYTES >> 10} KiB together",
    "what frames a body: sizes and extensions of chunks": f"as much as the body, and {connection.HEAD_BYTES >> 10} KiB",
    "a body": f"{MAX_BODY >> 20} MiB",
    "a record of OMI's, from whoever may call the webhook": f"{RECORD_BYTES >> 20} MiB",
    "large records that come at the same time, on disk": (
        f"{large_calls.PLACES[SHARED]} with the secret, {large_calls.PERSONAL} at personal addresses, "
        f"{large_calls.OF_ONE_USER} at one, {large_calls.PLACES[large_calls.SIGNED]} with a signature alone"
    ),
    "memory, by large records at the same time": f"one of them, and {accept.MOST_VALUES:,} values",
    "requests of everybody that have not come to their end": f"{listener.HELD_BYTES >> 20} MiB together",
    "requests that wait in line on a connection": f"{connection.PIPELINED}",
    "a connection without a request": f"{PATIENCE_WITH[Wait.FIRST_BYTE]:g} s",
    "the head of a request": f"{PATIENCE_WITH[Wait.HEAD]:g} s from its first byte",
    "a body that comes slowly": f"{connection.PROGRESS >> 10} KiB every {PATIENCE_WITH[Wait.BODY]:g} s",
    "a body that nobody reads": f"{PATIENCE_WITH[Wait.UNREAD_BODY]:g} s after the answer",
    "a connection between two requests": f"{PATIENCE_WITH[Wait.NEXT_REQUEST]:g} s",
    "an answer that is not read": f"{connection.READING:g} s",
    "answers to everybody that are not read": f"{listener.UNSENT_BYTES >> 20} MiB together",
    "a stream that is not read": f"{sse.PATIENCE:g} s",
    "connections": f"the process's open files without {listener.FILES}",
    "connections from one address, of IPv6 from one network": f"{listener.FROM_ONE_ADDRESS:,}, and a quarter of all",
    "files, so that nobody can be let in": "one second",
    "lines in the log about all that": "one a minute of each kind",
    "the database's threads, by asking much": f"one thread at a time, for {threads.TURN * 1000:g} ms or one call",
    "a page of a list": "200 entries",
    "a page of a search": f"{find.READ_MOST:,} texts of {find.PIECE} characters",
    "sessions, linked by hand or at the personal address": f"{MOST_SESSIONS:,}",
    "action items of one's own": f"{MOST_OWN:,}, and {MOST_ADDED} added to a conversation",
    "people": f"{MOST_PEOPLE:,}, with those who were merged or deleted; of a record {record_reading.MOST_NAMES} names; "
    f"{MOST_SPLIT} conversations of a split",
    "what is kept of one user's calls in a day": f"{Settings.model_fields['daily_megabytes'].default} MB",
    "the worker, by sending much": f"1/{SHARES} of a batch of {worker.BATCH} calls, and one call beyond its bytes",
    "memory and the writing thread, by what waits to be saved": f"{BATCH_BYTES >> 10} KiB and one call",
    "the writing thread, by comparing a record with its conversation": (
        f"{alignment.MOST_STEPS:,} steps, and {alignment.MOST_PLACES} places of a message"
    ),
    "what a record says about a conversation, which every event of it has": (
        f"{record_reading.LONGEST_SUMMARY >> 10} KiB of summary, and {record_reading.MOST_DETAILS >> 10} KiB of lists"
    ),
    "conversations that a summary of a day names": f"{record_reading.MOST_ENTRIES}",
    "calls at the personal address": f"{PERSONAL_CALL.burst:,} at once, then {1 / PERSONAL_CALL.seconds:g} a second",
    "the hashing of passwords": f"{passwords.MOST_WAITING} wait, {passwords.AT_ONCE} are hashed",
    "the writing thread, by deleting beside a backup": f"{sqlite.SCRUB_PATIENCE} ms every {maintenance.SCRUB:g} s",
}
"""What one peer or user can cost, and how much of it."""


# the reference is complete


def test_every_setting_has_a_row() -> None:
    names = {f"OMILINK_{name.upper()}" for name in Settings.model_fields}
    assert first_cells((REFERENCE / "settings.md").read_text()) == names


def test_every_route_has_a_heading() -> None:
    paths = openapi_document()["paths"]
    routes = {f"`{method.upper()} {path}`" for path, item in paths.items() for method in item}
    assert routes == {heading for heading in headings(REFERENCE / "http.md") if heading.startswith("`")}


def test_the_events_stand_there_as_the_server_describes_them() -> None:
    page, write = REFERENCE / "events.md", "script/write_reference.py"
    written = runpy.run_path(str(ROOT / write))["written"]
    assert page.read_text() == written(page.read_text()), f"call .venv/bin/python {write}"


def test_every_reason_to_lose_a_session_has_a_row() -> None:
    section = section_of(REFERENCE / "events.md", "Types").partition("### Why a session is not yours any more")[2]
    assert first_cells(section) == set(UnlinkReason)


def test_every_error_code_has_a_row_with_its_status() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", (REFERENCE / "errors.md").read_text(), re.MULTILINE)
    assert {code: int(status) for code, status in rows} == STATUS


def test_every_command_has_a_heading_and_its_options_are_named() -> None:
    page, commands = REFERENCE / "commands.md", dict(all_commands())
    assert {heading.strip("`") for heading in headings(page)} - {"Commands"} == commands.keys()
    for command, parser in commands.items():
        section = section_of(page, f"`{command}`")
        assert not {option for option in options(parser) if option not in section}, command


def test_every_dependency_has_a_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lists = [project["project"]["dependencies"], *project["project"]["optional-dependencies"].values()]
    lists += project["dependency-groups"].values()
    wanted = [dependency for listed in lists for dependency in listed if isinstance(dependency, str)]
    names = {re.split(r"[<>=;\[]", dependency)[0].strip() for dependency in wanted}
    for package in (ROOT / "clients").glob("*/package.json"):
        listed = json.loads(package.read_text())
        names |= listed.get("dependencies", {}).keys() | listed["devDependencies"].keys()
    assert names - {"omilink"} == first_cells((DOCS / "decisions" / "0002-dependencies.md").read_text())


# what carries time is told


TIME = DOCS / "decisions" / "0015-time.md"
UNITS = {"s": 1, "minute": 60, "minutes": 60, "hour": 3_600, "day": 86_400, "days": 86_400}
SOURCES = sorted((ROOT / "src" / "omilink").rglob("*.py"))
MAY_ASK_WALL_CLOCK = {
    "omilink/clock.py",
    "omilink/web/routes/webhook.py",
    "omilink_simulator/sender.py",
    "omilink_simulator/simulator.py",
}


def test_every_duration_has_a_row_with_what_it_is() -> None:
    rows = re.findall(r"^\| (`.+?) \| (.+?) \| .+\|$", TIME.read_text(), re.MULTILINE)
    told = [
        (name, is_)
        for names, are in rows
        for name, is_ in zip(re.findall(r"`([a-z_.]+\.[A-Z_]+|OMILINK_\w+)`", names), are.split(", "), strict=True)
    ]
    assert {name: seconds(is_) for name, is_ in told if is_ != "its value"} == {
        name: duration(name) for name, is_ in told if is_ != "its value"
    }
    settings = {
        f"OMILINK_{name.upper()}"
        for name, setting in Settings.model_fields.items()
        if re.match("days|seconds", setting.description or "")
    }
    assert {name for name, _ in told} >= settings | {*kept_durations()}


def test_nobody_else_asks_the_wall_clock() -> None:
    """Others are given it as `clock` or `at`, so that it is seen what they do with it."""
    asks = re.compile(r"\btime\.time(_ns)?\(|\bdatetime\.(utc)?now\(")
    files = sorted((ROOT / "src").rglob("*.py"))
    found = {str(file.relative_to(ROOT / "src")) for file in files if asks.search(file.read_text())}
    assert found == MAY_ASK_WALL_CLOCK


# the map is complete


def test_every_module_is_on_the_map() -> None:
    section = section_of(DOCS / "architecture.md", "The map")
    rows = re.findall(r"^\| `(.+?)/` \| (.+?) \|", section, re.MULTILINE)
    on_the_map = {f"{folder}/{module}" for folder, modules in rows for module in re.findall(r"`(\w+)`", modules)}
    modules = {str(file.relative_to(ROOT / "src").with_suffix("")) for file in (ROOT / "src").rglob("*.py")}
    assert on_the_map == {one for one in modules if not one.endswith("__init__") and "/migrations/" not in one}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_modules_named_in_the_docs_are_there(page: Path) -> None:
    src = ROOT / "src" / "omilink"
    folders = "|".join(sorted(folder.name for folder in src.iterdir() if (folder / "__init__.py").exists()))
    named = re.findall(rf"`((?:{folders})/\w+)`", page.read_text())
    assert [name for name in named if not (src / f"{name}.py").exists() and not (src / name).is_dir()] == []


def test_the_steps_of_a_word_are_there_and_counted() -> None:
    section = section_of(DOCS / "architecture.md", "The way of a word")
    steps = re.findall(r"^\| (\d+) \| `(.+?)` \| `(.+?)` \|", section, re.MULTILINE)
    assert [int(number) for number, _, _ in steps] == list(range(1, len(steps) + 1))
    assert [(module, name) for _, module, name in steps if name not in defined_in(module)] == []
    shapes = re.findall(r"^\| (.+?) \| .+ \| step ", section, re.MULTILINE)
    assert f"In all {len(steps)} steps, {IN_WORDS[len(shapes)]} shapes" in section


def defined_in(module: str) -> set[str]:
    """The classes, functions and methods of a module, as `function`, `Class` and `Class.method`."""
    named = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    top = [one for one in ast.parse((ROOT / f"src/omilink/{module}.py").read_text()).body if isinstance(one, named)]
    classes = [one for one in top if isinstance(one, ast.ClassDef)]
    methods = {f"{one.name}.{inner.name}" for one in classes for inner in one.body if isinstance(inner, named)}
    return {one.name for one in top} | methods


def test_the_glossary_says_where_things_are() -> None:
    places = re.findall(r"^\|[^|]+\|[^|]+\| (.*?) ?\|$", (DOCS / "glossary.md").read_text(), re.MULTILINE)
    named = [name for place in places for name in re.findall(r"`(.+?)`", place)]
    src = ROOT / "src" / "omilink"
    assert [name for name in named if not (src / f"{name}.py").exists() and not (src / name).is_dir()] == []
    assert len(named) > 20


def kept_durations() -> Iterator[str]:
    """Those that are compared with times in the database or of a clock: they are milliseconds."""
    for file in SOURCES:
        module = ".".join(file.relative_to(ROOT / "src" / "omilink").with_suffix("").parts)
        names = re.findall(r"^([A-Z_]+): Millis = ", file.read_text(), re.MULTILINE)
        yield from (f"{module}.{name}" for name in names if name != "DAY")


def seconds(told: str) -> float:
    number, unit = told.split()
    return float(number) * UNITS[unit]


def duration(name: str) -> float:
    module, _, constant = name.rpartition(".")
    value = getattr(importlib.import_module(f"omilink.{module}"), constant)
    return float(value) / 1000 if name in kept_durations() else float(value)


# the linking rules are told as they are


@pytest.mark.parametrize("act", Act, ids=lambda act: act.name.lower())
def test_the_linking_rules_stand_in_the_docs_in_their_order(act: Act) -> None:
    section = section_of(REFERENCE / "linking.md", ACTS[act])
    rows = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in re.findall(r"^\| `.+\|$", section, re.M)]
    assert [(row[0], row[2], row[3]) for row in rows] == [told(rule) for rule in RULES[act]]


def test_every_outcome_is_explained() -> None:
    section = section_of(REFERENCE / "linking.md", "What the outcomes mean")
    assert set(re.findall(r"^\| (\w+) \| [A-Z]", section, re.M)) - {"Outcome"} == {o.name.lower() for o in Outcome}


def told(rule: Rule[Any]) -> tuple[str, str, str]:
    how = rule.method or (rule.error.code if rule.error else None)
    return f"`{rule.name}`", rule.outcome.name.lower() + (f", `{how}`" if how else ""), rule.why


# links lead somewhere


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text())):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} leads nowhere"
        if anchor:
            assert anchor in {slug(heading) for heading in headings(target)}, f"{link} has no such heading"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, to_read = set[Path](), [ROOT / "README.md"]
    while to_read:
        page = to_read.pop()
        if page.is_dir():
            page /= "README.md"
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        links = re.findall(r"\]\(([^)\s#]+)", without_code(page.read_text()))
        to_read += [(page.parent / link).resolve() for link in links if "://" not in link]
    assert not set(PAGES) - reached


# the threat model names tests that are there


def test_every_test_that_the_threat_model_names_is_there() -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", (DOCS / "threat-model.md").read_text())
    assert named
    assert not [f"{file}::{name}" for file, name in named if f"def {name}(" not in source(ROOT / "tests" / file)]


def test_every_threat_is_shown_by_a_test() -> None:
    threats = (DOCS / "threat-model.md").read_text().partition("## What is not stopped")[0]
    rows = re.findall(r"^\| (.+) \|$", threats, re.MULTILINE)
    assert rows
    assert not [row for row in rows if not row.startswith("Could try") and "::test_" not in row.split(" | ")[-1]]


def test_the_bounds_of_the_threat_model_are_those_of_the_code() -> None:
    table = section_of(DOCS / "threat-model.md", "What one peer or user can cost")
    rows = [row.split(" | ") for row in re.findall(r"^\| (.+) \|$", table, re.MULTILINE)[1:]]
    assert {row[0]: row[1] for row in rows} == BOUNDS


IN_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def said(page: str, sentence: str) -> bool:
    return sentence in " ".join((DOCS / page).read_text().split())


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("reference/events.md", f"Every {live_stream.HEARTBEAT:g} s without an event a comment line comes"),
        ("reference/events.md", f"A reader that takes nothing for {sse.PATIENCE:g} s is cut off"),
        ("decisions/0006-live.md", f"takes nothing for {sse.PATIENCE:g} s is cut off"),
        (
            "architecture.md",
            f"a look every {'second' if maintenance.WATCH == 1 else maintenance.WATCH} finds what they changed",
        ),
        ("architecture.md", f"takes up to {worker.BATCH} calls"),
        ("reference/http.md", f"A token lives {signing_in.TOKEN_LIFE // DAY} days"),
        ("reference/http.md", f"opens one stream within {signing_in.TICKET_LIFE // 1000} s"),
        ("reference/http.md", f"its newest {history.SNAPSHOT} messages"),
        ("reference/http.md", f"A body holds at most {MAX_BODY >> 20} MiB"),
        ("reference/http.md", f"more than {payload.MAX_SEGMENTS:,} segments"),
        ("reference/http.md", f"began in the {sessions.EARLIER // 3_600_000} hours before the proof"),
        ("howto/program-a-device.md", f"More than {segment_reading.MAX_TEXT:,} characters come as several messages"),
        ("howto/operate.md", f"It is tried {IN_WORDS[worker.MAX_ATTEMPTS]} times"),
        ("howto/operate.md", f"of a uid have {removal.OWNERLESS_MOST:,} messages"),
        ("decisions/0012-proof.md", f"the latest {phrase_removal.EARLIER_MESSAGES} messages"),
    ],
)
def test_numbers_in_the_docs_are_those_of_the_code(page: str, sentence: str) -> None:
    assert said(page, sentence)


# the arithmetic on capacity is right

CAPACITY = REFERENCE / "capacity.md"
PIECE = re.compile(r"(?P<number>\d[\d,.]*)(?: (?P<unit>µs|ms|kB|MB|GB|TB|PB|million|trillion)\b)?|(?P<sign>[×÷+−()])")
SIZES = {"kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15}
IN_UNITS = SIZES | {None: 1, "µs": 1e-6, "ms": 1e-3, "million": 1e6, "trillion": 1e12}
SIGNS = {"×": "*", "÷": "/", "−": "-"}
ROUNDED = 0.05
"""Figures have two digits, and other figures are calculated from them."""


@pytest.mark.parametrize("heading", ["What it takes", "What breaks first"])
def test_each_figure_of_capacity_is_what_its_calculation_gives(heading: str) -> None:
    rows = [row.split(" | ") for row in re.findall(r"^\| (.+) \|$", section_of(CAPACITY, heading), re.MULTILINE)]
    figures = {what: (calculated(how), calculated(shown)) for what, how, shown, *_ in rows[1:]}
    assert len(figures) >= 10
    wrong = {what: both for what, both in figures.items() if both[1] != pytest.approx(both[0], rel=ROUNDED)}
    assert not wrong


def test_fifty_million_take_fifty_times_as_much() -> None:
    rows = [
        row.split(" | ") for row in re.findall(r"^\| (.+) \|$", section_of(CAPACITY, "What it takes"), re.MULTILINE)
    ]
    pairs = {what: (calculated(one) * 50, calculated(fifty)) for what, _, one, fifty in rows[1:]}
    wrong = {what: both for what, both in pairs.items() if both[1] != pytest.approx(both[0], rel=ROUNDED)}
    assert not wrong


def test_capacity_is_calculated_with_what_the_code_says() -> None:
    cells = re.findall(r"^\| (.+?) \| (.+?) \|", section_of(CAPACITY, "What goes in"), re.MULTILINE)
    inputs = {what: value for what, value in cells}
    assert inputs["partitions"] == f"{PARTITIONS}"
    assert inputs["calls in a batch, at most"] == f"{worker.BATCH}"
    assert inputs["connections of a process to PostgreSQL"] == f"{postgres.READERS + postgres.WRITERS}"
    assert inputs["days of the log"] == f"{Settings.model_fields['keep_events'].default}"
    assert inputs["seconds between looks at the marks"] == f"{maintenance.WATCH:g}"


def calculated(text: str) -> float:
    """Words between the amounts say what the amounts are, and do not count."""
    pieces = [
        SIGNS.get(piece["sign"], piece["sign"])
        or str(float(piece["number"].replace(",", "")) * IN_UNITS[piece["unit"]])
        for piece in PIECE.finditer(text)
    ]
    return float(eval(" ".join(pieces)))


# examples run


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed, and the docs' examples use it")
@pytest.mark.parametrize(
    ("page", "email", "words"),
    [
        ("README.md", "ada@example.org", ["Hello from my wearable"]),
        ("docs/quickstart.md", "grace@example.org", ["Where did I put the key?", "In the door."]),
    ],
)
def test_the_curl_lines_run_as_written(
    page: str, email: str, words: list[str], make_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    server = make_server(OMILINK_WEBHOOK_AUTH="open")
    blocks = [block for block in code(ROOT / page, "sh") if "localhost:8000" in block]
    script = "\n".join(["set -e", *blocks]).replace("localhost:8000", f"127.0.0.1:{server.port}")
    with shell(script, tmp_path) as printed:
        assert '"ok":true' in printed() and '"ok":false' not in printed()
        with sign_in(server, email) as stream:
            stream.wait_for_text(words[-1])
        if "/stream" in script:
            wait_until(lambda: all(text in printed() for text in words), "the words in the stream")


def test_the_queries_of_troubleshooting_run_as_written(server: ServerProcess) -> None:
    ada = server.user()
    ada.link("your-session-id")
    server.say("your-session-id", "is this on")
    wait_until(lambda: ada.current()["messages"], "the words")
    with sqlite3.connect(server.data_dir / "omilink.db") as database:
        queries = code(DOCS / "howto/troubleshoot.md", "sql")
        rows = [database.execute(query.replace("your-user-id", ada.id)).fetchall() for query in queries]
    assert [len(found) for found in rows] == [1, 1, 1, 0]  # the last asks for a verified uid, and there is none


def test_a_backup_is_made_while_the_server_runs_and_restored(server: ServerProcess, tmp_path: Path) -> None:
    ada = server.user()
    ada.link("kitchen")
    server.say("kitchen", "keep this")
    wait_until(lambda: ada.current()["messages"], "the words")
    cursor = ada.current()["cursor"]
    server.omilink("backup", str(tmp_path / "backup.db"))
    server.stop()
    for file in server.data_dir.glob("omilink.db*"):
        file.unlink()
    shutil.copy(tmp_path / "backup.db", server.data_dir / "omilink.db")
    server.start()
    with ada.follow(cursor) as stream:
        assert stream.wait_for("reset")["reason"] == "cursor_unknown"
        assert stream.wait_for_text("keep this")


# how the pages are read and the examples run


def headings(page: Path) -> list[str]:
    return HEADING.findall(without_code(page.read_text()))


def source(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def section_of(page: Path, heading: str) -> str:
    return page.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def first_cells(text: str) -> set[str]:
    """The names in backticks that begin the rows of tables."""
    cells = re.findall(r"^\| (`.+?) \|", text, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def code(page: Path, language: str) -> list[str]:
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", page.read_text(), re.MULTILINE | re.DOTALL)


def without_code(text: str) -> str:
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def all_commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for name in cli.COMMANDS:
        parser = argparse.ArgumentParser()
        cli.module_of(name).add_arguments(parser)
        actions = next((a.choices for a in parser._actions if isinstance(a, argparse._SubParsersAction)), None)
        yield from (
            {f"omilink {name} {action}": p for action, p in actions.items()}.items()
            if actions
            else [(f"omilink {name}", parser)]
        )


def options(parser: argparse.ArgumentParser) -> set[str]:
    return {option for action in parser._actions for option in action.option_strings} - {"-h", "--help"}


@contextlib.contextmanager
def shell(script: str, folder: Path) -> Iterator[Callable[[], str]]:
    """Runs the script in the folder; yields a look at what it has printed. Whatever still runs at the end is ended."""
    output = folder / "output"
    with output.open("w") as file:
        process = subprocess.Popen(
            ["/bin/sh", "-c", script], cwd=folder, env={"PATH": os.environ["PATH"]}, stdout=file, start_new_session=True
        )
    try:
        assert process.wait(PATIENCE) == 0
        yield output.read_text
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)


def sign_in(server: ServerProcess, email: str) -> Follower:
    client = server.client()
    client.post("/auth/login", json={"email": email, "password": "correct horse"}).raise_for_status()
    return Follower(client, {})


def python(script: str, *arguments: Path) -> None:
    subprocess.run([sys.executable, "-", *arguments], input=script, text=True, check=True)
