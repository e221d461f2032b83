/**
 * What the screens of an app show, decided without drawing: pure functions of the server's answers, of what the user has
 * chosen and of the time. Times are milliseconds since 1970 unless they are the server's, which are ISO 8601 in UTC.
 *
 * @typedef {import("./wire.js").Conversation} Conversation
 * @typedef {import("./wire.js").Health} Health
 * @typedef {import("./wire.js").Message} Message
 * @typedef {import("./wire.js").OmiAccount} OmiAccount
 * @typedef {import("./wire.js").OmiLinks} OmiLinks
 * @typedef {import("./wire.js").PersonalUrl} PersonalUrl
 * @typedef {import("./wire.js").Session} Session
 * @typedef {import("./stream.js").StreamState} StreamState
 *
 * @typedef {object} Proof A sentence that is waited for.
 * @property {string} uid The OMI account that it proves.
 * @property {string} say
 * @property {number} until When it stops to count.
 * @property {boolean} isPushed Whether a number went to the phone as well.
 * @property {string | null} notPushed Why none did.
 */
import { speakerName } from "./view.js";

export * from "./lists.js";
export * from "./pages.js";
export * from "./search.js";

/** The most urgent first. */
const AILING = ["suspended", "failing", "waiting"];
/** Health whose advice is shown at once; other advice is shown on request. */
const URGENT = ["failing", "suspended"];
/** A conversation in which words came within this time is going on now. */
const NOW = 60_000;
/** A connection that is made again within this time, as after each return to the app, is still shown as live. */
const PASSING = 1_000;
/** How long the previous webhook address works as well. */
const GRACE = 24 * 3_600_000;
/** How long the server listens for a sentence. Its clock may differ from ours, so ours counts from the start. */
const GOOD_FOR = 600_000;
/** A pause this long starts a new group of messages, with its own name and time. */
const GROUP_PAUSE = 120_000;
const VOICES = 8;

// Sessions

/**
 * The session that needs attention most, if one does.
 *
 * @param {readonly Session[]} [sessions]
 * @returns {Session | undefined}
 */
export function mostUrgent(sessions = []) {
  return AILING.map((status) => sessions.find(({ health }) => health?.status === status)).find(Boolean);
}

/** Whether the advice is to be followed at once. @param {Pick<Health, "status">} health */
export function isUrgent({ status }) {
  return URGENT.includes(status);
}

/** Whether a session has been linked and not heard yet. @param {Session} session */
export function isWaiting({ health }) {
  return health?.status === "waiting";
}

/**
 * On OMI's cloud a session has the id of its account and is shown with it; a device has an id of its own, which does
 * not name its account.
 *
 * @param {readonly OmiAccount[]} accounts
 * @param {readonly Session[]} sessions
 */
export function groupSessions(accounts, sessions) {
  const others = sessions.filter((session) => !accounts.some((account) => isOf(session, account)));
  const hasDevices = others.some(({ method }) => method === "uid");
  return {
    accounts: accounts.map((account) => {
      const session = sessions.find((session) => isOf(session, account));
      return { account, session, isHeardBelow: !session && hasDevices };
    }),
    others,
  };
}

/** @param {Session} session @param {OmiAccount} account */
function isOf({ id, method }, { omiUserId }) {
  return method === "uid" && id === omiUserId;
}

/**
 * The OMI account that links a session, where that is certain.
 *
 * @param {Session} session
 * @param {readonly OmiAccount[]} [accounts]
 */
export function accountOf({ method }, accounts = []) {
  return method === "uid" && accounts.length === 1 ? accounts[0] : undefined;
}

/**
 * What is to be said of the conversations from before an OMI account was linked. Those left out count as wanted no more.
 *
 * @param {OmiAccount["earlier"]} earlier
 * @param {boolean} isLeftOut
 * @returns {"nothing" | "added" | "left out" | "offered"}
 */
export function earlierState({ waiting, brought }, isLeftOut) {
  if (waiting.conversations + brought.conversations === 0) return "nothing";
  if (brought.conversations > 0 && (isLeftOut || waiting.conversations === 0)) return "added";
  return isLeftOut ? "left out" : "offered";
}

// Linking by the user's own address

