"""`omilink audit`"""

import argparse

from msgspec.structs import asdict

from omilink.accounts import signing_in
from omilink.app.services import Services
from omilink.cli.common import add_json, moment, positive, print_list, with_services
from omilink.database.store import Transaction
from omilink.models.audit import AuditEntry
from omilink.models.ids import SHARED, session_key


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Who did what to which session or OMI account, by which rule and proof, and whose it was before and after. "
        "The newest first; never with words. Entries are only ever added."
    )
    parser.add_argument("--user", metavar="EMAIL", help="only what this user did, lost or got")
    parser.add_argument("--session", metavar="ID", help="only what happened to this session")
    parser.add_argument("--limit", type=positive, default=100, help="how many at most (default 100)")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    def load(tx: Transaction) -> list[dict[str, object]]:
        user_id = signing_in.find(tx, args.user).id if args.user else None
        session = session_key(SHARED, args.session) if args.session else None
        emails = {user.id: user.email for user in tx.users()}
        return [_shown(entry, emails) for entry in tx.audited(args.limit, user_id, session)]

    async def read(services: Services) -> list[dict[str, object]]:
        return await services.store.read(load)

    print_list(with_services(read), as_json=args.json, empty="Nothing has changed hands yet.")
    return 0


def _shown(entry: AuditEntry, emails: dict[str, str]) -> dict[str, object]:
    who = {name: emails.get(str(value), value) for name, value in asdict(entry).items() if name in WHO}
    origin, _, session = entry.session_id.partition("/")
    where = "shared" if origin == SHARED else emails.get(origin, origin)
    return {
        "at": moment(entry.at),
        "actor": who["actor"],
        "rule": entry.rule,
        "proof": entry.proof,
        "session": session,
        "at address": where,
        "uid": entry.uid,
        "before": who["before"],
        "after": who["after"],
        "request": entry.request_id,
    }


WHO = ("actor", "before", "after")
