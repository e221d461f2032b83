/**
 * Which tab of a browser has the live stream. Over HTTP/1.1 a browser opens six connections to a server, so that a stream
 * in every tab would leave none for anything else. One of the visible tabs has it, and notifies the others, which
 * fetch the news themselves. Hidden tabs give it up. The browser's own locks would be simpler, and exist
 * only on https and localhost.
 *
 * @typedef {{from: string, does: "claims" | "has it" | "leaves", cursor?: string | null}} Said
 * @typedef {ReturnType<typeof joinTabs>} Tabs
 */

/** In milliseconds: how often the tab that has the stream says so, and how long the others do without hearing it. */
const BEAT = 2_000;
const LOST = 7_000;
/** How long the others may take to object. Whoever objects later is listened to as well. */
const GRACE = 50;

/** Where there are no tabs, the stream is always ours. */
export const ALONE = { isOurs: true, decided: undefined, tell() {}, close() {} };

/**
 * @param {string} name Tabs that share a stream say the same one.
 * @param {object} handlers
 * @param {() => void} handlers.onTurn It has become ours, or somebody else's.
 * @param {(cursor: string | null) => void} handlers.onNews How far the tab that has it is; null while it has no connection.
 */
export function joinTabs(name, { onTurn, onNews }) {
  const id = Math.random().toString(36).slice(2);
  const channel = globalThis.BroadcastChannel && new BroadcastChannel(`omilink ${name}`);
  /** @type {"follows" | "claims" | "has it"} */
  let role = "follows";
  /** @type {string | null} */
  let cursor = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  let decide = () => {};
  /** @type {Promise<void>} */
  const decided = new Promise((resolve) => (decide = resolve));

  if (channel) channel.onmessage = ({ data }) => hear(data);
  document.addEventListener("visibilitychange", look);
  look();

  return {
    get isOurs() {
      return role === "has it";
    },
    /** Whose it is has been found out. */
    decided,
    /** Tells the others how far we are. @param {string | null} next */
    tell(next) {
      if (next === cursor) return;
      cursor = next;
      if (role === "has it") say("has it");
    },
    close() {
      document.removeEventListener("visibilitychange", look);
      leave();
      channel?.close();
    },
  };

  function look() {
    if (isInSight()) claim();
    else leave();
  }

  function claim() {
    if (role === "has it") return;
    role = "claims";
    say("claims");
    after(GRACE, take);
  }

  function take() {
    role = "has it";
    decide();
    beat();
    onTurn();
  }

  function beat() {
    say("has it");
    after(BEAT, beat);
  }

  function leave() {
    clearTimeout(timer);
    if (role === "has it") say("leaves");
    giveWay();
  }

  function giveWay() {
    const before = role;
    role = "follows";
    decide();
    if (before === "has it") onTurn();
  }

  /** Of two that claim it or have it at once, the lower id goes first. @param {Said} said */
  function hear({ from, does, cursor: theirs = null }) {
    if (!isInSight()) return;
    const isFirst = from < id;
    if (does === "leaves") claim();
    else if (role === "has it" && !(does === "has it" && isFirst)) beat();
    else if (does === "has it") follow(theirs);
    else if (role === "claims" && isFirst) follow();
    else if (role === "claims") say("claims");
  }

  /** @param {string | null} [theirs] How far the tab is that has it; nothing of one that only claims it. */
  function follow(theirs) {
    after(LOST, claim);
    giveWay();
    if (theirs !== undefined) onNews(theirs);
  }

  /** @param {Said["does"]} does */
  function say(does) {
    channel?.postMessage({ from: id, does, cursor });
  }

  /** @param {number} milliseconds @param {() => void} next Instead of what was to come next. */
  function after(milliseconds, next) {
    clearTimeout(timer);
    timer = setTimeout(next, milliseconds);
  }
}

function isInSight() {
  return document.visibilityState !== "hidden";
}
