"""The server with its gate taken out, so that what the gate costs can be seen: whoever has a session keeps it."""

import sys
from typing import Any

from omilink import desk, saving
from omilink.cli import main
from omilink.linking import Decision, Outcome


def _keep(*_: Any) -> Decision:
    return Decision(rule="none", outcome=Outcome.KEEP)


class _Blind:
    """A transaction that looks nothing up for the gate."""

    def __init__(self, tx: Any) -> None:
        self._tx = tx

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    def challenges(self, *_: Any) -> list[Any]:
        return []

    def proofs(self, *_: Any) -> tuple[dict[str, str], set[str]]:
        return {}, set()

    def uids_shown(self, *_: Any) -> dict[str, set[str]]:
        return {}

    def users_there(self, *_: Any) -> set[str]:
        return set()

    def add_uids_shown(self, *_: Any) -> None:
        pass


class _BlindDesk(desk.Desk):
    def __init__(self, tx: Any, *rest: Any) -> None:
        super().__init__(_Blind(tx), *rest)


if __name__ == "__main__":
    saving._decide = _keep  # type: ignore[assignment]
    saving.Desk = _BlindDesk  # type: ignore[misc]
    sys.exit(main(sys.argv[1:]))
