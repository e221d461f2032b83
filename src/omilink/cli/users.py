"""`omilink users list|add|rename|verify|unverify`"""

import argparse
import getpass
import os

from omilink import clock, settings
from omilink.accounts import signing_in
from omilink.app import wiring
from omilink.app.services import Services
from omilink.cli.common import add_json, moment, print_list, with_services
from omilink.database.store import Transaction
from omilink.linking import omi_accounts
from omilink.models.audit import OPERATOR
from omilink.models.order import Moment


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True, dest="action")
    add_json(actions.add_parser("list", help="list users and their verified OMI accounts"))
    add = actions.add_parser("add", help="make an account; asks for its password, or reads OMILINK_PASSWORD")
    add.add_argument("email")
    add.add_argument("--name", help="the user's name")
    rename = actions.add_parser("rename", help="change the email with which a user signs in")
    rename.add_argument("user", metavar="ID|EMAIL", help="the id that `users list` shows, or the present email")
    rename.add_argument("email", metavar="NEW_EMAIL")
    verify = actions.add_parser(
        "verify", help="verify that an OMI account belongs to this user: its sessions are linked"
    )
    verify.add_argument("email")
    verify.add_argument("uid", help="uid of the OMI account, or the uid that a device sends")
    unverify = actions.add_parser(
        "unverify", help="remove the verification of an OMI account; linked sessions stay linked"
    )
    unverify.add_argument("uid")


def run(args: argparse.Namespace) -> int:
    actions = {"list": _list, "add": _add, "rename": _rename, "verify": _verify, "unverify": _unverify}
    actions[args.action](args)
    return 0


def _list(args: argparse.Namespace) -> None:
    async def load(services: Services) -> list[dict[str, object]]:
        return await services.store.read(
            lambda tx: [
                {
                    "email": user.email,
                    "id": user.id,
                    "name": user.display_name,
                    "since": moment(user.created_at),
                    "verified": ", ".join(link.uid for link in tx.omi_links(user.id)) or None,
                }
                for user in tx.users()
            ]
        )

    print_list(with_services(load), as_json=args.json, empty="There are no users yet. Sign up on the page.")


def _add(args: argparse.Namespace) -> None:
    password = os.environ.get("OMILINK_PASSWORD") or getpass.getpass("Password: ")

    async def add(services: Services) -> None:
        user = signing_in.new_user(args.email, password, args.name, clock.now())
        hashed = await services.passwords.hash(password)
        await services.store.write(lambda tx: signing_in.add_user(tx, user, hashed))

    chosen = settings.load()
    is_new = not wiring.is_installed(chosen)
    with_services(add, makes=True)
    if is_new:
        print(f"A new installation was made in {chosen.data_dir.absolute()}.")
    print(f"{args.email} can sign in.")


def _rename(args: argparse.Namespace) -> None:
    async def rename(services: Services) -> None:
        user = await services.store.write(lambda tx: signing_in.rename(tx, args.user, args.email))
        print(f"{user.id} signs in as {user.email} from now on. Present sign-ins stay valid.")

    with_services(rename)


def _verify(args: argparse.Namespace) -> None:
    def prove(tx: Transaction, now: Moment) -> set[str]:
        return omi_accounts.verify_by_operator(tx, args.uid, signing_in.find(tx, args.email).id, now, OPERATOR)

    async def verify(services: Services) -> None:
        now = await services.moment()
        services.bus.publish(await services.store.write(lambda tx: prove(tx, now)))

    with_services(verify)
    print(f"{args.uid} is verified for {args.email}. Sessions that show it are linked.")


def _unverify(args: argparse.Namespace) -> None:
    async def unverify(services: Services) -> None:
        await services.store.write(lambda tx: omi_accounts.unverify_by_operator(tx, args.uid, clock.now(), OPERATOR))

    with_services(unverify)
    print(f"{args.uid} is no longer verified.")
