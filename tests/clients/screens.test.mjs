import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accountOf,
  arrivalAt,
  blocksOf,
  earlierState,
  follows,
  goodUntil,
  groupSessions,
  hasSummary,
  initialOf,
  isGoingOn,
  isOnTheInternet,
  isSameMinute,
  isUrgent,
  isWaiting,
  lastWordsAt,
  linkStep,
  mostUrgent,
  replacedAt,
  settledState,
  spokenAt,
  tickedItems,
  trialCommand,
  underWay,
  unsettledTicks,
  voiceOf,
} from "../../clients/js/screens.js";

const NOON = Date.parse("2026-01-01T12:00:00Z");
const session = (id, status, more) => ({
  id,
  linked: true,
  method: "manual",
  health: { status },
  ...more,
});
const said = (speaker, at) => ({
  speaker,
  isUser: false,
  createdAt: at,
  spokenAt: at,
});

// Sessions

test("the session that needs attention most is named first", () => {
  const [ok, waiting] = [session("a", "ok"), session("b", "waiting")];
  const [failing, suspended] = [session("c", "failing"), session("d", "suspended")];
  assert.equal(mostUrgent([ok, waiting, failing, suspended]), suspended);
  assert.equal(mostUrgent([ok, waiting, failing]), failing);
  assert.equal(mostUrgent([waiting, ok]), waiting);
  assert.equal(mostUrgent([ok, session("e", "quiet"), { id: "f", linked: true }]), undefined);
  assert.equal(mostUrgent(), undefined);
});

test("advice is urgent where something is wrong", () => {
  const urgent = ["ok", "waiting", "quiet", "failing", "suspended"].filter((status) => isUrgent({ status }));
  assert.deepEqual(urgent, ["failing", "suspended"]);
  assert.equal(isWaiting(session("a", "waiting")), true);
  assert.equal(isWaiting(session("a", "ok")), false);
});

test("a session of an OMI account's own id stands at the account, and those of its devices below", () => {
  const [account, silent] = [{ omiUserId: "uid" }, { omiUserId: "silent" }];
  const own = session("uid", "ok", { method: "uid" });
  const device = session("device", "ok", { method: "uid" });
  const byHand = session("uid", "ok");
  assert.deepEqual(groupSessions([account, silent], [own, device, byHand]), {
    accounts: [
      { account, session: own, isHeardBelow: false },
      { account: silent, session: undefined, isHeardBelow: true },
    ],
    others: [device, byHand],
  });
  assert.equal(groupSessions([silent], [byHand]).accounts[0].isHeardBelow, false);
});

test("which account links a session is said only where that is certain", () => {
  const account = { omiUserId: "uid" };
  assert.equal(accountOf({ method: "uid" }, [account]), account);
  assert.equal(accountOf({ method: "uid" }, [account, { omiUserId: "other" }]), undefined);
  assert.equal(accountOf({ method: "manual" }, [account]), undefined);
  assert.equal(accountOf({ method: "uid" }), undefined);
});

test("earlier conversations are offered, added, left out, and offered no more", () => {
  const state = (waiting, brought, isLeftOut = false) =>
    earlierState(
      {
        waiting: { conversations: waiting },
        brought: { conversations: brought },
      },
      isLeftOut,
    );
  assert.equal(state(0, 0), "nothing");
  assert.equal(state(2, 0), "offered");
  assert.equal(state(2, 0, true), "left out");
  assert.equal(state(0, 2), "added");
  assert.equal(state(1, 2), "offered");
  assert.equal(state(1, 2, true), "added");
});

// Linking by the user's own address

