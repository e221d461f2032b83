"""`omilink sessions provision|list|unlink|hand-over|return|lose`"""

import argparse
import sys
from collections.abc import Callable

from omilink.accounts import signing_in
from omilink.app.services import Services
from omilink.cli.common import add_json, moment, positive, print_list, with_services
from omilink.database.store import Transaction
from omilink.errors import NotFound
from omilink.linking import session_ids, sessions
from omilink.models.audit import OPERATOR
from omilink.models.ids import SHARED
from omilink.models.order import Moment
from omilink.models.session import Device, OmiSession


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True, dest="action")
    provision = actions.add_parser(
        "provision", help="issue session ids to a user; they are linked before the device's first call"
    )
    provision.add_argument("--user", required=True, metavar="EMAIL")
    which = provision.add_mutually_exclusive_group()
    which.add_argument("--count", type=positive, default=1, help="number of ids (default %(default)s)")
    which.add_argument("--id", help="issue this id instead of a new one; it should have 128 random bits")
    add_json(provision)
    listing = actions.add_parser("list", help="list sessions, newest first")
    listing.add_argument("--user", metavar="EMAIL", help="only sessions of this user")
    listing.add_argument("--limit", type=positive, default=100, help="sessions at most (default %(default)s)")
    add_json(listing)
    unlink = actions.add_parser("unlink", help="unlink a session; saved conversations stay with its owner")
    unlink.add_argument("session_id")
    unlink.add_argument("--user", metavar="EMAIL", help="its owner; needed for a session at a personal webhook address")
    hand_over = actions.add_parser(
        "hand-over", help="give an issued device to another user; saved conversations stay with the previous owner"
    )
    hand_over.add_argument("session_id")
    hand_over.add_argument("--to", required=True, metavar="EMAIL")
    for action, state in ("return", "returned"), ("lose", "lost"):
        parser_of_it = actions.add_parser(
            action, help=f"mark an issued device as {state}: its calls go into quarantine until it is issued again"
        )
        parser_of_it.add_argument("session_id")


def run(args: argparse.Namespace) -> int:
    actions = {
        "provision": _provision,
        "list": _list,
        "unlink": _unlink,
        "hand-over": _hand_over,
        "return": _return,
        "lose": _lose,
    }
    actions[args.action](args)
    return 0


def _provision(args: argparse.Namespace) -> None:
    ids = [args.id] if args.id else [session_ids.new_session_id() for _ in range(args.count)]

    def issue(tx: Transaction, now: Moment) -> set[str]:
        user = signing_in.find(tx, args.user)
        sessions.issue(tx, ids, user.id, now, OPERATOR)
        return {user.id}

    _change(issue)
    if args.id and (why := session_ids.how_to_guess(args.id)):
        print(f"omilink: {args.id} can be guessed: {why}. Give the device a random id if you can.", file=sys.stderr)
    if args.json:
        print_list([{"id": omi_session_id, "user": args.user} for omi_session_id in ids], as_json=True, empty="")
    else:
        print("\n".join(ids))


def _list(args: argparse.Namespace) -> None:
    def load(tx: Transaction) -> list[dict[str, object]]:
        emails = {user.id: user.email for user in tx.users()}
        if args.user:
            found = tx.sessions_of(signing_in.find(tx, args.user).id)[: args.limit]
        else:
            found = tx.all_sessions(args.limit)
        return [_shown(session, emails) for session in found]

    async def read(services: Services) -> list[dict[str, object]]:
        return await services.store.read(load)

    print_list(
        with_services(read), as_json=args.json, empty="There are no sessions yet. The first webhook call makes one."
    )


def _unlink(args: argparse.Namespace) -> None:
    def unlink(tx: Transaction, now: Moment) -> set[str]:
        owner = signing_in.find(tx, args.user).id if args.user else sessions.find(tx, args.session_id, 0).user_id
        if owner is None:
            raise NotFound(f"No linked session has the id {args.session_id}. `omilink sessions list` shows all.")
        sessions.unlink(tx, args.session_id, owner, now, OPERATOR)
        return {owner}

    _change(unlink)
    print(f"Session {args.session_id} is unlinked. Saved conversations stay with the previous owner.")


def _hand_over(args: argparse.Namespace) -> None:
    def hand_over(tx: Transaction, now: Moment) -> set[str]:
        to = signing_in.find(tx, args.to).id
        before = sessions.find(tx, args.session_id, 0).user_id
        sessions.hand_over(tx, args.session_id, to, now, OPERATOR)
        return {user_id for user_id in (before, to) if user_id}

    _change(hand_over)
    print(f"Session {args.session_id} belongs to {args.to} from now on. Earlier calls stay with the previous owner.")


def _return(args: argparse.Namespace) -> None:
    _end(args, Device.RETURNED)


def _lose(args: argparse.Namespace) -> None:
    _end(args, Device.LOST)


def _end(args: argparse.Namespace, device: Device) -> None:
    def end(tx: Transaction, now: Moment) -> set[str]:
        before = sessions.find(tx, args.session_id, 0).user_id
        sessions.end(tx, args.session_id, device, now, OPERATOR)
        return {before} if before else set()

    _change(end)
    print(
        f"{args.session_id} is {device}. Its calls go into quarantine until it is issued again: "
        "omilink sessions provision --user EMAIL --id ID"
    )


def _change(change: Callable[[Transaction, Moment], set[str]]) -> None:
    """Makes the change, and notifies the streams of the users that it returns."""

    async def write(services: Services) -> None:
        now = await services.moment()
        services.bus.publish(await services.store.write(lambda tx: change(tx, now)))

    with_services(write)


def _shown(session: OmiSession, emails: dict[str, str]) -> dict[str, object]:
    return {
        "session": session.omi_session_id,
        "user": emails.get(session.user_id) if session.user_id else None,
        "method": session.method,
        "device": session.device,
        "address": "shared" if session.origin == SHARED else "personal",
        "linked": moment(session.linked_at),
        "last seen": moment(session.last_seen_at),
        "bad segments": session.bad_segments,
    }
