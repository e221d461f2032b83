import { createDeadline } from "./deadline.js";
import { OmilinkError, notOmilink } from "./errors.js";
import { createEventParser } from "./sse.js";
import { ALONE, joinTabs } from "./tabs.js";

/**
 * @typedef {import("./wire.js").LiveEvent} LiveEvent
 * @typedef {"connecting" | "catching_up" | "live" | "polling" | "offline" | "signed_out"} StreamState
 *
 * @typedef {object} StreamStatus
 * @property {number} since When this state began (milliseconds, as Date.now).
 * @property {number | null} lastDataAt When the server was last heard from.
 * @property {number | null} retryAt When the next try is due, while offline.
 * @property {string | null} reason Why, in words a user can read; for `signed_out` the server's reason.
 *
 * @typedef {object} StreamHandlers
 * @property {(event: LiveEvent) => void} [onEvent]
 * @property {(state: StreamState, status: StreamStatus) => void} [onState]
 *
 * @typedef {typeof TIMINGS} Timings
 * @typedef {ReturnType<typeof createDeadline>} Deadline
 *
 * @typedef {object} StreamOptions
 * @property {string | null} [after] The cursor to go on from; without one the stream begins with a snapshot.
 * @property {Partial<Timings>} [timings]
 *
 * @property {Promise<{cursor: string, at: number | null} | null>} [recalled] What was kept of an earlier stream; waited
 *   for before the first try.
 *
 * @typedef {string | null | undefined} Token
 *
 * @typedef {object} Access
 * @property {() => Token | Promise<Token>} token
 * @property {(refused: Token) => Promise<Token>} renew Another token than the refused one; nothing when there is none.
 * @property {(path: string, token: Token, init?: {headers?: Record<string, string>, signal?: AbortSignal}) => Promise<Response>} get
 * @property {string} [shared] The name under which tabs of a browser share one stream.
 */

/** All in milliseconds. */
export const TIMINGS = {
  connect: 15_000,
  /** Headers, and then nothing for this long before all that was missed has come: something holds the stream back. */
  firstBytes: 5_000,
  /** The server sends a comment every 15 s; after this long without one the connection is dead. */
  silence: 40_000,
  /** On waking up, a live connection that has been quiet for longer is replaced; an attempt, after half of it. */
  trust: 2_000,
  poll: 2_000,
  /** While polling, how often the stream is tried again. */
  streamAgain: 60_000,
  /** While another tab has the stream, or this one is out of sight: milliseconds between requests without a message from that tab. */
  lookAnyway: 30_000,
  backoff: 500,
  backoffMax: 30_000,
};

/** Whatever a proxy asks for: beyond 24 days, timers would fire at once. */
const LONGEST_WAIT = 300_000;
const STREAM = "/conversations/current/stream";
const EVENTS = "/conversations/current/events";
const HELD_BACK =
  "Something between this app and the server holds streamed data back (a proxy, or a network inspector), " +
  "so new words are fetched every few seconds.";
/** No cause is named: the network may just have come back. */
const UNANSWERED = "The live connection gets no answer at the moment, so new words are fetched every few seconds.";

/**
 * Follows the user's live events for as long as it takes: reconnects, resumes without loss, and polls where streams
 * do not get through. Ends only by `close()` or when the user is signed out.
 *
 * @param {Access} access
 * @param {StreamHandlers} handlers
 * @param {StreamOptions} [options]
 */
