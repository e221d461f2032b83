"""`omilink worker` beside the servers that take the calls."""

import os
import re
import subprocess
from pathlib import Path

import httpx2
from support import OMILINK, PATIENCE, TLS, wait_until

from lab.nats import NatsServer
from lab.postgres import Postgres


def ready(url: str) -> bool:
    return httpx2.get(f"{url}/ready", timeout=PATIENCE, verify=TLS).status_code == 200


def test_a_worker_tells_how_it_is_and_ends_when_it_is_asked_to(
    postgres_server: Postgres, nats_server: NatsServer, tmp_path: Path
) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "OMILINK_DATABASE_URL": postgres_server.create_database("worker"),
        "OMILINK_NATS_URL": nats_server.url,
        "OMILINK_DATA_DIR": str(tmp_path / "worker"),
    }
    command = [OMILINK, "worker", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout
        found = re.search(r"http://\S+", worker.stdout.readline())
        assert found
        wait_until(lambda: ready(found[0]), "the worker")
        assert 'omilink_part_up{part="workers"} 1.0' in httpx2.get(f"{found[0]}/metrics", verify=TLS).text
        worker.terminate()
        assert worker.wait(PATIENCE) == 0


def test_a_worker_says_what_it_needs(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "OMILINK_DATA_DIR": str(tmp_path)}
    refused = subprocess.run([OMILINK, "worker"], env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert refused.returncode == 1
    assert "OMILINK_NATS_URL" in refused.stderr
