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
