"""`omilink simulate`: sends any webhook the calls of OMI's cloud, as a wearable would cause them."""

import argparse
import asyncio
import contextlib
import json
import random
import sys
from collections.abc import Callable
from typing import get_args
from urllib.parse import urlsplit, urlunsplit

from omilink_simulator.calls import ERAS, Account, account_id
from omilink_simulator.record import Records
from omilink_simulator.sender import Answer, Path, Sender, Target, connect
from omilink_simulator.simulator import Clock, Report, Summary, Wearer, simulate
from omilink_simulator.wearable import CLOSES_AFTER, Habits

EXAMPLE = "http://127.0.0.1:8000/omi-webhook"
RECORD_AFTER = CLOSES_AFTER + Records().after
UNFINISHED = 4  # every fourth sentence without its full stop gives OMI something to join over voices
PATHS: dict[str, tuple[Path, ...]] = {"app": ("app",), "dev": ("dev",), "both": get_args(Path)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Sends the calls that OMI's cloud would send. Exit code 0: all of them were accepted."
    parser.add_argument("url", help=f"address of the webhook, such as {EXAMPLE}")
    _who(parser.add_argument_group("wearable"))
    _what(parser.add_argument_group("words"))
    _how(parser.add_argument_group("delivery"))
    _records(parser.add_argument_group("records", "what OMI sends when a conversation has ended; not with --session"))
    _shown(parser.add_argument_group("output"))


def run(args: argparse.Namespace) -> int:
    if mistake := _mistake(args):
        print(f"omilink: {mistake}", file=sys.stderr)
        return 2
    if args.seed is None:
        args.seed = random.randrange(1_000_000)
    if args.uid is None and args.session is None:
        args.uid = account_id(args.seed)
    summary = Summary()

    def show(report: Report) -> None:
        summary.add(report)
        print(_as_json(report, args.show_words) if args.json else _as_text(report, args.show_words), flush=True)

    if not args.json:
        print(f"{_introduction(args)}\n", flush=True)
    with contextlib.suppress(KeyboardInterrupt):  # ends a simulation without end
        asyncio.run(_simulate(args, show))
    print(_summary_as_json(summary, args) if args.json else f"\n{_summary_as_text(summary)}", flush=True)
    return 0 if summary.all_accepted else 1


def _mistake(args: argparse.Namespace) -> str | None:
    """What makes the arguments useless, and what to do. None if they can be used."""
    parts = urlsplit(args.url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return f"The address of the webhook has to begin with http:// or https://, such as {EXAMPLE}."
    if args.records and args.session is not None:
        return "A device with --session has no records, since it has no account at OMI. Use --uid, or omit --records."
    options = {
        "--record-after": args.record_after is not None,
        "--record-twice": args.record_twice,
        "--joined": args.joined,
    }
    if not args.records and (given := [option for option, is_given in options.items() if is_given]):
        return f"No record is sent, so {' and '.join(given)} would have no effect. Add --records."
    return None


async def _simulate(args: argparse.Namespace, show: Callable[[Report], None]) -> None:
    account = Account(uid=args.uid, session=args.session, era=args.era)
    wearer = Wearer(
        account=account,
        habits=_habits(args),
        seed=args.seed,
        devices=args.devices,
        odd=args.odd,
        records=_records_wanted(args),
        speed=args.speed,
    )
    async with connect() as client:
        await simulate(wearer, Sender(_target(args), client), Clock(args.speed), PATHS[args.path], show)


def _who(group: argparse._ArgumentGroup) -> None:
    eras = "; ".join(f"{era}: {meaning}" for era, meaning in ERAS.items())
    group.add_argument("--uid", help="uid of the OMI account (default: made from the seed)")
    group.add_argument("--session", help="simulate a device with this session id, programmed after the linking guide")
    group.add_argument("--era", choices=ERAS, default="newest", help=f"version of OMI to simulate ({eras})")
    group.add_argument(
        "--devices",
        type=_at_least(1),
        default=1,
        help="number of devices, each with its own clock (default %(default)s)",
    )
    group.add_argument(
        "--seed", type=int, help="a number; the same seed gives the same words (default: random, and printed)"
    )


def _what(group: argparse._ArgumentGroup) -> None:
    zero_or_more = _at_least(0)
    group.add_argument(
        "--say", metavar="SENTENCE", help="say this first, such as the sentence that links an OMI account"
    )
    group.add_argument(
        "--count", type=zero_or_more, default=20, help="calls of each device, 0 for no end (default %(default)s)"
    )
    group.add_argument(
        "--minutes", type=_seconds, help="minutes that each device talks, instead of --count; pauses come on top"
    )
    group.add_argument(
        "--conversations", type=_at_least(1), default=1, help="number of conversations (default %(default)s)"
    )
    group.add_argument("--pause", type=_seconds, default=150.0, help="seconds between conversations (default 150)")
    group.add_argument(
        "--updates",
        type=zero_or_more,
        default=0,
        help="after every Nth call, send a changed sentence again under its id (default 0: never)",
    )
    group.add_argument(
        "--repeats",
        type=zero_or_more,
        default=0,
        help="after every Nth call, send a sentence again under a new id (default 0: never)",
    )
    group.add_argument("--odd", action="store_true", help="also send the unusual calls that OMI can send")


def _how(group: argparse._ArgumentGroup) -> None:
    zero_or_more = _at_least(0)
    group.add_argument(
        "--path",
        choices=PATHS,
        default="app",
        help="webhook of an app (no retry), of the developer settings (dev: 4 tries with one key), or both",
    )
    group.add_argument("--speed", type=_seconds, default=1.0, help="divides every wait; 0 for no waits (default 1)")
    group.add_argument("--drop-after", type=_at_least(0), help="interrupt the delivery after this many calls ...")
    group.add_argument(
        "--drop-for", type=_seconds, default=20.0, help="... for this many seconds, then send the backlog (default 20)"
    )
    group.add_argument(
        "--lose",
        metavar="N",
        type=zero_or_more,
        default=0,
        help="lose one of every N calls; only the record has its words (default 0: none, 1: all calls), never --say",
    )
    group.add_argument("--secret", help="secret of the webhook")
    group.add_argument(
        "--secret-in",
        dest="carried_in",
        choices=("path", "query", "bearer"),
        default="path",
        help="where the secret goes (default path)",
    )
    group.add_argument(
        "--sign",
        action="append",
        default=[],
        metavar="whsec_…",
        help="sign with this secret; give it twice during a rotation",
    )


def _records(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--records",
        action="store_true",
        help="send the record of each conversation, and after the last one the summary of the day",
    )
    group.add_argument(
        "--record-after",
        metavar="SECONDS",
        type=_seconds,
        help="seconds from the last words to the record; more than --pause for a late one "
        f"(default {RECORD_AFTER:.0f})",
    )
    group.add_argument("--record-twice", action="store_true", help="send each record a second time, 30 s later")
    group.add_argument(
        "--joined",
        action="store_true",
        help="join segments in the record as OMI does: words move to the neighbour, and ids disappear",
    )


def _shown(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--show-words", action="store_true", help="also print the words")
    group.add_argument("--json", action="store_true", help="print one JSON object a line")


def _at_least(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least}")
        return int(text)

    return number


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0")
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
        closes_after=min(CLOSES_AFTER, _record_after(args)),
        loses=args.lose,
        unfinished=UNFINISHED if args.joined else 0,
    )


def _records_wanted(args: argparse.Namespace) -> Records | None:
    if not args.records:
        return None
    after = _record_after(args) - min(CLOSES_AFTER, _record_after(args))
    return Records(after=after, twice=args.record_twice, joined=args.joined)


def _record_after(args: argparse.Namespace) -> float:
    return RECORD_AFTER if args.record_after is None else float(args.record_after)


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
    size = _counted(call.segments, "segment", "segments")
    line = f"{attempt.at:8.1f} s  {call.kind:<21}{where:<6}{size:>12}{span:<22}  {_answered(report)}"
    return "\n".join([line, *(f"{'':12}{words}" for words in call.words if show_words)])


def _answered(report: Report) -> str:
    answer, notes = report.answer, []
    if report.attempt.number > 1:
        notes.append(f"try {report.attempt.number}")
    if report.retry_in is not None:
        notes.append(f"again in {report.retry_in:.0f} s")
    if answer.pushed is not None:
        notes.append("OMI would show its message on the phone")
    return ", ".join([_status(answer), *notes])


def _status(answer: Answer) -> str:
    if answer.outcome == "lost":
        return f"lost: {answer.why}"
    if answer.status is None:
        return answer.why
    return f"{answer.status} in {answer.milliseconds:.0f} ms{f': {answer.why}' if answer.why else ''}"


def _as_json(report: Report, show_words: bool) -> str:
    attempt, call, answer = report.attempt, report.attempt.call, report.answer
    shown = {
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
    return json.dumps(shown | ({"words": call.words} if show_words else {}), ensure_ascii=False)


def _summary_as_text(summary: Summary) -> str:
    counts = summary.outcomes
    deliveries = _counted(summary.sent, "delivery", "deliveries")
    lines = [
        f"{deliveries} in {_counted(summary.tries, 'call', 'calls')}: {counts['accepted']} accepted, "
        f"{counts['refused']} refused, {counts['unanswered']} unanswered, {counts['lost']} lost by the breaker"
    ]
    if summary.pushed:
        lines.append(f"OMI would show the messages of {summary.pushed} answers on the phone")
    return "\n".join(lines)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _summary_as_json(summary: Summary, args: argparse.Namespace) -> str:
    counts = {outcome: summary.outcomes[outcome] for outcome in ("accepted", "refused", "unanswered", "lost")}
    sums = {"sent": summary.sent, "calls": summary.tries, **counts, "pushed": summary.pushed}
    return json.dumps({"summary": sums | {"uid": args.uid, "session": args.session, "seed": args.seed}})
