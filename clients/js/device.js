import { OmilinkError } from "./errors.js";

/**
 * localStorage and AsyncStorage both fit.
 *
 * @typedef {object} Storage
 * @property {(key: string) => string | null | Promise<string | null>} getItem
 * @property {(key: string, value: string) => unknown} setItem
 * @property {(key: string) => unknown} [removeItem]
 */

const KEY = "omilink.deviceSessionId";
/** In milliseconds, as below: the longest wait before a link is tried once more, which doubles with each failure. */
const BACKOFF = 500;
const BACKOFF_MAX = 30_000;
/** Whatever a proxy asks for. */
const LONGEST_WAIT = 300_000;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Ids being made, so that two callers at once get the same one. @type {WeakMap<Storage, Map<string, Promise<string>>>} */
const pending = new WeakMap();

/**
 * A session id that nobody can guess: 22 characters of 6 random bits each. The underscore of its prefix keeps it from
 * being taken for an OMI account id.
 */
export function generateSessionId() {
  if (!globalThis.crypto?.getRandomValues) {
    throw new OmilinkError(
      "no_randomness",
      "This app has no crypto.getRandomValues, so an id could be guessed. " +
        "In Expo: import { getRandomValues } from 'expo-crypto' and set globalThis.crypto = { getRandomValues }.",
    );
  }
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(22));
  return `dev_${Array.from(bytes, (byte) => ALPHABET[byte & 63]).join("")}`;
}

/**
 * @param {string | null | undefined} userId Each has an id of their own: a session is linked to one user only.
 * @param {Storage} [storage]
 * @returns {Promise<string>}
 */
export function recallDeviceSessionId(userId, storage = defaultStorage()) {
  const key = keyOf(userId);
  const making = pending.get(storage) ?? new Map();
  const recalled = making.get(key) ?? recall(key, storage).finally(() => making.delete(key));
  pending.set(storage, making.set(key, recalled));
  return recalled;
}

/** If it is this one. @param {string} sessionId @param {string | null} userId @param {Storage} [storage] */
export async function forgetDeviceSessionId(sessionId, userId, storage = defaultStorage()) {
  const key = keyOf(userId);
  if ((await storage.getItem(key)) === sessionId) await storage.setItem(key, "");
}

/**
 * The sessions that this app keeps linked for whoever is signed in: what it has linked is linked again when it expires,
 * and what the server could not link just now is tried again for as long as a chat is open.
 *
 * @param {(sessionId: string) => Promise<unknown>} linkAgain
 */
export function createLinks(linkAgain) {
  /** Each with whether it is to be tried again. @type {Map<string, boolean>} */
  let kept = new Map();
  let failures = 0;
  /** Whether the server can be reached, as far as the chat knows. */
  let isReachable = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  return { linking, watching, pause, drop, forget };

  /**
   * @template T
   * @param {string} sessionId
   * @param {Promise<T>} answer
   * @param {boolean} [again] Whether to go on trying, if it may pass.
   */
  async function linking(sessionId, answer, again) {
    const ours = kept; // another one by the time of the answer, if somebody else is signed in then
    const goesOn = again || ours.has(sessionId);
    ours.set(sessionId, false);
    try {
      const session = await answer;
      failures = 0;
      return session;
    } catch (error) {
      const known = error instanceof OmilinkError ? error : null;
      if (!goesOn || known?.mayPass === false) ours.delete(sessionId);
      if (ours.has(sessionId)) {
        ours.set(sessionId, true);
        tryLater(known?.retryAfter);
      }
      throw error;
    }
  }

  /**
   * What a chat tells on its way to the app.
   *
   * @template {import("./stream.js").StreamHandlers} Handlers
   * @param {Handlers} handlers
   * @param {() => void} signedOut
   * @returns {Handlers}
   */
  function watching(handlers, signedOut) {
    const { onEvent, onState } = handlers;
    return {
      ...handlers,
      onEvent(event) {
        const isExpired = event.type === "session_unlinked" && event.reason === "expired";
        if (isExpired && kept.has(event.session.id)) link(event.session.id);
        onEvent?.(event);
      },
      onState(state, status) {
        pause();
        isReachable = state === "live" || state === "polling";
        if (isReachable) linkDue();
        if (state === "signed_out") signedOut();
        onState?.(state, status);
      },
    };
  }

  function pause() {
    isReachable = false;
    clearTimeout(timer);
    timer = undefined;
  }

  /** It is not to be linked any more. @param {string} sessionId */
  function drop(sessionId) {
    kept.delete(sessionId);
  }

  function forget() {
    kept = new Map();
  }

  /** @param {number | null} [retryAfter] */
  function tryLater(retryAfter) {
    if (!isReachable || timer) return; // tried when it is
    const backoff = Math.random() * Math.min(BACKOFF_MAX, BACKOFF * 2 ** failures);
    failures += 1;
    timer = setTimeout(linkDue, Math.min(LONGEST_WAIT, Math.max(backoff, (retryAfter ?? 0) * 1000)));
  }

  function linkDue() {
    timer = undefined;
    for (const [sessionId, isDue] of kept) if (isDue) link(sessionId);
  }

  /** @param {string} sessionId */
  function link(sessionId) {
    linkAgain(sessionId).catch(() => {}); // the health of the session says why not
  }
}

/** @param {string} key @param {Storage} storage */
async function recall(key, storage) {
  const known = await storage.getItem(key);
  if (known) return known;
  const made = generateSessionId();
  await storage.setItem(key, made);
  return made;
}

/** @param {string | null | undefined} userId */
function keyOf(userId) {
  return userId ? `${KEY}.${userId}` : KEY;
}

/** @type {Storage | undefined} */
let chosen;

/** Browsers can forbid localStorage, and reading the property then throws. */
function defaultStorage() {
  return (chosen ??= findLocalStorage() ?? createMemoryStorage());
}

function findLocalStorage() {
  try {
    return typeof document === "undefined" ? undefined : globalThis.localStorage;
  } catch {
    return undefined;
  }
}

/** @returns {Storage} */
function createMemoryStorage() {
  const items = new Map();
  return { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) };
}
