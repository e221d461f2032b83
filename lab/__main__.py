"""The scaled set on this machine: PostgreSQL, three NATS servers, two workers, two web nodes. Ctrl-C ends it."""

import argparse
import os
import shlex
import signal
import sys
import time
from pathlib import Path

from lab.cluster import DATABASE, Cluster
from lab.net import free_port, is_free
from lab.process import DidNotStart, Process
from omilink import settings
from omilink.errors import OmilinkError
from omilink.settings import Settings

DATA_DIR = Path("data/cluster")
SIGNALS = [signal.SIGINT, signal.SIGTERM]
if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup has it
    SIGNALS.append(signal.SIGHUP)


def main() -> None:
    argparse.ArgumentParser(prog="script/cluster", description=__doc__).parse_args()
    for number in SIGNALS:
        signal.signal(number, _end)
    try:
        chosen = settings.load(data_dir=None if os.environ.get("OMILINK_DATA_DIR") else DATA_DIR)
        cluster = Cluster(
            chosen.data_dir,
            durable=True,
            web_ports=_web_ports(chosen),
            settings={k: v for k, v in os.environ.items() if k.startswith("OMILINK_")},
        )
        _say("Starting PostgreSQL, three NATS servers, two workers and two web nodes …")
        with cluster:
            _say(_summary(cluster))
            _watch(cluster)
    except (DidNotStart, OmilinkError, OSError) as error:
        sys.exit(f"script/cluster: {error}")


def _end(*_: object) -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # what has begun to end, ends
    raise SystemExit(0)


def _web_ports(chosen: Settings) -> list[int]:
    """The chosen one and the one after it."""
    if not chosen.port:
        return [free_port(), free_port()]
    ports = [chosen.port, chosen.port + 1]
    for port in ports:
        if not is_free(port, chosen.host):
            raise DidNotStart(
                f"Port {port} on {chosen.host} is taken. Set OMILINK_PORT to one that is free with the next."
            )
    return ports


def _summary(cluster: Cluster) -> str:
    addresses = [cluster.postgres.url(DATABASE), *(server.url for server in cluster.nats)]
    addresses += ["-"] * len(cluster.workers) + [web.url for web in cluster.webs]
    width = max(map(len, addresses))
    lines = [f"  Page     {web.url}/" for web in cluster.webs]
    lines += [f"  Webhook  {cluster.webhook_url}", "", f"  {'name':10}{'process':>8}  {'address':{width}}  log"]
    for process, address in zip(cluster.processes, addresses, strict=True):
        lines.append(f"  {process.name:10}{process.pid:>8}  {address:{width}}  {_shown(process.log)}")
    lines += ["", f"  For commands beside it: . {_shown(_write_environment(cluster))}"]
    return "\n".join(["", *lines, "", "Ctrl-C ends it."])


def _write_environment(cluster: Cluster) -> Path:
    """What `omilink` has to know to work on this cluster, for a shell to read."""
    web = cluster.webs[0]
    wanted = {name: value for name, value in web.environment().items() if name.startswith("OMILINK_")}
    file = cluster.folder / "env"
    file.touch(mode=0o600)
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(wanted.items())]
    file.write_text("\n".join([*lines, f"export OMILINK_PORT={web.url.rpartition(':')[2]}", ""]))
    return file


def _watch(cluster: Cluster) -> None:
    """Says who dies, and goes on without."""
    running = list(cluster.processes)
    while True:
        for process in [process for process in running if not process.running]:
            running.remove(process)
            _say(_obituary(process))
        time.sleep(0.2)


def _obituary(process: Process) -> str:
    return (
        f"\n{process.name} (process {process.pid}) has ended with {process.exit_code}; the others go on. "
        f"Its log {_shown(process.log)} ends with:\n{process.last_words()}"
    )


def _shown(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _say(what: str) -> None:
    print(what, flush=True)


if __name__ == "__main__":
    main()
