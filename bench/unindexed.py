"""omilink without its search index, to be measured beside omilink: `python -m bench.unindexed serve`."""

import asyncio
import sys
from typing import Any
from unittest import mock

from omilink import cli
from omilink.app import maintenance
from omilink.search import index


def _add_nothing(*_: Any, **__: Any) -> None:
    pass


async def _wait(*_: Any) -> None:
    await asyncio.Event().wait()


if __name__ == "__main__":
    with mock.patch.object(index, "update", _add_nothing), mock.patch.object(maintenance, "index", _wait):
        sys.exit(cli.main())
