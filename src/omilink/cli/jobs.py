"""`omilink jobs list|retry`"""

import argparse

from omilink.app.services import Services
from omilink.cli.common import add_json, moment, print_list, with_services
from omilink.errors import NotFound
from omilink.models.delivery import Job


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True, dest="action")
    listing = actions.add_parser("list", help="CONVERSATION_SAVE jobs, newest first, without their words")
    listing.add_argument("--state", choices=("waiting", "dead", "quarantined", "done"), help="only these")
    listing.add_argument("--limit", type=int, default=50, help="how many at most (default 50)")
    add_json(listing)
    retry = actions.add_parser("retry", help="bring dead letters back into the queue")
    retry.add_argument("job", type=int, nargs="*", help="the numbers that `jobs list` shows")
    retry.add_argument("--all", action="store_true", help="all dead letters")


def run(args: argparse.Namespace) -> int:
    if args.action == "list":
        _list(args)
    else:
        _retry(args)
    return 0


def _list(args: argparse.Namespace) -> None:
    async def load(services: Services) -> list[dict[str, object]]:
        return [_shown(job) for job in await services.inbox.jobs(args.state, None, args.limit)]

    print_list(with_services(load), as_json=args.json, empty="No jobs. The queue is empty.")


def _retry(args: argparse.Namespace) -> None:
    if not args.job and not args.all:
        raise NotFound("Say which: numbers of dead jobs, or --all. `omilink jobs list --state dead` shows them.")

    async def retry(services: Services) -> int:
        return await services.inbox.retry(None if args.all else args.job)

    count = with_services(retry)
    if not count:
        raise NotFound("None of these is dead, so nothing was brought back.")
    print(f"{count} brought back; a running server saves them within a second.")


def _shown(job: Job) -> dict[str, object]:
    return {
        "job": job.seq,
        "type": "CONVERSATION_SAVE",
        "call": job.kind,
        "session": job.session_id,
        "state": job.state,
        "attempts": job.attempts,
        "received": moment(job.received_at),
        "error": job.error,
    }
