/**
 * A list that is fetched page by page, and kept as it is by the live events.
 *
 * @typedef {import("./wire.js").LiveEvent} LiveEvent
 * @typedef {import("./api.js").ListedItem} ListedItem
 * @typedef {import("./api.js").DaySummary} DaySummary
 */

/**
 * @template Item
 * @typedef {object} Pages
 * @property {readonly Item[]} items
 * @property {string | null | undefined} next Cursor of the next page; null when all is held, undefined before the first
 *   page was fetched.
 */

/**
 * @template Item
 * @param {object} list
 * @param {(cursor: string | null) => Promise<{items: Item[], nextCursor: string | null}>} list.ask
 * @param {(items: readonly Item[], event: LiveEvent, next: string | null | undefined) => readonly Item[]} list.apply
 *   Answers with the same items when the event changes none.
 * @param {(item: Item) => string} list.keyOf
 * @param {(pages: Pages<Item>) => void} list.onChange
 */
export function openPages({ ask, apply, keyOf, onChange }) {
  /** @type {Pages<Item>} */
  let pages = { items: [], next: undefined };
  let turn = 0;
  /** @type {Promise<void> | null} */
  let running = null;
  /** What happened while a page was on its way, which may be older. @type {LiveEvent[]} */
  let meanwhile = [];

  return { load, hear };

  /** Adds the next page, or the first one. @returns {Promise<void>} */
  function load() {
    if (pages.next === null) return Promise.resolve();
    if (running) return running;
    const mine = fetchPage().finally(() => {
      if (running === mine) running = null;
    });
    return (running = mine);
  }

  /** @param {LiveEvent} event */
  function hear(event) {
    if (event.type === "update") return anew();
    if (running) meanwhile.push(event);
    change({ ...pages, items: apply(pages.items, event, pages.next) });
  }

  /** After a gap in the events everything is fetched again; until then the old items stay. */
  function anew() {
    turn += 1;
    if (pages.next === undefined) return;
    running = null;
    change({ ...pages, next: undefined });
  }

  async function fetchPage() {
    const [mine, cursor] = [turn, pages.next];
    meanwhile = [];
    const { items, nextCursor } = await ask(cursor ?? null);
    if (mine !== turn) return;
    const held = cursor === undefined ? [] : pages.items;
    const known = new Set(held.map(keyOf));
    /** @type {readonly Item[]} */
    let all = [...held, ...items.filter((item) => !known.has(keyOf(item)))];
    for (const event of meanwhile) all = apply(all, event, nextCursor);
    change({ items: all, next: nextCursor });
  }

  /** @param {Pages<Item>} changed */
  function change(changed) {
    if (changed.items === pages.items && changed.next === pages.next) return;
    pages = changed;
    onChange(pages);
  }
}

/**
 * Action items over all conversations after an event. One that is ticked stays in sight, so that it can be unticked.
 *
 * @param {boolean} done Which are listed.
 * @returns {(items: readonly ListedItem[], event: LiveEvent) => readonly ListedItem[]}
 */
export function listItems(done) {
  return (items, event) => {
    switch (event.type) {
      case "action_item_changed":
        return withItem(items, event.actionItem, done);
      case "action_item_deleted":
        return without(items, ({ id }) => id === event.actionItemId);
      case "conversation_changed":
      case "new_messages":
      case "messages_updated":
        return withItemsOf(items, event.conversationId, event.conversation.actionItems, done);
      case "conversation_deleted":
        return without(items, ({ conversationId }) => conversationId === event.conversationId);
      default:
        return items;
    }
  };
}

/**
 * Summaries of days after an event.
 *
 * @param {readonly DaySummary[]} days The latest first.
 * @param {LiveEvent} event
 * @param {string | null | undefined} next Of a day before those held, the next page will have it.
 * @returns {readonly DaySummary[]}
 */
export function listDays(days, event, next) {
  if (event.type !== "day_summary_changed") return days;
  const { daySummary } = event;
  const others = days.filter(({ date }) => date !== daySummary.date);
  const isLater = others.some(({ date }) => date < daySummary.date);
  if (others.length === days.length && !isLater && next !== null) return days;
  return [...others, daySummary].sort((a, b) => (a.date < b.date ? 1 : -1));
}

/** @param {readonly ListedItem[]} items @param {ListedItem} item @param {boolean} done */
function withItem(items, item, done) {
  if (items.some(({ id }) => id === item.id)) return items.map((held) => (held.id === item.id ? item : held));
  return item.done === done ? [item, ...items] : items;
}

/**
 * @param {readonly ListedItem[]} items
 * @param {string} conversationId
 * @param {readonly import("./api.js").ActionItem[]} theirs
 * @param {boolean} done
 */
function withItemsOf(items, conversationId, theirs, done) {
  const held = items.filter((item) => item.conversationId === conversationId);
  const known = new Set(held.map(({ id }) => id));
  const now = theirs
    .filter((item) => known.has(item.id) || item.done === done)
    .map((item) => ({ ...item, conversationId }));
  if (JSON.stringify(now) === JSON.stringify(held)) return items;
  const others = items.filter((item) => item.conversationId !== conversationId);
  const place = placeOf(items, held[0]);
  return [...others.slice(0, place), ...now, ...others.slice(place)];
}

/** Where a conversation's items stand: where they were, or else behind those without a conversation. */
function placeOf(/** @type {readonly ListedItem[]} */ items, /** @type {ListedItem | undefined} */ first) {
  if (first) return items.indexOf(first);
  const place = items.findIndex(({ conversationId }) => conversationId !== null);
  return place === -1 ? items.length : place;
}

/** @template Item @param {readonly Item[]} items @param {(item: Item) => boolean} isGone */
function without(items, isGone) {
  return items.some(isGone) ? items.filter((item) => !isGone(item)) : items;
}
