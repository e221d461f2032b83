"""A real server process on a real port, and people who use it."""

import itertools
import json
import os
import re
import signal
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from omilink.clock import Millis
from omilink.counted_time import CountedTime, Noted

OMILINK = Path(sys.executable).with_name("omilink")
SECRET = "secret-of-the-tests"
PATIENCE = 30.0
"""Seconds after which a test that waits for something gives up. Two busy cores need some of them."""
ATTEMPTS = 3

TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Nobody here speaks TLS, and a client that is given none of its own takes 50 ms to make it."""

SOAK = bool(os.environ.get("OMILINK_SOAK"))
"""Whether the long forms of the tests run (script/soak)."""

_people = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Person:
    """A signed-in user and a client that carries the token."""

    email: str
    password: str
    token: str
    id: str
    client: httpx2.Client

    def link(self, session_id: str) -> httpx2.Response:
        return self.client.post("/sessions/link", json={"session_id": session_id})

    def current(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.get("/conversations/current").json()
        return answer

    def follow(self, after: str | None = None, **params: str) -> "Follower":
        return Follower(self.client, {"after": after} if after else params)


def in_soak(full: int, *, else_: int) -> int:
    """A number of tries or of things: the full one in script/soak, a smaller one in every other run."""
    return full if SOAK else else_


class Turned(CountedTime):
    """Counted time that only a test turns."""

    def __init__(self, at: Millis = 1_000_000) -> None:
        super().__init__()
        self.at = at

    @property
    def known(self) -> bool:
        return True

    def __call__(self) -> Millis:
        return self.at

    def go_on(self, noted: Noted | None, wall: Millis) -> Millis:
        return self.at

    def turn(self, seconds: float) -> None:
        self.at += round(seconds * 1000)


class WallClock:
    """The wall clock of processes that get these settings, which the test sets while they run."""

    PATCH = """
import pathlib, time
ahead = pathlib.Path(__file__).with_name("ahead")
shown, shown_ns = time.time, time.time_ns
time.time = lambda: shown() + int(ahead.read_text())
time.time_ns = lambda: shown_ns() + int(ahead.read_text()) * 10**9
"""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self.set_ahead(0)
        (folder / "sitecustomize.py").write_text(self.PATCH)
        self.settings = {"PYTHONPATH": str(folder)}

    def set_ahead(self, seconds: int) -> None:
        new = self._folder / "new"
        new.write_text(str(seconds))
        new.replace(self._folder / "ahead")


class ServerProcess:
    """`omilink serve` in a process group of its own. `start` waits until it says where it listens."""

    def __init__(self, data_dir: Path, files: int | None = None, **settings: str) -> None:
        """`files`: how many it may open, as after `ulimit -n`."""
        self.data_dir = data_dir
        self.limited = ["/bin/sh", "-c", f'ulimit -n {files}; exec "$@"', "sh"] if files else []
        self.port = "0"
        self.announced = ""
        self.environment = {
            "PATH": os.environ["PATH"],
            "OMILINK_DATA_DIR": str(data_dir),
            "OMILINK_WEBHOOK_SECRET": SECRET,
            "OMILINK_RATE_LIMITS": "off",
            "PYTHONUNBUFFERED": "1",
            **settings,
        }
        self.log = data_dir.parent / f"{data_dir.name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: list[httpx2.Client] = []

    def start(self) -> "ServerProcess":
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self.limited, OMILINK, "serve", "--port", self.port],
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        self.announced, self.port = _announced(self._process, self.log)
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Sends the signal and returns the exit code."""
        assert self._process
        self._process.send_signal(how)
        code = self._process.wait(PATIENCE)
        assert self._process.stdout
        self._process.stdout.close()
        return code

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def webhook_url(self) -> str:
        return f"{self.url}/omi-webhook/{SECRET}"

    def client(self, **options: Any) -> httpx2.Client:
        """Closed by `close`, as its streams are."""
        self._clients.append(httpx2.Client(base_url=self.url, timeout=PATIENCE, verify=TLS, **options))
        return self._clients[-1]

    def close(self) -> None:
        if self.running:
            self.stop()
        for client in self._clients:
            client.close()

    def user(self, email: str | None = None, password: str = "correct horse") -> Person:
        """Signs somebody new up."""
        email = email or f"person{next(_people)}@example.org"
        client = self.client()
        answer = client.post("/auth/register", json={"email": email, "password": password})
        assert answer.status_code == 201, answer.text
        token, user_id = answer.json()["session_token"], answer.json()["user"]["id"]
        client.cookies.clear()
        client.headers["Authorization"] = f"Bearer {token}"
        return Person(email=email, password=password, token=token, id=user_id, client=client)

    def say(self, session_id: str, *texts: str, start: float = 0.0, uid: str | None = None) -> httpx2.Response:
        """A webhook call with one segment a text, two seconds each."""
        segments = [
            {"text": text, "speaker": "SPEAKER_0", "is_user": True, "start": at, "end": at + 2}
            for text, at in zip(texts, itertools.count(start, 2.0), strict=False)
        ]
        body = {"session_id": session_id, "segments": segments} | ({"uid": uid} if uid else {})
        answer = httpx2.post(self.webhook_url, json=body, timeout=PATIENCE, verify=TLS)
        assert answer.status_code == 200, answer.text
        return answer

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Reads the database, or changes it, beside the running server."""
        with closing(sqlite3.connect(self.data_dir / "omilink.db", timeout=PATIENCE)) as database, database:
            return database.execute(statement, values).fetchall()

    def wait_until_settled(self, session_id: str) -> None:
        """Until no delivery of the session waits: for sessions that nobody may look into."""
        waiting = "SELECT 1 FROM deliveries WHERE session_id = ? AND state = 'waiting'"
        wait_until(lambda: not self.rows(waiting, session_id), f"the deliveries of {session_id}")

    def vouch(self, person: Person, uid: str) -> None:
        """What `omilink users verify` does, without the time that a program takes to start."""
        self.rows("INSERT INTO omi_links (omi_user_id, user_id, verified_at) VALUES (?, ?, 0)", uid, person.id)

    def omilink(self, *arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs a command beside the server."""
        settings = self.environment | {"OMILINK_PORT": self.port} | environment
        return subprocess.run(
            [OMILINK, *arguments], env=settings, capture_output=True, text=True, timeout=PATIENCE, check=check
        )


