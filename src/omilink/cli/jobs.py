"""`omilink jobs list|retry`"""

import argparse

from omilink.app.services import Services
from omilink.cli.common import add_json, moment, print_list, with_services
from omilink.errors import NotFound
from omilink.models.delivery import Job


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True, dest="action")
    listing = actions.add_parser("list", help="list jobs, newest first, without words")
    listing.add_argument("--state", choices=("waiting", "dead", "quarantined", "done"), help="only jobs in this state")
    listing.add_argument("--limit", type=int, default=50, help="jobs at most (default %(default)s)")
    add_json(listing)
    retry = actions.add_parser("retry", help="put dead jobs back into the queue")
    retry.add_argument("job", type=int, nargs="*", help="numbers of jobs, as `jobs list` shows them")
    retry.add_argument("--all", action="store_true", help="all dead jobs")


def run(args: argparse.Namespace) -> int:
    if args.action == "list":
        _list(args)
    else:
        _retry(args)
    return 0


def _list(args: argparse.Namespace) -> None:
    async def load(services: Services) -> list[dict[str, object]]:
        return [_shown(job) for job in await services.queue.jobs(args.state, None, args.limit)]

    print_list(with_services(load), as_json=args.json, empty="No jobs. The queue is empty.")


def _retry(args: argparse.Namespace) -> None:
    if not args.job and not args.all:
        raise NotFound("Name the jobs: numbers of dead jobs, or --all. `omilink jobs list --state dead` shows them.")

    async def retry(services: Services) -> int:
        return await services.queue.retry(None if args.all else args.job)

    count = with_services(retry)
    if not count:
        raise NotFound("None of these jobs is dead; nothing was put back.")
    print(f"{count} put back into the queue; a running server saves them within a second.")


def _shown(job: Job) -> dict[str, object]:
    return {
        "job": job.seq,
        "type": job.type,
        "call": job.kind,
        "session": job.session_id,
        "state": job.state,
        "attempts": job.attempts,
        "received": moment(job.received_at),
        "error": job.error,
    }