/** When words last came in at the user's own address; 0 when none did. @param {readonly Session[]} sessions */
export function lastWordsAt(sessions) {
  const heard = sessions.filter(({ method, messagesSaved }) => method === "personal" && messagesSaved);
  return Math.max(0, ...heard.map(({ lastSeenAt }) => Date.parse(lastSeenAt ?? "") || 0));
}

/** When the address was replaced, by the server's clock; 0 when it never was. @param {PersonalUrl} [address] */
export function replacedAt(address) {
  return address?.previousValidUntil ? Date.parse(address.previousValidUntil) - GRACE : 0;
}

/**
 * Whether words arrive at the user's own address. Words of before this visit are not said to arrive, and after a
 * replacement only newer ones count.
 *
 * @param {readonly Session[]} sessions
 * @param {{before: number, replaced: number}} known When the last words of before the visit came, and the replacement.
 * @returns {{is: "waiting" | "called" | "heard" | "arrived", last: number}}
 */
export function arrivalAt(sessions, { before, replaced }) {
  const last = lastWordsAt(sessions);
  if (last > replaced) return { is: last > before ? "arrived" : "heard", last };
  const hasCalled = replaced === 0 && sessions.some(({ method }) => method === "personal");
  return { is: hasCalled ? "called" : "waiting", last };
}

/** Whether OMI's cloud can reach the address: by https, and not in a network of one's own. @param {string} url */
export function isOnTheInternet(url) {
  return /^https:/.test(url) && !/^https:\/\/(localhost|127\.|10\.|192\.168\.)/.test(url);
}

/** A command for a terminal that says something as a device of that id. @param {string} address @param {string} id */
export function trialCommand(address, id) {
  const body = {
    session_id: id,
    segments: [{ text: "Hello from my terminal", speaker: "SPEAKER_0", is_user: true, start: 0, end: 2 }],
  };
  return `curl -X POST '${address}' \\\n  -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify(body)}'`;
}

// Linking by a sentence

/**
 * How far the link of an OMI account is.
 *
 * @param {{account?: OmiAccount, until?: number, now: number}} known `until`: when the sentence on the screen stops to
 *   count; undefined when there is none.
 * @returns {"asking" | "waiting" | "expired" | "linked"}
 */
export function linkStep({ account, until, now }) {
  if (account) return "linked";
  if (until === undefined) return "asking";
  return now < until ? "waiting" : "expired";
}

/** When a sentence that is asked for now stops to count. @param {number} now */
export function goodUntil(now) {
  return now + GOOD_FOR;
}

/**
 * What is under way since before a reload or from elsewhere, unless the user has named another account or dismissed it.
 *
 * @param {OmiLinks | undefined} omi
 * @param {{named: string, isDismissed: (say: string) => boolean, now: number}} wanted
 * @returns {Proof | undefined}
 */
export function underWay(omi, { named, isDismissed, now }) {
  const pending = omi?.pending.find(({ omiUserId, say }) => !isDismissed(say) && (!named || omiUserId === named));
  if (!omi || !pending) return undefined;
  const left = Date.parse(pending.expiresAt) - now;
  // Where our clock contradicts the server, which still listens, the whole time.
  const until = left > 0 && left < GOOD_FOR ? now + left : goodUntil(now);
  return { uid: pending.omiUserId, say: pending.say, until, isPushed: omi.canPush, notPushed: null };
}

// The connection and the conversations

/**
 * The state to show.
 *
 * @param {StreamState} state
 * @param {number} leftAt When the chat was last live; 0 when it never was.
 * @param {number} now
 */
export function settledState(state, leftAt, now) {
  const isPassing = (state === "connecting" || state === "catching_up") && now - leftAt < PASSING;
  return isPassing ? "live" : state;
}

/** Whether something has just been said in it. @param {Pick<Conversation, "lastMessageAt">} conversation @param {number} now */
export function isGoingOn({ lastMessageAt }, now) {
  return now - Date.parse(lastMessageAt) < NOW;
}

/** Whether OMI has said what a conversation was about. @param {Conversation} conversation */
export function hasSummary({ summary, sections = [], actionItems = [], events = [] }) {
  // An older version may have kept a conversation without lists.
  return Boolean(summary) || [sections, actionItems, events].some(({ length }) => length > 0);
}