class Follower:
    """A live stream being read by a thread of its own."""

    def __init__(self, client: httpx2.Client, params: dict[str, str]) -> None:
        self.events: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.times: list[float] = []
        self.status: int | None = None
        self.ended = threading.Event()
        self._news = threading.Condition()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(client, params), daemon=True)
        self._thread.start()

    def __enter__(self) -> "Follower":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def wait_for(self, type: str, count: int = 1) -> dict[str, Any]:
        """The `count`-th event of the type, once it is there."""

        def found() -> list[dict[str, Any]]:
            return [event for event in self.events if event["type"] == type]

        with self._news:
            assert self._news.wait_for(lambda: len(found()) >= count, PATIENCE), (type, self.types())
            return found()[count - 1]

    def wait_for_text(self, text: str) -> dict[str, Any]:
        """The message with this text, once it is there."""

        def found() -> list[dict[str, Any]]:
            return [m for event in self.events for m in event.get("messages", ()) if m["text"] == text]

        with self._news:
            assert self._news.wait_for(lambda: bool(found()), PATIENCE), (text, self.types())
            return found()[-1]

    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def texts(self) -> list[str]:
        return [m["text"] for event in self.events for m in event.get("messages", ())]

    def _read(self, client: httpx2.Client, params: dict[str, str]) -> None:
        timeout = httpx2.Timeout(PATIENCE, read=60)
        path = "/conversations/current/stream"
        try:
            with client.stream("GET", path, params=params, timeout=timeout) as answer:
                self.status = answer.status_code
                last_id = ""
                for line in answer.iter_lines():
                    if line.startswith("id: "):
                        last_id = line.removeprefix("id: ")
                    if line.startswith("data: "):
                        with self._news:
                            self.events.append(json.loads(line.removeprefix("data: ")))
                            self.ids.append(last_id)
                            self.times.append(time.monotonic())
                            self._news.notify_all()
                    if self._stop.is_set():
                        return
        except httpx2.HTTPError:
            pass
        except Exception:
            if not self._stop.is_set():  # else its client has been closed, for nobody listens any more
                raise
        finally:
            self.ended.set()


def wait_until(true: Callable[[], Any], what: str = "it") -> None:
    """Asks again until it is true: for states that announce themselves to nobody."""
    give_up = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < give_up, f"waited {PATIENCE} s for {what}"
        time.sleep(0.01)


def assert_within(seconds: float, attempt: Callable[[], float]) -> None:
    """That the attempt, which returns the seconds it took, takes less than these.

    Up to three attempts are made: a busy machine delays one of them, a fault delays all.
    """
    took: list[float] = []
    while not took or took[-1] >= seconds:
        assert len(took) < ATTEMPTS, took
        took.append(attempt())


def _announced(process: "subprocess.Popen[bytes]", log: Path) -> tuple[str, str]:
    """The line that says where it listens, and the port in it."""
    assert process.stdout
    for line in process.stdout:
        if found := re.search(rb"http://[^ ]+:(\d+)", line):
            threading.Thread(target=_drain, args=(process.stdout, log), daemon=True).start()
            return line.decode(), found[1].decode()
    raise AssertionError(f"the server ended with {process.wait()}: {log.read_text()}")


def _drain(pipe: Any, log: Path) -> None:
    """Whatever else the server prints goes where it logs."""
    try:
        with log.open("ab", buffering=0) as file:
            for line in pipe:
                file.write(line)
    except ValueError:  # closed by stop
        pass
