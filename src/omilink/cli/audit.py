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
        "Lists every change of a session's or an OMI account's owner, newest first: who made it, by which rule and "
        "proof, and the owner before and after. The audit holds no words, and its entries are never changed."
    )
    parser.add_argument(
        "--user", metavar="EMAIL", help="only changes that this user made, or that gave or took something of theirs"
    )
    parser.add_argument("--session", metavar="ID", help="only changes of this session at the shared address")
    parser.add_argument("--limit", type=positive, default=100, help="entries at most (default %(default)s)")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    def load(tx: Transaction) -> list[dict[str, object]]:
        user_id = signing_in.find(tx, args.user).id if args.user else None
        session = session_key(SHARED, args.session) if args.session else None
        emails = {user.id: user.email for user in tx.users()}
        return [_shown(entry, emails) for entry in tx.audit_entries(args.limit, user_id, session)]

    async def read(services: Services) -> list[dict[str, object]]:
        return await services.store.read(load)

    print_list(with_services(read), as_json=args.json, empty="No session has changed its owner yet.")
    return 0


def _shown(entry: AuditEntry, emails: dict[str, str]) -> dict[str, object]:
    who = {name: emails.get(str(value), value) for name, value in asdict(entry).items() if name in WHO}
    origin, _, session = entry.session_key.partition("/")
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
