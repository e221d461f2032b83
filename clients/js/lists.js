/**
 * What stands in lists, decided without drawing.
 *
 * @typedef {import("./wire.js").Conversation} Conversation
 */

/** A longer session id is shown by its beginning and its end. */
const SHORT = 14;

/** The midnight with which a day began where the reader is. @param {string | number} time */
export function startOfDay(time) {
  const date = new Date(time);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/**
 * Items by the reader's days, the latest day first. Within a day they keep their order.
 *
 * @template Item
 * @param {readonly Item[]} items
 * @param {(item: Item) => string} timeOf
 * @returns {{day: number, items: Item[]}[]} `day` is the midnight with which it began.
 */
export function byDay(items, timeOf) {
  /** @type {Map<number, Item[]>} */
  const days = new Map();
  for (const item of items) {
    const day = startOfDay(timeOf(item));
    const others = days.get(day);
    if (others) others.push(item);
    else days.set(day, [item]);
  }
  return [...days].sort(([a], [b]) => b - a).map(([day, items]) => ({ day, items }));
}

/** How many seconds a conversation lasted. @param {Pick<Conversation, "startedAt" | "endedAt">} conversation */
export function secondsOf({ startedAt, endedAt }) {
  return Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)) / 1000 || 0;
}

/**
 * What a conversation was heard by: the name of the session, or its id shortened.
 *
 * @param {{omiSessionKey: string, sessionName?: string | null}} conversation
 */
export function wearableOf({ omiSessionKey: id, sessionName }) {
  if (sessionName) return sessionName;
  return id.length <= SHORT ? id : `${id.slice(0, 6)}…${id.slice(-4)}`;
}

/** The reader's day of a time, such as "2026-11-24"; empty for none. @param {string | null} time */
export function dayOf(time) {
  if (!time) return "";
  const date = new Date(time);
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return parts.map((part) => String(part).padStart(2, "0")).join("-");
}

/** The midnight with which a day begins where the reader is. @param {string} [day] Such as "2026-11-24". */
export function dateOf(day = "") {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  return found ? new Date(Number(found[1]), Number(found[2]) - 1, Number(found[3])) : undefined;
}

/** The last minute of a day where the reader is, in ISO 8601; null for none. @param {string} day */
export function endOf(day) {
  const date = dateOf(day);
  date?.setHours(23, 59);
  return date?.toISOString() ?? null;
}
