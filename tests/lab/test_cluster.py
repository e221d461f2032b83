"""The whole set starts, loses processes, comes back, and ends; with programs that stand in for omilink's nodes."""

import sys
from pathlib import Path

import pytest

from lab.cluster import DATABASE, Cluster
from lab.net import get
from lab.process import DidNotStart

STAND_IN = f"""#!{sys.executable}
import os, signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Ready(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["OMILINK_NATS_REPLICAS"].encode())

signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
if sys.argv[1] == "worker":
    print("omilink worker stands in")
    signal.pause()
server = HTTPServer(("127.0.0.1", int(sys.argv[-1])), Ready)
print(f"omilink listens on http://127.0.0.1:{{sys.argv[-1]}} (Ctrl-C ends it)")
server.serve_forever()
"""


@pytest.fixture(autouse=True)
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "omilink"
    program.write_text(STAND_IN)
    program.chmod(0o755)
    monkeypatch.setattr("lab.cluster.OMILINK", str(program))


def test_a_cluster_comes_back_piece_by_piece_and_as_a_whole(tmp_path: Path) -> None:
    with Cluster(tmp_path / "cluster", nats=1, webs=1) as cluster:
        [web] = cluster.webs
        assert [process.name for process in cluster.processes] == [
            "postgres",
            "nats-1",
            "worker-1",
            "worker-2",
            "web-1",
        ]
        assert get(f"{web.url}/ready") == (200, b"1")  # as many replicas as there are servers
        cluster.postgres.run("CREATE TABLE kept ()", DATABASE)
        for process in cluster.processes:
            process.kill()
            assert not process.running
            process.start()
        assert cluster.postgres.run("SELECT 1 FROM kept", DATABASE) == []
    assert not any(process.running for process in cluster.processes)
    secret = cluster.secret
    with Cluster(tmp_path / "cluster", nats=1, webs=1, workers=0) as cluster:
        assert cluster.postgres.run("SELECT 1 FROM kept", DATABASE) == []
        assert cluster.webhook_url == f"{cluster.webs[0].url}/omi-webhook/{secret}"
        assert (tmp_path / "cluster" / "webhook_secret").stat().st_mode & 0o777 == 0o600


def test_a_cluster_that_cannot_start_leaves_nothing_running(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "cluster", nats=1, webs=1, workers=1)
    with cluster.webs[0], pytest.raises(DidNotStart, match=r"(?s)web-1 did not start.*Address already in use"):
        Cluster(tmp_path / "other", nats=1, workers=1, web_ports=[int(cluster.webs[0].url.rpartition(":")[2])]).start()
