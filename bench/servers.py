"""The measured servers, each a process of its own with a data folder of its own."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bench.machine import cpu_seconds

SECRET = "benchmark-secret"  # in every URL, so that the gate is part of what is measured
_PAGE = os.sysconf("SC_PAGE_SIZE")
_UVICORN = ("--loop", "uvloop", "--http", "httptools", "--log-level", "warning", "--no-access-log")


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A version of omilink, in a folder with an environment of its own. `module` is run in place of omilink."""

    name: str
    folder: Path
    module: str | None = None

    @property
    def program(self) -> Path:
        return self.folder / ".venv/bin/omilink"

    @property
    def command(self) -> Sequence[str]:
        return (str(self.folder / ".venv/bin/python"), "-m", self.module) if self.module else (str(self.program),)

    @property
    def commit(self) -> str:
        asked = ("git", "-C", str(self.folder), "log", "-1", "--format=%h %s")
        return subprocess.run(asked, capture_output=True, text=True).stdout.strip() or "no commit"


THIS = Checkout(name="this", folder=Path(__file__).parents[1])


class Site(Protocol):
    """Something that serves, as those see it who load it."""

    @property
    def ports(self) -> Sequence[int]:
        """Of its web nodes."""

    def cpu_seconds(self) -> dict[str, float]:
        """What each of its parts has used so far."""


@dataclass(frozen=True, kw_only=True)
class Server:
    name: str
    port: int
    process: subprocess.Popen[bytes]

    @property
    def ports(self) -> Sequence[int]:
        return [self.port]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu_seconds(self) -> dict[str, float]:
        return {"server": cpu_seconds(self.process.pid)}

    def resident_bytes(self) -> int:
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * _PAGE

    def written_bytes(self) -> int:
        """That it has given to the disk so far: log and database, in whole pages (man 5 proc: /proc/PID/io)."""
        counted = Path(f"/proc/{self.process.pid}/io").read_text().split()
        return int(counted[counted.index("write_bytes:") + 1])

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def noop(logs: Path) -> Server:
    port = _free_port()
    command = (sys.executable, "-m", "uvicorn", "bench.noop:app", "--port", str(port), *_UVICORN)
    return _started("no-op", port, command, logs / "noop.log", {})


def omilink(name: str, data: Path, checkout: Checkout = THIS, **settings: str) -> Server:
    port = _free_port()
    command = (*checkout.command, "serve", "--port", str(port))
    data.mkdir(parents=True, exist_ok=True)
    return _started(name, port, command, data.parent / f"{data.name}.log", _settings(data) | settings)


def older(folder: Path) -> Checkout:
    """The checkout in the folder, with the environment that its own script makes when there is none."""
    checkout = Checkout(name="beside", folder=folder.resolve())
    if not checkout.program.exists():
        if not (folder / "script/setup").exists():
            raise SystemExit(f"{folder} is no checkout of omilink: it has no script/setup.")
        subprocess.run(("sh", "script/setup"), cwd=folder, check=True)
    return checkout


def database(data: Path) -> Path:
    return data / "omilink.db"


def ask(site: Site, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
    """One call of the HTTP interface, and its answer; a refusal ends the benchmark."""
    connection = http.client.HTTPConnection("127.0.0.1", site.ports[0], timeout=30)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    connection.request(method, path, body=None if body is None else json.dumps(body), headers=headers)
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    if response.status >= 300:
        raise SystemExit(f"{method} {path} was answered with {response.status}: {answer[:300]!r}")
    return json.loads(answer)


def _settings(data: Path) -> dict[str, str]:
    return {
        "OMILINK_DATA_DIR": str(data),
        "OMILINK_WEBHOOK_SECRET": SECRET,
        "OMILINK_WEBHOOK_AUTH": "required",
        "OMILINK_RATE_LIMITS": "off",
    }


def _started(name: str, port: int, command: tuple[str, ...], log: Path, settings: dict[str, str]) -> Server:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("OMILINK_")}
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=clean | settings, stdout=output, stderr=subprocess.STDOUT)
    server = Server(name=name, port=port, process=process)
    _wait_until_it_answers(server, log)
    return server


def _wait_until_it_answers(server: Server, log: Path) -> None:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up and server.process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=2)
            connection.request("GET", "/ready")
            answered = connection.getresponse().status in (200, 404)  # the no-op server has no such route
        except OSError:
            answered = False
        finally:
            connection.close()
        if answered:
            return
        time.sleep(0.05)
    server.process.kill()
    raise SystemExit(f"{server.name} did not start:\n{log.read_text()[-3000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
