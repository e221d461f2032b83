/**
 * Searching while somebody types.
 *
 * @typedef {import("./wire.js").Hit} Hit
 * @typedef {import("./wire.js").Hits} Hits
 * @typedef {import("./client.js").Search} Options
 *
 * @typedef {Options & {q: string}} Question
 *
 * @typedef {object} Found What there is to show.
 * @property {Question} question What was asked last.
 * @property {"nothing asked" | "searching" | "found" | "failed"} is
 * @property {readonly Hit[]} hits While a search goes on, those of the search before it.
 * @property {boolean} isMore Whether the server has more of them.
 * @property {string} problem Why the last request failed; empty when it did not.
 */

import { dateOf } from "./lists.js";

/** For so many milliseconds after a letter another one is waited for. */
const WAIT = 200;
/** A page may be empty and have a next one. So many are asked for until something is found. */
const PAGES_AT_ONCE = 10;

/** @type {Found} */
export const NOTHING_ASKED = { question: { q: "" }, is: "nothing asked", hits: [], isMore: false, problem: "" };

/**
 * Asks when nobody has typed for a moment. Of the answers only that to the last question counts.
 *
 * @param {(q: string, options: Options) => Promise<Hits>} search
 * @param {(found: Found) => void} onChange
 */
export function openSearch(search, onChange) {
  let found = NOTHING_ASKED;
  /** @type {string | null} */
  let cursor = null;
  let turn = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;

  return { ask, more, again, close };

  /** @param {Question} question @param {{now?: boolean}} [when] `now`: without waiting for another letter. */
  function ask(question, { now = false } = {}) {
    stop();
    cursor = null;
    if (question.q.trim() === "") return change({ ...NOTHING_ASKED, question });
    change({ ...found, question, is: "searching", isMore: false, problem: "" });
    if (now) run();
    else waiting = setTimeout(run, WAIT);
  }

  /** Adds the next page. */
  function more() {
    if (found.is === "found" && cursor !== null) run();
  }

  /** Asks once more what could not be answered. */
  function again() {
    if (found.is === "failed") run();
  }

  function close() {
    stop();
  }

  function stop() {
    turn += 1;
    clearTimeout(waiting);
  }

  async function run() {
    const mine = (turn += 1);
    const { q, ...options } = found.question;
    let held = cursor === null ? [] : found.hits;
    change({ ...found, is: "searching", problem: "" });
    try {
      for (let pages = 1; ; pages += 1) {
        const page = await search(q, { ...options, cursor });
        if (mine !== turn) return;
        cursor = page.nextCursor;
        held = [...held, ...page.items];
        if (page.items.length > 0 || cursor === null || pages === PAGES_AT_ONCE) break;
      }
      change({ ...found, is: "found", hits: held, isMore: cursor !== null });
    } catch (error) {
      if (mine !== turn) return;
      change({ ...found, is: "failed", problem: error instanceof Error ? error.message : String(error) });
    }
  }

  /** @param {Found} next */
  function change(next) {
    found = next;
    onChange(found);
  }
}

/**
 * A snippet in pieces, of which some are what was searched for.
 *
 * @param {Pick<Hit, "snippet" | "highlights">} hit
 * @returns {{text: string, isHit: boolean}[]}
 */
export function piecesOf({ snippet, highlights }) {
  const pieces = [];
  let end = 0;
  for (const [from, to] of highlights) {
    pieces.push({ text: snippet.slice(end, from), isHit: false }, { text: snippet.slice(from, to), isHit: true });
    end = to;
  }
  pieces.push({ text: snippet.slice(end), isHit: false });
  return pieces.filter(({ text }) => text !== "");
}

/**
 * The times between which the reader's days lie.
 *
 * @param {{from?: string, to?: string}} days Such as "2026-11-24"; empty for any.
 * @returns {{from?: string, to?: string}} In ISO 8601; `to` is excluded.
 */
export function timesOf({ from, to }) {
  const [first, last] = [dateOf(from), dateOf(to)];
  last?.setDate(last.getDate() + 1);
  return { from: first?.toISOString(), to: last?.toISOString() };
}
