"""omilink as a cluster: PostgreSQL, NATS servers, workers and web nodes."""

import os
import re
import secrets
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Self

from lab.nats import join_urls, nats_cluster, wait_until_in_touch
from lab.net import free_port, get
from lab.postgres import Postgres
from lab.process import DidNotStart, Process, Runs, start_together, stop_together, until

OMILINK = str(Path(sys.executable).with_name("omilink"))
DATABASE = "omilink"
LISTENS = r"listens on (http://\S+)"
WORKS = r"(?m)^omilink worker"


class Node(Process):
    """An omilink process. It is ready when it has printed what `announcement` finds; `settings` count from the next
    start on."""

    def __init__(
        self, name: str, folder: Path, arguments: Sequence[str], announcement: str, settings: Mapping[str, str]
    ) -> None:
        super().__init__(name, folder)
        self.settings = {**settings, "OMILINK_DATA_DIR": str(self.folder)}
        self._arguments = arguments
        self._announcement = announcement

    def command(self) -> Sequence[str]:
        return [OMILINK, *self._arguments]

    def environment(self) -> Mapping[str, str]:
        """Settings of omilink that stand in our own environment are not for it."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("OMILINK_")}
        return {**ours, "PYTHONUNBUFFERED": "1", **self.settings}

    def is_ready(self) -> bool:
        return re.search(self._announcement, self.said()) is not None

    @property
    def url(self) -> str:
        """Where a web node listens."""
        found = re.search(LISTENS, self.said())
        assert found, f"{self.name} has not said where it listens"
        return found[1]


class Cluster(Runs):
    """All of it under one folder, which can be used again. Every process can be stopped, killed and started by itself.

    Without workers the web nodes work, and without NATS there is PostgreSQL alone. `durable` makes every
    acknowledgement wait for the disk. `web_ports` says where web nodes listen, and then how many there are. `settings`
    are what the nodes get beside the addresses of the servers.
    """

    def __init__(
        self,
        folder: Path,
        *,
        webs: int = 2,
        workers: int = 2,
        nats: int = 3,
        replicas: int = 3,
        durable: bool = False,
        web_ports: Sequence[int] = (),
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.postgres = Postgres(folder / "postgres", durable=durable)
        self.nats = nats_cluster(folder, nats, durable=durable)
        self.secret = (settings or {}).get("OMILINK_WEBHOOK_SECRET") or _kept_secret(folder / "webhook_secret")
        self.settings = {
            **(settings or {}),
            "OMILINK_WEBHOOK_SECRET": self.secret,
            "OMILINK_DATABASE_URL": self.postgres.url(DATABASE),
        }
        if nats:
            self.settings |= {
                "OMILINK_NATS_URL": join_urls(self.nats),
                "OMILINK_NATS_REPLICAS": str(min(replicas, nats)),
            }
        serve = ("serve", "--no-worker") if workers else ("serve",)
        ports = web_ports or [free_port() for _ in range(webs)]
        self.webs = [self._node(f"web-{n}", LISTENS, *serve, "--port", str(port)) for n, port in enumerate(ports, 1)]
        self.workers = [self._node(f"worker-{n}", WORKS, "worker") for n in range(1, workers + 1)]

    @property
    def processes(self) -> list[Process]:
        return [self.postgres, *self.nats, *self.workers, *self.webs]

    @property
    def webhook_url(self) -> str:
        """At the first web node."""
        return f"{self.webs[0].url}/omi-webhook/{self.secret.partition(',')[0]}"

    def start(self) -> Self:
        """Returns when every web node is ready to store and deliver. Raises DidNotStart, and then nothing is left."""
        try:
            self.postgres.start()
            if DATABASE not in self.postgres.databases():
                self.postgres.create_database(DATABASE)
            start_together(self.nats)
            wait_until_in_touch(self.nats)
            start_together([*self.workers, *self.webs])
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def wait_until_ready(self) -> None:
        """Every web node can store and deliver."""
        for url in [f"{web.url}/ready" for web in self.webs]:
            if not until(partial(_answers_well, url)):
                raise DidNotStart(f"{url} does not become ready: {get(url)[1].decode()}")

    def stop(self) -> None:
        """Each of them while what it needs is still there."""
        for group in self.webs, self.workers, self.nats, [self.postgres]:
            stop_together(group)

    def _node(self, name: str, announcement: str, *arguments: str) -> Node:
        return Node(name, self.folder / name, arguments, announcement, self.settings)


def _answers_well(url: str) -> bool:
    return get(url)[0] == 200


def _kept_secret(path: Path) -> str:
    """The nodes need the same one, also at the next start."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24))
    return path.read_text()
