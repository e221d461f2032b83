"""PostgreSQL comes back with what was committed, and leaves nothing behind."""

from pathlib import Path

import psycopg
import pytest

from lab.postgres import Postgres
from lab.process import DidNotStart


def test_what_was_committed_survives_a_kill_and_a_restart(tmp_path: Path) -> None:
    with Postgres(tmp_path / "postgres", durable=True) as server:
        url = server.create_database("words")
        with psycopg.connect(url) as kept:
            kept.execute("CREATE TABLE said AS SELECT 'committed' AS word")
            kept.commit()
            kept.execute("INSERT INTO said VALUES ('not committed')")
            port, killed = server.port, server.pid
            server.kill()
            assert not server.running
            with pytest.raises(psycopg.OperationalError):
                kept.execute("SELECT 1")
        server.start()
        server.restart()
        assert (server.port, server.pid != killed) == (port, True)
        assert server.run("SELECT word FROM said", "words") == [("committed",)]
        server.drop_database("words")
        assert "words" not in server.databases()
    with pytest.raises(psycopg.OperationalError):
        server.run("SELECT 1")


def test_a_start_that_fails_says_why(tmp_path: Path) -> None:
    with Postgres(tmp_path / "postgres") as server, pytest.raises(DidNotStart, match=r"(?s)did not start.*Address"):
        Postgres(tmp_path / "other", port=server.port, name="other").start()