export function openStream(access, { onEvent, onState }, { after = null, timings, recalled } = {}) {
  const limits = { ...TIMINGS, ...timings };
  let cursor = after;
  /** What the last request was signed with. @type {Token} */
  let token = null;
  let hasRenewed = false;
  let failures = 0;
  let retryFloor = 0;
  let leftToPoll = 0;
  /** When the attempt began or the stream was last heard. */
  let heardAt = 0;
  /** Whether the next try is to be at once. */
  let hurried = false;
  let closed = false;
  /** How far the tab is that has the stream, if it is not this one. @type {string | null | undefined} */
  let theirs;
  let hasNews = false;
  /** @type {StreamState | null} */
  let state = null;
  /** @type {StreamStatus} */
  const status = { since: Date.now(), lastDataAt: null, retryAt: null, reason: null };
  /** @type {Deadline | null} */
  let attempt = null;
  let endPause = () => {};
  const tabs = access.shared && typeof document !== "undefined" ? joinTabs(access.shared, { onTurn, onNews }) : ALONE;

  run();
  globalThis.addEventListener?.("online", wake);

  return {
    /** Where a later stream can go on: pass it as `after`. */
    get cursor() {
      return cursor;
    },
    /** @returns {StreamState} */
    get state() {
      return state ?? "connecting";
    },
    get status() {
      return { ...status };
    },
    wake,
    close,
  };

  /** The app is back in front, or the network is: try at once, and distrust what has been quiet. */
  function wake() {
    failures = 0;
    leftToPoll = 0;
    endPause();
    const quiet = Date.now() - heardAt; // The one clock that goes on while a device sleeps. It may have been set back.
    if (quiet >= 0 && quiet <= (state === "live" ? limits.trust : limits.trust / 2)) return;
    hurried = true;
    attempt?.fail(lost());
  }

  function onTurn() {
    attempt?.fail(new TurnChanged());
    endPause();
  }

  /** @param {string | null} at */
  function onNews(at) {
    if (at === theirs) return;
    theirs = at;
    hasNews = at === null || at !== cursor;
    if (hasNews) endPause();
  }

  function close() {
    closed = true;
    tabs.close();
    globalThis.removeEventListener?.("online", wake);
    attempt?.fail(lost());
    endPause();
  }

  async function run() {
    const kept = await recalled; // Also when there is nothing: the caller gets its handle before the first state.
    if (kept) cursor = kept.cursor;
    if (kept) status.lastDataAt = kept.at;
    show("connecting");
    await tabs.decided;
    while (!closed) await follow().catch(recover);
  }

  async function follow() {
    try {
      await (tabs.isOurs ? readStream() : attend());
    } catch (error) {
      if (error instanceof HeldBack) await poll(HELD_BACK, limits.streamAgain, limits.connect);
      // A short patience, because the server may be away, and that is to be said soon.
      else if (error instanceof Unanswered) await poll(UNANSWERED, backoff(), limits.firstBytes);
      else throw error;
    }
  }

  async function readStream() {
    const deadline = begin();
    try {
      // Nothing is fetched meanwhile, so polling cannot wait long.
      deadline.set(state === "polling" ? limits.firstBytes : limits.connect, new Unanswered());
      const headers = { Accept: "text/event-stream", ...(cursor && { "Last-Event-ID": cursor }) };
      const response = await deadline.race(get(STREAM, { headers, signal: deadline.signal }));
      if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) throw notOmilink(response);
      if (!response.body?.getReader) throw new HeldBack();
      deadline.set(limits.firstBytes, new HeldBack());
      await readBody(response.body.getReader(), deadline);
    } finally {
      deadline.end();
    }
  }

  /** @param {ReadableStreamDefaultReader<Uint8Array>} reader @param {Deadline} deadline */
  async function readBody(reader, deadline) {
    const decoder = new TextDecoder();
    const push = createEventParser({
      onEvent: ({ id, data }) => receive(JSON.parse(data), id),
      onRetry: (milliseconds) => (retryFloor = milliseconds),
    });
    while (!closed) {
      const { done, value } = await deadline.race(reader.read());
      if (done) throw lost();
      status.lastDataAt = heardAt = Date.now();
      push(decoder.decode(value, { stream: true }));
      tabs.tell(cursor);
      // What is missed comes without a pause; who lets the beginning through may still hold back the rest.
      if (state === "live") deadline.set(limits.silence, lost());
      else deadline.set(limits.firstBytes, new HeldBack());
    }
  }

  /** While another tab has the stream, or this one is out of sight. */
  async function attend() {
    do {
      hasNews = false;
      const more = await fetchNews("live", limits.connect);
      failures = 0;
      if (!more && !hasNews) await pause(limits.lookAnyway);
    } while (!closed && !tabs.isOurs);
  }

  /**
   * At least once, and until the stream is due again.
   *
   * @param {string} reason
   * @param {number} due Milliseconds from now.
   * @param {number} patience How long an answer may take.
   */
  async function poll(reason, due, patience) {
    leftToPoll = due;
    do {
      const more = await fetchNews("polling", patience, reason);
      if (reason === HELD_BACK) failures = 0; // Those of an unanswered stream go on counting, so that the waits grow.
      const wait = more ? 0 : Math.min(limits.poll, leftToPoll);
      leftToPoll -= wait; // What was waited counts, and no clock, which may be set meanwhile.
      if (!more) await pause(wait);
    } while (!closed && tabs.isOurs && leftToPoll > 0);
  }

  /**
   * @param {"live" | "polling"} next What the answer shows to be so.
   * @param {number} patience
   * @param {string} [reason]
   * @returns {Promise<boolean>} Whether there is more.
   */
  async function fetchNews(next, patience, reason) {
    const answer = await fetchEvents(patience);
    hasRenewed = false;
    status.lastDataAt = Date.now();
    if (next === "polling") show(next, { reason });
    for (const event of answer.events) receive(event, event.id);
    cursor = answer.cursor;
    tabs.tell(cursor);
    if (next === "live") show(answer.more ? "catching_up" : next);
    return answer.more;
  }

  /** @param {number} patience @returns {Promise<import("./wire.js").PolledEvents>} */
  async function fetchEvents(patience) {
    const deadline = begin();
    try {
      deadline.set(patience, unreachable());
      const path = cursor ? `${EVENTS}?after=${encodeURIComponent(cursor)}` : EVENTS;
      const response = await deadline.race(get(path, { signal: deadline.signal }));
      return await deadline.race(response.json());
    } finally {
      deadline.end();
    }
  }

  function begin() {
    hurried = false;
    heardAt = Date.now();
    return (attempt = createDeadline());
  }

  /** @param {string} path @param {{headers?: Record<string, string>, signal: AbortSignal}} init */
  async function get(path, init) {
    token = await access.token();
    return access.get(path, token, init);
  }

  /** @param {LiveEvent} event @param {string | undefined} id */
  function receive(event, id) {
    if (closed) return;
    if (event.type === "signed_out") throw new SignedOut(event);
    if (event.type === "connected") show("catching_up");
    if (id) cursor = id;
    tell(() => onEvent?.(event));
    if (event.type === "caught_up") {
      failures = 0;
      hasRenewed = false;
      show("live");
    }
  }

  /** @param {unknown} error */
  async function recover(error) {
    if (closed || error instanceof TurnChanged) return;
    const problem = isRefusal(error) ? await renewOrSignOut(error) : error;
    if (!problem || closed) return;
    tabs.tell(null);
    const { message, retryAfter } = problem instanceof OmilinkError ? problem : unreachable(problem);
    const wait = hurried ? 0 : backoff((retryAfter ?? 0) * 1000);
    // A stream that ends is everyday life (the server restarts, the network changes); a failed try is worth a word.
    if (state === "live" || hurried) show("connecting");
    else show("offline", { reason: message, retryAt: Date.now() + wait });
    await pause(wait);
  }

  /** How long to wait after one more failure: growing, and random so that not all come back at once. */
  function backoff(least = 0) {
    const wait = Math.random() * Math.min(limits.backoffMax, limits.backoff * 2 ** failures);
    failures += 1;
    return Math.min(LONGEST_WAIT, Math.max(wait, retryFloor, least));
  }

  /** @param {OmilinkError | SignedOut} refusal @returns {Promise<unknown>} What kept it from doing either. */
  async function renewOrSignOut(refusal) {
    try {
      if (state === "live") show("connecting");
      const isRenewed = !hasRenewed && (await access.renew(token));
      hasRenewed = true;
      return isRenewed ? null : signOut(refusal);
    } catch (cause) {
      return isRefusal(cause) ? signOut(refusal) : cause;
    }
  }

  /** @param {OmilinkError | SignedOut} refusal */
  function signOut(refusal) {
    if (closed) return;
    if (refusal instanceof SignedOut) tell(() => onEvent?.(refusal.event));
    show("signed_out", { reason: refusal.message });
    close();
  }

  /** @param {StreamState} next @param {Partial<StreamStatus>} [details] */
  function show(next, { reason = null, retryAt = null } = {}) {
    if (closed || (next === state && reason === status.reason && retryAt === status.retryAt)) return;
    if (next !== state) status.since = Date.now();
    state = next;
    Object.assign(status, { reason, retryAt });
    tell(() => onState?.(next, { ...status }));
  }

  /** @param {number} milliseconds */
  function pause(milliseconds) {
    if (closed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(done, milliseconds);
      endPause = done;
      function done() {
        clearTimeout(timer);
        resolve(null);
      }
    });
  }
}

/** An error in the app's handler is the app's: it shows up there, and the stream goes on. @param {() => void} call */
function tell(call) {
  try {
    call();
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}

/** Headers came, and what should follow did not. */
class HeldBack extends Error {}

/** Not even headers came: the network is gone, the server is, or a proxy holds back everything. */
class Unanswered extends Error {}

/** The stream is another tab's from now on, or this one's. */
class TurnChanged extends Error {}

class SignedOut extends Error {
  /** @param {import("./wire.js").SignedOutEvent} event */
  constructor(event) {
    super(event.reason);
    this.event = event;
  }
}

/** @param {unknown} error @returns {error is OmilinkError | SignedOut} */
function isRefusal(error) {
  return error instanceof SignedOut || (error instanceof OmilinkError && error.isSignedOut);
}

function lost() {
  return new OmilinkError("connection_lost", "The connection was lost.");
}

/** @param {unknown} [cause] */
function unreachable(cause) {
  return new OmilinkError("unreachable", "The server cannot be reached.", { cause });
}