/**
 * The action items as the user wants them: a tick is shown at once, and until the server shows it too.
 *
 * @param {Conversation["actionItems"]} items
 * @param {Readonly<Record<string, boolean>>} wanted What the user wants of `done`, by the items' ids.
 * @returns {Conversation["actionItems"]}
 */
export function tickedItems(items, wanted) {
  return items.map((item) => ({ ...item, done: wanted[item.id] ?? item.done }));
}

/**
 * What the user wants and the server does not show yet.
 *
 * @param {Conversation["actionItems"]} items
 * @param {Readonly<Record<string, boolean>>} wanted
 * @returns {Readonly<Record<string, boolean>>} The same object where nothing has changed.
 */
export function unsettledTicks(items, wanted) {
  const unsettled = items.filter(({ id, done }) => id in wanted && wanted[id] !== done);
  if (unsettled.length === Object.keys(wanted).length) return wanted;
  return Object.fromEntries(unsettled.map(({ id }) => [id, wanted[id] ?? false]));
}

/**
 * Markdown as headings, list items and paragraphs of plain text, since a summary is never markup.
 *
 * @param {string} markdown
 * @returns {{kind: "heading" | "item" | "text", text: string}[]}
 */
export function blocksOf(markdown) {
  /** @type {ReturnType<typeof blocksOf>} */
  const blocks = [];
  let goesOn = false;
  for (const line of markdown.split(/\r?\n/).map((line) => line.trim())) {
    const { kind, text } = blockOf(line);
    const last = blocks.at(-1);
    if (last && goesOn && kind === "text" && text) last.text += ` ${plain(text)}`;
    else if (text) blocks.push({ kind, text: plain(text) });
    goesOn = kind !== "heading" && text !== "";
  }
  return blocks;
}

/** @param {string} line @returns {ReturnType<typeof blocksOf>[number]} */
function blockOf(line) {
  const heading = /^#{1,6} (.*)$/.exec(line);
  if (heading) return { kind: "heading", text: heading[1] ?? "" };
  const item = /^(?:[-*+•]|\d{1,3}[.)]) (.*)$/.exec(line);
  if (item) return { kind: "item", text: item[1] ?? "" };
  return { kind: "text", text: line };
}

/** Without the marks of emphasis, code and links. @param {string} text */
function plain(text) {
  return text
    .replace(/\*\*([^*]+)\*\*/g, "$1")
    .replace(/__([^_]+)__/g, "$1")
    .replace(/`([^`]+)`/g, "$1")
    .replace(/\[([^[\]]+)\]\([^()\s]+\)/g, "$1");
}

/** @param {Pick<Message, "spokenAt" | "createdAt">} message */
export function spokenAt({ spokenAt, createdAt }) {
  return spokenAt ?? createdAt;
}

/**
 * Whether a message goes on where the one before it ended: same speaker, no long pause.
 *
 * @param {Message | undefined} before
 * @param {Message} message
 * @param {(message: Message) => string} [nameOf]
 */
export function follows(before, message, nameOf = speakerName) {
  if (!before || nameOf(before) !== nameOf(message)) return false;
  return Date.parse(spokenAt(message)) - Date.parse(spokenAt(before)) < GROUP_PAUSE;
}

/** The number of a speaker's colour: the same speaker has the same one, whatever the name. @param {string} name */
export function voiceOf(name) {
  const number = Number(/\d+$/.exec(name)?.[0] ?? NaN);
  const place = Number.isNaN(number)
    ? [...name].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0)
    : number;
  return place % VOICES;
}

/** What stands for a speaker in a small circle. @param {string} name */
export function initialOf(name) {
  return /\d+$/.exec(name)?.[0] ?? name.slice(0, 1);
}

/**
 * Whether both were said in the same minute, whose time stands at the first of them only.
 *
 * @param {Message | undefined} before
 * @param {Message} message
 */
export function isSameMinute(before, message) {
  return before !== undefined && minuteOf(before) === minuteOf(message);
}

/** @param {Message} message */
function minuteOf(message) {
  return Math.floor(Date.parse(spokenAt(message)) / 60_000);
}
