"""`omilink doctor`: checks the way of a word step by step, from the webhook to the live streams."""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import httpx2

from omilink import settings
from omilink.accounts import signing_in
from omilink.accounts.signing_in import Doubt
from omilink.app.services import Services
from omilink.cli.common import add_json, moment, print_list, with_services
from omilink.cli.program import as_typed
from omilink.clock import Millis
from omilink.database.store import Transaction
from omilink.ingest.refusals import RefusedCalls, in_words
from omilink.linking import health
from omilink.linking.rules import RULES
from omilink.models.ids import SHARED, is_account_id, session_key
from omilink.models.session import Device, OmiSession
from omilink.models.user import User

ALARMED = 10
"""Sessions with missing words that are named."""
WHY = {rule.name: rule.why for table in RULES.values() for rule in table}


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one step; `do` says how to mend it."""

    link: str
    good: bool
    found: str
    do: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """What is known about a session, or about the whole server if `name` is None."""

    name: str | None
    session: OmiSession | None
    owner: User | None
    rule: str | None
    conversations: int  # of its owner, or unowned
    messages: int
    at: Millis
    jobs: dict[str, int]
    sessions: int
    address: str  # of the server that is asked
    is_public: bool  # whether OMI's cloud can reach it
    doubts: list[Doubt]
    alarmed: list[OmiSession]  # some of the sessions whose words are missing
    parts: dict[str, str]  # the state of each part of the server; empty if the server does not answer
    is_other: bool  # whether the server that answers uses another database
    refused: list[RefusedCalls]  # webhook calls within the last hour
    streams: int | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Checks webhook, session, owner, conversation, queue and streams. Exit code 1: one is broken."
    parser.add_argument("session", nargs="?", help="the session id to check (default: the whole server)")
    parser.add_argument("--user", metavar="EMAIL", help="check the session at this user's personal webhook address")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    findings = list(examine(with_services(lambda services: _chart(services, args.session, args.user))))
    if args.json:
        print_list([asdict(finding) for finding in findings], as_json=True, empty="")
    else:
        for finding in findings:
            print(f"{'✓' if finding.good else '✗'} {finding.link:<13} {as_typed(finding.found)}")
            if finding.do:
                print(f"  {'':<13} → {as_typed(finding.do)}")
    return 0 if all(finding.good for finding in findings) else 1


def examine(chart: Chart) -> Iterator[Finding]:
    yield _server(chart)
    if chart.name is None:
        yield _webhook_of_all(chart)
        yield from map(_accounts, chart.doubts)
        if chart.alarmed:
            yield _upstream_of_all(chart.alarmed)
    else:
        yield _webhook(chart)
        if chart.session:
            yield _owner(chart)
            yield _conversation(chart)
            if chart.owner and chart.session.habits:
                yield _upstream(chart.session, chart.at)
    if chart.refused:
        yield _refused(chart)
    yield _queue(chart)
    if chart.owner:
        yield _streams(chart)


def _server(chart: Chart) -> Finding:
    if chart.is_other:
        found = f"Another installation answers on {chart.address}: it uses another database."
        do = "Set OMILINK_DATA_DIR and OMILINK_PORT to those of the server to check."
        return Finding("server", False, found, do)
    if ill := {part: state for part, state in chart.parts.items() if state != "ok"}:
        found = " ".join(f"{part}: {state}" for part, state in ill.items())
        return Finding("server", False, f"runs, but a part of it does not work. {found}", "See docs/howto/cluster.md.")
    if chart.parts:
        return Finding("server", True, "runs, and can write to the database.")
    found = f"does not answer on {chart.address}."
    return Finding("server", False, found, "Start it with `omilink serve`, with the same settings.")


def _webhook_of_all(chart: Chart) -> Finding:
    if chart.sessions:
        return Finding("webhook", True, f"Sessions known: {chart.sessions}. `omilink doctor SESSION` checks one.")
    do = (
        "Paste the address that `omilink webhook-url` prints into the OMI app or the device, then say something. "
        f"{health.EVERY_FIELD}"
    )
    if not chart.is_public:
        do = f"Give a device the address that `omilink webhook-url` prints, then say something. {settings.NOT_PUBLIC}"
    return Finding("webhook", False, "No call has been received yet.", do)


def _webhook(chart: Chart) -> Finding:
    if chart.session is None:
        do = "Compare the id with `omilink sessions list`, and the device's address with `omilink webhook-url`."
        return Finding("webhook", False, f"No session has the id {chart.name}.", do)
    if chart.session.last_seen_at is None:
        do = "Check that the device sends exactly this session_id to the address that `omilink webhook-url` prints."
        return Finding("webhook", False, "The session is linked, but no call of it has been received yet.", do)
    last = f"Last call at {moment(chart.session.last_seen_at)}."
    if mistake := health.mistake_of(chart.session, chart.at):
        message, do = mistake
        return Finding("webhook", False, f"{last} {message}", do)
    bad = f" {chart.session.bad_segments} segments could not be read." if chart.session.bad_segments else ""
    return Finding("webhook", True, f"{last}{bad}")


def _owner(chart: Chart) -> Finding:
    why = f" Rule {chart.rule}: {WHY.get(chart.rule, '')}" if chart.rule else ""
    if chart.session and chart.owner:
        when = moment(chart.session.linked_at)
        return Finding("owner", True, f"{chart.owner.email}, by {chart.session.method}, since {when}.{why}")
    if chart.session and chart.session.device in (Device.RETURNED, Device.LOST):
        found = f"Nobody: the device is {chart.session.device}, and its calls go into quarantine.{why}"
        return Finding("owner", False, found, "Issue it again: omilink sessions provision --user EMAIL --id ID")
    is_uid = chart.name is not None and is_account_id(chart.name)
    do = (
        "Its id is that of an OMI account: verify the account in the app (POST /link/omi/start)."
        if is_uid
        else "Link it in the app (POST /sessions/link), or its OMI account (POST /link/omi/start)."
    )
    return Finding("owner", False, f"Nobody. Its words are kept, and shown to nobody.{why}", do)


def _conversation(chart: Chart) -> Finding:
    if chart.owner is None and chart.messages:
        waiting = "1 message waits" if chart.messages == 1 else f"{chart.messages} messages wait"
        return Finding("conversation", False, f"{waiting} for an owner.")
    if chart.messages:
        found = f"Messages: {chart.messages}, in conversations: {chart.conversations}."
        return Finding("conversation", True, found)
    do = "Say something. If calls are received and no words are saved, they are empty: check the device's microphone."
    return Finding("conversation", False, "No words are saved.", do)


def _upstream(session: OmiSession, at: Millis) -> Finding:
    if session.alarm is None:
        missed = f"{health.share_missed(session, at)} % of the words of the last day came only by records, not live."
        return Finding("upstream", True, missed)
    told = health.of_alarm(session, session.alarm, at)
    return Finding("upstream", told.status != "failing", told.message, told.next_step)


def _upstream_of_all(alarmed: Sequence[OmiSession]) -> Finding:
    """No failure of the server: it may be that a wearable is not in use."""
    names = ", ".join(one.omi_session_id for one in alarmed)
    do = "`omilink doctor SESSION` says what is missing and what to check; for a personal address with --user EMAIL."
    return Finding("upstream", True, f"Words are missing, or a wearable is silent: {names}.", do)


def _refused(chart: Chart) -> Finding:
    """No failure while other calls are accepted: anybody on the internet can send bad ones."""
    comes_in = bool(chart.session and chart.session.last_seen_at) if chart.name else chart.sessions > 0
    calls = sum(one.calls for one in chart.refused)
    found = f"{calls} in the last hour: {in_words(chart.refused)}."
    do = "docs/reference/errors.md explains each code."
    if any(one.error == "bad_secret" for one in chart.refused):
        do = f"bad_secret: compare the sender's address with `omilink webhook-url`. {do}"
    return Finding("refused calls", comes_in, found, do)


def _accounts(doubt: Doubt) -> Finding:
    """Emails are shown with escapes for characters outside ASCII, since different ones may look alike."""
    shown = [f"{user.id} ({user.email.encode('ascii', 'backslashreplace').decode()})" for user in doubt.users]
    return Finding("accounts", False, f"{doubt.found} {', '.join(shown)}", doubt.do)


def _queue(chart: Chart) -> Finding:
    counts = ", ".join(f"{count} {state}" for state, count in sorted(chart.jobs.items())) or "empty"
    if chart.jobs.get("dead"):
        do = "`omilink jobs list --state dead` shows why; `omilink jobs retry --all` retries them."
        return Finding("queue", False, f"{counts}.", do)
    if chart.jobs.get("quarantined"):
        do = "`omilink jobs list --state quarantined` shows why: they contradict themselves or their session's owner."
        return Finding("queue", True, f"{counts}.", do)
    return Finding("queue", True, f"{counts}.")


def _streams(chart: Chart) -> Finding:
    if chart.streams:
        return Finding("live streams", True, f"{chart.streams} open.")
    found = "The owner has none open." if chart.streams == 0 else "Unknown while the server does not answer."
    return Finding("live streams", True, found, "Open the page, or GET /conversations/current/stream.")


async def _chart(services: Services, name: str | None, personal_of: str | None) -> Chart:
    def load(tx: Transaction) -> tuple[OmiSession | None, User | None, str | None, int, int, int]:
        key = session_key(signing_in.find(tx, personal_of).id if personal_of else SHARED, name or "")
        session = tx.sessions([key]).get(key)
        owner = tx.user(session.user_id) if session and session.user_id else None
        if owner:
            saved = tx.messages_saved([key], owner.id).get(key, 0)
            conversations = tx.count_conversations(key, owner.id)
        else:
            nobodys = tx.ownerless_conversations(key)
            saved, conversations = sum(one.message_count for one in nobodys), len(nobodys)
        return session, owner, _last_rule(tx, key), conversations, saved, len(tx.all_sessions(1000))

    session, owner, rule, conversations, messages, sessions = await services.store.read(load)
    parts, about = _parts(_ask(services, "/ready")), _ask(services, "/operator/installation")
    is_ours = about is not None and about["installation"] == await services.store.read(lambda tx: tx.epoch())
    return Chart(
        name=name,
        session=session,
        owner=owner,
        rule=rule,
        conversations=conversations,
        messages=messages,
        at=services.clock(),
        jobs=await services.queue.counts(session.id if session else None),
        sessions=sessions,
        address=settings.local_address(services.settings),
        is_public=settings.is_public(services.settings),
        parts=parts,
        is_other=bool(parts) and not is_ours,
        refused=[RefusedCalls(**one) for one in about["refused"]] if about and is_ours else [],
        alarmed=[] if name else await services.store.read(lambda tx: tx.alarmed(ALARMED)),
        doubts=[] if name else await services.store.read(signing_in.in_doubt),
        streams=_streams_open(services, owner),
    )


def _last_rule(tx: Transaction, session_key: str) -> str | None:
    return next((entry.rule for entry in tx.audit_entries(1, session_key=session_key)), None)


def _streams_open(services: Services, owner: User | None) -> int | None:
    answer = _ask(services, f"/operator/streams/{owner.id}") if owner else None
    return int(str(answer["streamsOpen"])) if answer and "streamsOpen" in answer else None


def _ask(services: Services, path: str) -> dict[str, Any] | None:
    address = settings.local_address(services.settings)
    headers = {"Authorization": f"Bearer {services.operator_token}"}
    try:
        answer = httpx2.get(address + path, headers=headers, timeout=5)
    except httpx2.HTTPError:
        return None
    return dict(answer.json()) if answer.status_code in (200, 503) else None


def _parts(ready: dict[str, object] | None) -> dict[str, str]:
    parts = ready and ready.get("parts")
    return {str(part): str(state) for part, state in parts.items()} if isinstance(parts, dict) else {}