test("only words of this visit arrive, and after a replacement only newer ones", () => {
  const at = (seconds, messagesSaved = 1) =>
    session("A0", "ok", {
      method: "personal",
      lastSeenAt: new Date(NOON + seconds * 1000).toISOString(),
      messagesSaved,
    });
  const arrival = (sessions, known) => arrivalAt(sessions, { before: 0, replaced: 0, ...known }).is;
  assert.equal(arrival([]), "waiting");
  assert.equal(
    arrival([
      session("kitchen", "ok", {
        messagesSaved: 5,
        lastSeenAt: "2026-01-01T12:00:00Z",
      }),
    ]),
    "waiting",
  );
  assert.equal(arrival([at(0, 0)]), "called");
  assert.equal(arrival([at(0)]), "arrived");
  assert.equal(arrival([at(0)], { before: NOON }), "heard");
  assert.equal(arrival([at(3)], { before: NOON }), "arrived");
  assert.equal(arrival([at(3)], { before: NOON, replaced: NOON + 5_000 }), "waiting");
  assert.equal(arrival([at(6)], { before: NOON, replaced: NOON + 5_000 }), "arrived");
  assert.equal(lastWordsAt([at(3), at(9), at(12, 0)]), NOON + 9_000);
  assert.equal(lastWordsAt([]), 0);
});

test("an address was replaced a day before the one before ends", () => {
  assert.equal(
    replacedAt({
      url: "",
      createdAt: "",
      previousValidUntil: "2026-01-02T12:00:00Z",
    }),
    NOON,
  );
  assert.equal(replacedAt({ url: "", createdAt: "", previousValidUntil: null }), 0);
  assert.equal(replacedAt(), 0);
});

test("OMI's cloud reaches https addresses on the internet", () => {
  assert.equal(isOnTheInternet("https://omilink.example.org/omi-webhook/me_1"), true);
  for (const url of [
    "http://omilink.example.org",
    "https://localhost:8000",
    "https://192.168.1.20",
    "https://10.0.0.1",
  ])
    assert.equal(isOnTheInternet(url), false, url);
});

test("the command to try says something as the device", () => {
  const command = trialCommand("https://omilink.example.org/omi-webhook/me_1", "dev_42");
  assert.match(command, /^curl -X POST 'https:\/\/omilink\.example\.org\/omi-webhook\/me_1' \\\n/);
  const body = JSON.parse(/-d '(.*)'$/.exec(command)[1]);
  assert.equal(body.session_id, "dev_42");
  assert.equal(body.segments.length, 1);
});

// Linking by a sentence

test("a sentence is asked for, waited for, expires, and is heard", () => {
  assert.equal(linkStep({ now: NOON }), "asking");
  assert.equal(linkStep({ until: goodUntil(NOON), now: NOON }), "waiting");
  assert.equal(linkStep({ until: goodUntil(NOON), now: NOON + 600_000 }), "expired");
  assert.equal(
    linkStep({
      account: { omiUserId: "uid" },
      until: goodUntil(NOON),
      now: NOON,
    }),
    "linked",
  );
});

test("what is under way goes on, unless another account is named or the sentence dismissed", () => {
  const pending = (omiUserId, say, expiresAt = "2026-01-01T12:05:00Z") => ({
    omiUserId,
    say,
    expiresAt,
    heard: null,
  });
  const omi = {
    omi_links: [],
    pending: [pending("ada", "two owls"), pending("ben", "six foxes")],
    canPush: true,
  };
  const wanted = (more) => ({
    named: "",
    isDismissed: () => false,
    now: NOON,
    ...more,
  });
  const first = {
    uid: "ada",
    say: "two owls",
    until: NOON + 300_000,
    isPushed: true,
    notPushed: null,
  };
  assert.deepEqual(underWay(omi, wanted()), first);
  assert.equal(underWay(omi, wanted({ named: "ben" })).say, "six foxes");
  assert.equal(underWay(omi, wanted({ named: "cem" })), undefined);
  assert.equal(underWay(omi, wanted({ isDismissed: (say) => say === "two owls" })).uid, "ben");
  assert.equal(underWay(undefined, wanted()), undefined);
});

test("a clock that contradicts the server leaves the sentence the whole time", () => {
  const omi = {
    omi_links: [],
    pending: [{ omiUserId: "ada", say: "two owls", expiresAt: "2026-01-01T11:00:00Z" }],
  };
  assert.equal(underWay(omi, { named: "", isDismissed: () => false, now: NOON }).until, NOON + 600_000);
});

// The connection and the conversations

test("a connection that is made anew at once is worth no word", () => {
  assert.equal(settledState("connecting", NOON, NOON + 999), "live");
  assert.equal(settledState("catching_up", NOON, NOON + 999), "live");
  assert.equal(settledState("connecting", NOON, NOON + 1_000), "connecting");
  assert.equal(settledState("offline", NOON, NOON), "offline");
  assert.equal(settledState("connecting", 0, NOON), "connecting");
});

