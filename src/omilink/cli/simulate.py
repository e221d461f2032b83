"""`omilink simulate`: an OMI wearable and OMI's cloud, pointed at any webhook."""

import argparse
import asyncio
import contextlib
import json
import random
from collections.abc import Callable
from typing import get_args
from urllib.parse import urlsplit, urlunsplit

from omilink_simulator.calls import ERAS, Account, account_id
from omilink_simulator.sender import Answer, Path, Sender, Target, connect
from omilink_simulator.simulator import Clock, Report, Summary, Wearer, simulate
from omilink_simulator.wearable import Habits

PATHS: dict[str, tuple[Path, ...]] = {"app": ("app",), "dev": ("dev",), "both": get_args(Path)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Sends what a wearable would make OMI's cloud send. Ends with 0 when all of it was accepted."
    parser.add_argument("url", help="the webhook, such as http://127.0.0.1:8000/omi-webhook")
    _who(parser.add_argument_group("who talks"))
    _what(parser.add_argument_group("what is said"))
    _how(parser.add_argument_group("how it is delivered"))
    _shown(parser.add_argument_group("what is shown"))


def run(args: argparse.Namespace) -> int:
    if args.seed is None:
        args.seed = random.randrange(1_000_000)
    if args.uid is None and args.session is None:
        args.uid = account_id(args.seed)
    summary = Summary()

    def tell(report: Report) -> None:
        summary.add(report)
        print(_as_json(report, args.show_words) if args.json else _as_text(report, args.show_words), flush=True)

    if not args.json:
        print(f"{_introduction(args)}\n", flush=True)
    with contextlib.suppress(KeyboardInterrupt):  # the way to end a simulation without end
        asyncio.run(_simulate(args, tell))
    print(_summary_as_json(summary, args) if args.json else f"\n{_summary_as_text(summary)}", flush=True)
    return 0 if summary.all_accepted else 1


async def _simulate(args: argparse.Namespace, tell: Callable[[Report], None]) -> None:
    account = Account(uid=args.uid, session=args.session, era=args.era)
    wearer = Wearer(account=account, habits=_habits(args), seed=args.seed, devices=args.devices, odd=args.odd)
    async with connect() as client:
        await simulate(wearer, Sender(_target(args), client), Clock(args.speed), PATHS[args.path], tell)


def _who(group: argparse._ArgumentGroup) -> None:
    eras = "; ".join(f"{era}: {meaning}" for era, meaning in ERAS.items())
    group.add_argument("--uid", help="the OMI account (default: one made from the seed)")
    group.add_argument("--session", help="be a device programmed after the linking guide, with this session id")
    group.add_argument("--era", choices=ERAS, default="newest", help=f"whose manners ({eras})")
    group.add_argument(
        "--devices", type=_at_least(1), default=1, help="devices of the account, each with its own clock"
    )
    group.add_argument("--seed", type=int, help="the same seed says the same (default: a new one, which is shown)")


def _what(group: argparse._ArgumentGroup) -> None:
    zero_or_more = _at_least(0)
    group.add_argument("--say", metavar="SENTENCE", help="say this first, such as what links an OMI account")
    group.add_argument(
        "--count", type=zero_or_more, default=20, help="posts of each device, 0: until Ctrl-C (default 20)"
    )
    group.add_argument(
        "--minutes", type=_seconds, help="how long each device talks, instead of --count; pauses come on top"
    )
    group.add_argument("--conversations", type=_at_least(1), default=1, help="conversations to divide that into")
    group.add_argument("--pause", type=_seconds, default=150.0, help="seconds between conversations (default 150)")
    group.add_argument(
        "--updates", type=zero_or_more, default=0, help="after every Nth post a sentence comes again, changed"
    )
    group.add_argument("--repeats", type=zero_or_more, default=0, help="after every Nth post one comes under a new id")
    group.add_argument("--odd", action="store_true", help="in between, everything odd that OMI can send")


def _how(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--path", choices=PATHS, default="app", help="app (no retry), dev (4 tries, one key) or both")
    group.add_argument("--speed", type=_seconds, default=1.0, help="divides every wait; 0: no waits")
    group.add_argument("--drop-after", type=_at_least(0), help="after this many posts the relay goes away ...")
    group.add_argument(
        "--drop-for", type=_seconds, default=20.0, help="... for this many seconds, then sends the backlog"
    )
    group.add_argument("--secret", help="the webhook's secret")
    group.add_argument(
        "--secret-in",
        dest="carried_in",
        choices=("path", "query", "bearer"),
        default="path",
        help="where to (default path)",
    )
    group.add_argument("--sign", action="append", default=[], metavar="whsec_…", help="sign; twice during a rotation")


def _shown(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--show-words", action="store_true", help="show what is said as well")
    group.add_argument("--json", action="store_true", help="one JSON object a line")


def _at_least(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} up")
        return int(text)

    return number


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 up")
    return value


def _habits(args: argparse.Namespace) -> Habits:
    parts = args.conversations
    return Habits(
        say=args.say,
        conversations=parts,
        posts=-(-args.count // parts) if args.count and args.minutes is None else None,
        talk=None if args.minutes is None else args.minutes * 60 / parts,
        pause=args.pause,
        updates=args.updates,
        repeats=args.repeats,
        drop_after=args.drop_after,
        drop_for=args.drop_for,
    )


def _target(args: argparse.Namespace) -> Target:
    parts = urlsplit(args.url)
    if args.secret and args.carried_in == "path":
        parts = parts._replace(path=f"{parts.path.rstrip('/')}/{args.secret}")
    if args.secret and args.carried_in == "query":
        parts = parts._replace(query="&".join(filter(None, (parts.query, f"token={args.secret}"))))
    bearer = args.secret if args.carried_in == "bearer" else None
    return Target(url=urlunsplit(parts), bearer=bearer, signing_secrets=tuple(args.sign), era=args.era)


def _introduction(args: argparse.Namespace) -> str:
    who = f"session {args.session}" if args.session else f"uid {args.uid}"
    return f"{who}, seed {args.seed}"


def _as_text(report: Report, show_words: bool) -> str:
    attempt, call = report.attempt, report.attempt.call
    span = f"{call.clock[0]:8.2f} – {call.clock[1]:.2f} s" if call.clock else ""
    where = f"{attempt.path}/{call.device + 1}"
    size = f"{call.segments} segment{'' if call.segments == 1 else 's'}"
    line = f"{attempt.at:8.1f} s  {call.kind:<21}{where:<6}{size:>12}{span:<22}  {_answered(report)}"
    return "\n".join([line, *(f"{'':12}{words}" for words in call.words if show_words)])


def _answered(report: Report) -> str:
    answer, notes = report.answer, []
    if report.attempt.number > 1:
        notes.append(f"try {report.attempt.number}")
    if report.retry_in is not None:
        notes.append(f"again in {report.retry_in:.0f} s")
    if answer.pushed is not None:
        notes.append("its message would appear on the wearer's phone")
    return ", ".join([_status(answer), *notes])


def _status(answer: Answer) -> str:
    if answer.outcome == "lost":
        return f"lost: {answer.why}"
    if answer.status is None:
        return answer.why
    return f"{answer.status} in {answer.milliseconds:.0f} ms{f': {answer.why}' if answer.why else ''}"


def _as_json(report: Report, show_words: bool) -> str:
    attempt, call, answer = report.attempt, report.attempt.call, report.answer
    said = {
        "at": round(attempt.at, 2),
        "kind": call.kind,
        "path": attempt.path,
        "device": call.device + 1,
        "try": attempt.number,
        "segments": call.segments,
        "clock": call.clock,
        "outcome": answer.outcome,
        "status": answer.status,
        "ms": round(answer.milliseconds, 1),
        "why": answer.why or None,
        "pushed": answer.pushed,
        "retry_in": report.retry_in,
    }
    return json.dumps(said | ({"words": call.words} if show_words else {}), ensure_ascii=False)


def _summary_as_text(summary: Summary) -> str:
    counts = summary.outcomes
    lines = [
        f"{summary.sent} deliveries in {summary.tries} calls: {counts['accepted']} accepted, "
        f"{counts['refused']} refused, {counts['unanswered']} unanswered, {counts['lost']} lost by the breaker"
    ]
    if summary.pushed:
        lines.append(f"{summary.pushed} answers carried a message that OMI would push to the phone")
    return "\n".join(lines)


def _summary_as_json(summary: Summary, args: argparse.Namespace) -> str:
    counts = {outcome: summary.outcomes[outcome] for outcome in ("accepted", "refused", "unanswered", "lost")}
    told = {"sent": summary.sent, "calls": summary.tries, **counts, "pushed": summary.pushed}
    return json.dumps({"summary": told | {"uid": args.uid, "session": args.session, "seed": args.seed}})
