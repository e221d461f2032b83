import { createDeadline } from "./deadline.js";
import { newestOf, viewOf } from "./view.js";

/**
 * @typedef {import("./device.js").Storage} Storage
 * @typedef {import("./view.js").View} View
 *
 * @typedef {object} Kept
 * @property {View} view The newest words of the conversation that was current.
 * @property {string} cursor Where the stream goes on from them.
 * @property {number | null} at When the server was last heard from.
 *
 * @typedef {ReturnType<typeof createKeep>} Keep
 */

const KEY = "omilink.lastView";
const MESSAGES = 200;
/** What AsyncStorage can give back on Android ends at 2 MB. */
const CHARACTERS = 500_000;
const WRITE_EVERY = 1_000;
const PATIENCE = 2_000;
/** Milliseconds: no sign-in is older, so what was kept before belongs to nobody. */
const LONGEST = 30 * 86_400_000;

/**
 * Remembers the last view and its cursor, for the sign-in that they were seen with. There is at most one, and it
 * is neither kept nor given while its owner is unknown. The owner is known by a checksum of the token, which says nothing
 * about it, or by the user's id where there are cookies instead.
 *
 * @param {Storage} storage
 * @param {string} server
 */
export function createKeep(storage, server) {
  /** @type {string | null} */
  let user = null;
  /** Whose the view is. @type {string | null} */
  let owner = null;
  /** @type {(() => Kept | null) | null} */
  let unwritten = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** One after the other, or an older view could win. @type {Promise<unknown>} */
  let written = Promise.resolve();

  return { signedInAs, recall, belongsTo, doubt, remember, write, forget };

  /** @param {string} id */
  function signedInAs(id) {
    user = id;
  }

  /**
   * @param {() => Promise<string | null | undefined>} getToken
   * @returns {Promise<Kept | null>} Nothing when the token or the storage fails, or does not answer: the chat must begin.
   */
  async function recall(getToken) {
    const deadline = createDeadline();
    deadline.set(PATIENCE, new Error("Neither token nor storage came."));
    try {
      const whose = ownerOf(await deadline.race(getToken()));
      const kept = whose && (await deadline.race(read()));
      if (!kept) return null;
      if (kept.owner !== whose || Date.now() - kept.at > LONGEST) return (change(remove), null);
      owner = whose;
      return { view: viewOf(kept.chat), cursor: kept.cursor, at: kept.at };
    } catch {
      return null;
    } finally {
      deadline.end();
    }
  }

  /** The server has shown that what is seen from now on is this sign-in's. @param {string | null | undefined} token */
  function belongsTo(token) {
    owner = ownerOf(token);
  }

  /** The cursor was somebody else's, perhaps: the cookie may have changed hands. */
  function doubt() {
    user = null;
  }

  /** @param {() => Kept | null} look Called when it is time to write. */
  function remember(look) {
    unwritten = look;
    timer ??= setTimeout(write, WRITE_EVERY);
  }

  function write() {
    const kept = owner && unwritten?.();
    drop();
    if (!kept) return;
    const text = textOf(kept);
    change(() => (text ? storage.setItem(KEY, text) : remove()));
  }

  /** @returns {Promise<unknown>} */
  function forget() {
    drop();
    owner = user = null;
    return change(remove);
  }

  function drop() {
    clearTimeout(timer);
    timer = undefined;
    unwritten = null;
  }

  /** When the storage fails, the chat goes on without it. @param {() => unknown} act */
  function change(act) {
    return (written = written.then(act).catch(() => {}));
  }

  function remove() {
    return storage.removeItem ? storage.removeItem(KEY) : storage.setItem(KEY, "");
  }

  /** @returns {Promise<any>} */
  async function read() {
    return JSON.parse((await storage.getItem(KEY)) || "null");
  }

  /** @param {Kept} kept @returns {string | null} Null when there is nothing to keep. */
  function textOf({ view, cursor, at }) {
    for (let count = MESSAGES; count > 0; count >>= 1) {
      const chat = newestOf(view, count);
      const text = chat && JSON.stringify({ owner, cursor, at, chat });
      if (!text || text.length <= CHARACTERS) return text;
    }
    return null;
  }

  /** @param {string | null | undefined} token */
  function ownerOf(token) {
    const who = token ? checksumOf(token) : user;
    return who && `${server} ${who}`;
  }
}

/** FNV-1a: 32 bits, so that nothing of a token's 256 can be had from it. @param {string} token */
function checksumOf(token) {
  let sum = 0x811c9dc5;
  for (const character of token) sum = Math.imul(sum ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (sum >>> 0).toString(36);
}
