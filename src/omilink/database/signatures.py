"""Signatures of saved calls, so that a signed call is saved once."""

from collections.abc import Collection

from sqlalchemy import insert, select

from omilink.database import schema
from omilink.database.dialects import among, json_list
from omilink.database.work import Work


class Signatures(Work):
    def known_signatures(self, signatures: Collection[str]) -> set[str]:
        """Those of the signatures with which a call was saved within the last day."""
        known = schema.signatures.c.hash
        found = select(known).where(among(known, "hashes"))
        return set(self._run(found, {"hashes": json_list(signatures)}).scalars()) if signatures else set()

    def add_signatures(self, signatures: Collection[str]) -> None:
        """Notes that calls with these signatures were saved."""
        rows = [{"hash": signature, "counted_at": self.counted()} for signature in signatures]
        self._many(insert(schema.signatures), rows)
