import { OmilinkError } from "./errors.js";

/** In milliseconds, as below: the longest wait before a link is tried once more, which doubles with each failure. */
const BACKOFF = 500;
const BACKOFF_MAX = 30_000;
/** Whatever a proxy asks for. */
const LONGEST_WAIT = 300_000;

/** @typedef {ReturnType<typeof createLinks>} Links */

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

  return { has, linking, watching, pause, drop, forget };

  /** Whether this app has linked it. @param {string} sessionId */
  function has(sessionId) {
    return kept.has(sessionId);
  }

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
   * The handlers of a chat, which see its events before the app's own handlers do.
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
