"""A cluster whose network can be cut, and users who may ask any of its nodes."""

import itertools
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import httpx2
from support import OMILINK, PATIENCE, TLS, wait_until

from lab.cluster import DATABASE, LISTENS, Cluster, Node
from lab.nats import NatsServer
from lab.net import HOST, free_port
from lab.postgres import USER, Postgres
from lab.process import start_together, until
from lab.proxy import Proxy

SCRAPE = 10.0
"""Seconds that Prometheus waits for an answer."""

_names = itertools.count(1)


class Network:
    """The ways from a node to PostgreSQL and to NATS."""

    def __init__(self, postgres: Postgres, nats: list[NatsServer]) -> None:
        self.to_postgres = [Proxy(postgres.port)]
        self.to_nats = [Proxy(server.port) for server in nats]

    def settings(self) -> dict[str, str]:
        [to_postgres] = self.to_postgres
        return {
            "OMILINK_DATABASE_URL": f"postgresql://{USER}@{HOST}:{to_postgres.port}/{DATABASE}",
            "OMILINK_NATS_URL": ",".join(f"nats://{HOST}:{proxy.port}" for proxy in self.to_nats),
        }

    def mend(self) -> None:
        each(Proxy.mend, [*self.to_postgres, *self.to_nats])

    def close(self) -> None:
        each(Proxy.close, [*self.to_postgres, *self.to_nats])


def each(do: Callable[[Proxy], None], proxies: list[Proxy]) -> None:
    for proxy in proxies:
        do(proxy)


class Site(Cluster):
    """Two workers, two web nodes, and a network between the servers and each of these. Links end after a day without a
    call."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, settings={"OMILINK_RATE_LIMITS": "off", "OMILINK_LINK_TTL": "1"})
        self.networks = [self._network(node) for node in [*self.webs, *self.workers]]

    def start(self) -> Self:
        super().start()
        self.urls = [web.url for web in self.webs]
        return self

    def stop(self) -> None:
        super().stop()
        for network in self.networks:
            network.close()

    def make_whole(self) -> None:
        """Mends what was cut and starts what has ended."""
        for network in self.networks:
            network.mend()
        start_together([process for process in self.processes if not process.running])
        self.wait_until_ready()

    def cut_postgres_off(self, do: Callable[[Proxy], None]) -> None:
        """From every node."""
        for network in self.networks:
            each(do, network.to_postgres)

    def cut_nats_off(self, node: Node, do: Callable[[Proxy], None]) -> None:
        nodes = [*self.webs, *self.workers]
        each(do, self.networks[nodes.index(node)].to_nats)

    def another_web(self, name: str, **settings: str) -> tuple[Node, Network]:
        """Not yet started."""
        arguments = ("serve", "--no-worker", "--port", str(free_port()))
        node = Node(name, self.folder / name, arguments, LISTENS, self.settings | settings)
        self.networks.append(self._network(node))
        return node, self.networks[-1]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return self.postgres.run(statement, DATABASE)

    def shares(self) -> list[int]:
        """How many partitions each worker holds, the fewest first."""
        return sorted(Counter(self.rows("SELECT holder FROM partitions WHERE holder IS NOT NULL")).values())

    def wait_until_shared(self) -> None:
        wait_until(lambda: self.shares() == [16, 16], "even shares")

    def seconds_until_one_has_all(self) -> float:
        began = time.monotonic()
        wait_until(lambda: self.shares() == [32], "one worker to have everything")
        return time.monotonic() - began

    def call(self, url: str, session_id: str, text: str, start: float = 0.0) -> httpx2.Response:
        """One webhook call with one segment."""
        body = {"session_id": session_id, "segments": [segment(text, start)]}
        return httpx2.post(self.webhook(url), json=body, timeout=PATIENCE, verify=TLS)

    def say(self, url: str, session_id: str, text: str, start: float = 0.0) -> None:
        answer = self.call(url, session_id, text, start)
        assert answer.status_code == 200, answer.text

    def omilink(self, *arguments: str) -> str:
        """What an operator's command prints, beside the first web node."""
        command, environment = [OMILINK, *arguments], self.webs[0].environment()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def webhook(self, url: str) -> str:
        return f"{url}/omi-webhook/{self.secret}"

    def _network(self, node: Node) -> Network:
        network = Network(self.postgres, self.nats)
        node.settings |= network.settings()
        return network


class User:
    """Somebody who is signed in, and may ask any node."""

    def __init__(self, url: str) -> None:
        self.email, self.password = f"somebody{next(_names)}@example.org", "correct horse"
        self.headers: dict[str, str] = {}
        token = self.succeed("POST", f"{url}/auth/register", json=self.login)["session_token"]
        self.headers["Authorization"] = f"Bearer {token}"

    @property
    def login(self) -> dict[str, str]:
        return {"email": self.email, "password": self.password}

    def ask(self, method: str, url: str, **options: Any) -> httpx2.Response:
        return httpx2.request(method, url, headers=self.headers, timeout=PATIENCE, verify=TLS, **options)

    def succeed(self, method: str, url: str, **options: Any) -> Any:
        """The answer. A node whose servers have just come back may refuse for a moment."""
        answer = until(lambda: served(self.ask(method, url, **options)), PATIENCE)
        assert answer and answer.is_success, answer and answer.text
        return answer.json()

    def link(self, url: str) -> str:
        """A new session of this user's."""
        session_id = f"device-{next(_names)}"
        self.succeed("POST", f"{url}/sessions/link", json={"session_id": session_id})
        return session_id

    def conversations(self, url: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.succeed("GET", f"{url}/conversations", params={"limit": 200})["items"]
        return items

    def texts(self, url: str, conversation_id: str) -> list[str]:
        """Of a conversation, in the order in which they were saved."""
        messages: list[dict[str, Any]] = []
        params: dict[str, Any] = {"limit": 200}
        while params:
            page = self.succeed("GET", f"{url}/conversations/{conversation_id}/messages", params=params)
            messages += page["items"]
            params = {"limit": 200, "cursor": page["nextCursor"]} if page["nextCursor"] else {}
        return [message["text"] for message in sorted(messages, key=lambda message: message["seq"])]


def served(answer: httpx2.Response) -> httpx2.Response | None:
    return None if answer.status_code == 503 else answer


def segment(text: str, start: float) -> dict[str, Any]:
    return {"text": text, "speaker": "SPEAKER_0", "is_user": True, "start": start, "end": start + 0.01}


def ill(url: str) -> set[str]:
    """The parts that do not work, as /ready says."""
    parts: dict[str, str] = httpx2.get(f"{url}/ready", timeout=PATIENCE, verify=TLS).json()["parts"]
    return {part for part, state in parts.items() if state != "ok"}


def down(url: str) -> set[str]:
    """The parts that do not work, as /metrics says."""
    lines = httpx2.get(f"{url}/metrics", timeout=SCRAPE, verify=TLS).text.splitlines()
    return {line.split('"')[1] for line in lines if line.startswith("omilink_part_up") and line.endswith(" 0.0")}
