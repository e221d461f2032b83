"""`omilink sessions provision|list|unlink`"""

import argparse
import secrets

from omilink import accounts, model, sessions
from omilink.cli.common import add_json, moment, print_list, with_product
from omilink.errors import NotFound
from omilink.linking import Act
from omilink.model import SHARED, OmiSession, session_key
from omilink.ports import Transaction
from omilink.product import Product


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True, dest="action")
    provision = actions.add_parser(
        "provision", help="issue session ids to a user, linked before the device's first call"
    )
    provision.add_argument("--user", required=True, metavar="EMAIL")
    which = provision.add_mutually_exclusive_group()
    which.add_argument("--count", type=_positive, default=1, help="how many (default 1)")
    which.add_argument("--id", help="issue this id instead of a new one; it should hold 128 random bits")
    add_json(provision)
    listing = actions.add_parser("list", help="sessions, the newest first")
    listing.add_argument("--user", metavar="EMAIL", help="only this user's")
    listing.add_argument("--limit", type=_positive, default=100, help="how many at most (default 100)")
    add_json(listing)
    unlink = actions.add_parser("unlink", help="make a session nobody's; what was saved stays its owner's")
    unlink.add_argument("session_id")


def run(args: argparse.Namespace) -> int:
    {"provision": _provision, "list": _list, "unlink": _unlink}[args.action](args)
    return 0


def new_session_id() -> str:
    """144 random bits. The prefix keeps it apart from an OMI account's uid, which has 28 letters and digits."""
    return f"dev_{secrets.token_urlsafe(18)}"


def _provision(args: argparse.Namespace) -> None:
    ids = [args.id] if args.id else [new_session_id() for _ in range(args.count)]

    def issue(tx: Transaction) -> None:
        user = accounts.find(tx, args.user)
        for omi_session_id in ids:
            sessions.link(tx, omi_session_id, user.id, model.now(), act=Act.ISSUE)

    async def write(product: Product) -> None:
        await product.store.write(issue)

    with_product(write)
    if args.json:
        print_list([{"id": omi_session_id, "user": args.user} for omi_session_id in ids], as_json=True, empty="")
    else:
        print("\n".join(ids))


def _list(args: argparse.Namespace) -> None:
    def load(tx: Transaction) -> list[dict[str, object]]:
        emails = {user.id: user.email for user in tx.users()}
        if args.user:
            found = tx.sessions_of(accounts.find(tx, args.user).id)[: args.limit]
        else:
            found = tx.all_sessions(args.limit)
        return [_shown(session, emails) for session in found]

    async def read(product: Product) -> list[dict[str, object]]:
        return await product.store.read(load)

    print_list(with_product(read), as_json=args.json, empty="No session yet. The first webhook makes one.")


def _unlink(args: argparse.Namespace) -> None:
    def unlink(tx: Transaction) -> None:
        key = session_key(SHARED, args.session_id)
        session = tx.sessions([key]).get(key)
        if session is None or session.user_id is None:
            raise NotFound(f"No linked session has the id {args.session_id}. `omilink sessions list` shows all.")
        sessions.unlink(tx, args.session_id, session.user_id, model.now())

    async def write(product: Product) -> None:
        await product.store.write(unlink)

    with_product(write)
    print(f"{args.session_id} is nobody's now. What was saved stays its owner's.")


def _shown(session: OmiSession, emails: dict[str, str]) -> dict[str, object]:
    return {
        "session": session.omi_session_id,
        "user": emails.get(session.user_id) if session.user_id else None,
        "method": session.method,
        "linked": moment(session.linked_at),
        "last seen": moment(session.last_seen_at),
        "bad segments": session.bad_segments,
    }


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)
