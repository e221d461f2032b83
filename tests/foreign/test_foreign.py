"""A client that somebody else wrote for the linking guide's API works, without knowing this repository."""

import os
from pathlib import Path

from node_support import installed, run_node
from support import ServerProcess

HERE = Path(__file__).parent


def test_a_client_written_from_the_guide_alone_works(server: ServerProcess) -> None:
    installed(HERE)
    settings = os.environ | {"OMILINK_URL": server.url, "OMILINK_WEBHOOK": server.webhook_url}
    run_node("--test", HERE / "app.test.mjs", env=settings)
