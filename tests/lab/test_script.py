"""What script/cluster runs, as somebody at a terminal sees it."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from lab.net import get
from lab.process import until

ROOT = Path(__file__).parents[2]
NAMES = ["postgres", "nats-1", "nats-2", "nats-3", "worker-1", "worker-2", "web-1", "web-2"]


def test_it_says_what_runs_who_dies_and_leaves_nothing_behind(tmp_path: Path) -> None:
    environment = os.environ | {"OMILINK_DATA_DIR": str(tmp_path), "OMILINK_PORT": "0"}
    command = [sys.executable, "-m", "lab"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout
            said = "".join(iter(program.stdout.readline, "Ctrl-C ends it.\n"))
            pids = {name: int(pid) for name, pid in re.findall(r"^  ([a-z]+(?:-\d)?) +(\d+) ", said, re.MULTILINE)}
            assert list(pids) == NAMES
            pages = re.findall(r"Page +(http://\S+/)", said)
            assert [get(f"{page}ready")[0] for page in pages] == [200, 200]
            os.kill(pids["worker-1"], signal.SIGKILL)
            obituary = next(line for line in program.stdout if line.startswith("worker-1"))
            assert f"process {pids['worker-1']}) has ended with -9" in obituary
        finally:
            program.terminate()
        assert program.wait(30) == 0
    assert until(lambda: all(get(page)[0] == 0 for page in pages))