test("a conversation goes on for a minute after its last words", () => {
  assert.equal(isGoingOn({ lastMessageAt: "2026-01-01T12:00:00Z" }, NOON + 59_999), true);
  assert.equal(isGoingOn({ lastMessageAt: "2026-01-01T12:00:00Z" }, NOON + 60_000), false);
});

test("a speaker keeps the colour of their number", () => {
  assert.equal(voiceOf("Speaker 3"), 3);
  assert.equal(voiceOf("Speaker 11"), 3);
  assert.equal(voiceOf("Ada"), voiceOf("Ada"));
});

test("a number or a letter stands for the speaker", () => {
  assert.equal(initialOf("Speaker 12"), "12");
  assert.equal(initialOf("Ada"), "A");
});

test("the same speaker goes on until a long pause", () => {
  const first = said("SPEAKER_1", "2026-01-01T10:00:00Z");
  assert.equal(follows(first, said("SPEAKER_1", "2026-01-01T10:01:59Z")), true);
  assert.equal(follows(first, said("SPEAKER_1", "2026-01-01T10:02:00Z")), false);
  assert.equal(follows(first, said("SPEAKER_2", "2026-01-01T10:00:01Z")), false);
  assert.equal(follows(undefined, first), false);
  assert.equal(spokenAt({ spokenAt: null, createdAt: "2026-01-01T10:00:00Z" }), "2026-01-01T10:00:00Z");
});

test("each minute begins with its first message, whoever says it", () => {
  const first = said("SPEAKER_1", "2026-01-01T10:00:10Z");
  assert.equal(isSameMinute(undefined, first), false);
  assert.equal(isSameMinute(first, said("SPEAKER_2", "2026-01-01T10:00:59Z")), true);
  assert.equal(isSameMinute(first, said("SPEAKER_1", "2026-01-01T10:01:00Z")), false);
});

// What a conversation was about

test("a conversation has a summary when OMI has said anything about it", () => {
  const nothing = { summary: null, sections: [], actionItems: [] };
  assert.equal(hasSummary(nothing), false);
  assert.equal(hasSummary({ ...nothing, summary: "" }), false);
  assert.equal(hasSummary({ ...nothing, summary: "A walk." }), true);
  assert.equal(
    hasSummary({
      ...nothing,
      events: [{ title: "Dinner", description: null, startsAt: null, minutes: null }],
    }),
    true,
  );
  assert.equal(hasSummary({ ...nothing, sections: [{ heading: "Birds", text: "Many." }] }), true);
  assert.equal(
    hasSummary({
      ...nothing,
      actionItems: [{ id: "a", text: "Call", done: false }],
    }),
    true,
  );
});

test("a tick is shown at once and forgotten when the server shows it", () => {
  const items = [
    { id: "a", text: "Call", done: false },
    { id: "b", text: "Pay", done: true },
  ];
  const done = (wanted) => tickedItems(items, wanted).map((item) => item.done);
  assert.deepEqual(done({}), [false, true]);
  assert.deepEqual(done({ a: true, b: false }), [true, false]);

  const wanted = { a: true };
  assert.equal(unsettledTicks(items, wanted), wanted);
  assert.deepEqual(unsettledTicks(items, { a: true, b: true }), { a: true });
  assert.deepEqual(unsettledTicks(items, { a: false, gone: true }), {});
});

test("markdown is shown as plain headings, items and paragraphs", () => {
  const markdown =
    "## Plan\nThe **van** comes\nat `nine`.\r\n\nThen:\n- [the piano](https://x.org)\n  first\n2. 3 * 4 * 5\n<b>x</b>";
  assert.deepEqual(
    blocksOf(markdown).map(({ kind, text }) => [kind, text]),
    [
      ["heading", "Plan"],
      ["text", "The van comes at nine."],
      ["text", "Then:"],
      ["item", "the piano first"],
      ["item", "3 * 4 * 5 <b>x</b>"],
    ],
  );
  assert.deepEqual(blocksOf(" \n\n"), []);
  assert.deepEqual(blocksOf("**not closed __or [this]"), [{ kind: "text", text: "**not closed __or [this]" }]);
});
