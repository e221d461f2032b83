"""No server outlives the program that started it."""

import subprocess
import sys
from pathlib import Path

from lab.net import free_port, is_free
from lab.process import until

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from pathlib import Path
from lab.nats import NatsServer
from lab.postgres import Postgres

folder, one, other = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
with Postgres(folder / "postgres", port=one), NatsServer(folder / "nats", port=other):
    print("ready", flush=True)
    sys.stdin.read()
"""


def test_servers_end_with_the_program_that_started_them_even_when_it_is_killed(tmp_path: Path) -> None:
    ports = [free_port(), free_port()]
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), *map(str, ports)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout and program.stdout.readline() == "ready\n"
        assert not any(map(is_free, ports))
        program.kill()
    assert until(lambda: all(map(is_free, ports)))
