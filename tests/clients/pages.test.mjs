import assert from "node:assert/strict";
import test from "node:test";

import { listDays, listItems, openPages } from "../../clients/js/screens.js";

const OWN = item("own");
const TALK = "talk";

test("pages are added one after the other, each entry once", async () => {
  const server = createServer();
  const list = openItems(server);
  list.load();
  list.load();
  assert.deepEqual(server.cursors(), [null]);
  await server.answer(0, [OWN, item("a", TALK)], "p2");
  assert.deepEqual([server.ids(), server.pages.next], [["own", "a"], "p2"]);
  list.load();
  await server.answer(1, [item("a", TALK), item("b", TALK)]);
  assert.deepEqual([server.ids(), server.pages.next], [["own", "a", "b"], null]);
  await list.load();
  assert.deepEqual(server.cursors(), [null, "p2"]);
});

test("what happens while a page is on its way counts", async () => {
  const server = createServer();
  const list = openItems(server);
  list.load();
  list.hear({ type: "action_item_deleted", actionItemId: "own" });
  list.hear({ type: "action_item_changed", actionItem: item("new") });
  await server.answer(0, [OWN, item("a", TALK)]);
  assert.deepEqual(server.ids(), ["new", "a"]);
});

test("after a gap everything is fetched again, and the old is shown meanwhile", async () => {
  const server = createServer();
  const list = openItems(server);
  list.load();
  await server.answer(0, [OWN], "p2");
  list.load();
  list.hear({ type: "update" });
  await server.answer(1, [item("of the page before the gap")]);
  assert.deepEqual([server.ids(), server.pages.next], [["own"], undefined]);
  list.load();
  assert.deepEqual(server.cursors(), [null, "p2", null]);
  await server.answer(2, [item("anew")]);
  assert.deepEqual([server.ids(), server.pages.next], [["anew"], null]);
});

test("a page that fails can be asked for again", async () => {
  const server = createServer();
  const list = openItems(server);
  const loading = list.load();
  server.asked[0].reject(new Error("The server cannot be reached."));
  await assert.rejects(loading);
  list.load();
  await server.answer(1, [OWN]);
  assert.deepEqual(server.ids(), ["own"]);
});

test("an item that is ticked stays in its place, one that was done already does not come", () => {
  const apply = listItems(false);
  const items = [OWN, item("a", TALK)];
  const ticked = apply(items, { type: "action_item_changed", actionItem: { ...OWN, done: true } });
  assert.deepEqual(
    ticked.map(({ id, done }) => [id, done]),
    [
      ["own", true],
      ["a", false],
    ],
  );
  assert.equal(apply(items, { type: "action_item_changed", actionItem: { ...item("new"), done: true } }), items);
  assert.deepEqual(idsOf(apply(items, { type: "action_item_changed", actionItem: item("new") })), ["new", "own", "a"]);
});

test("a conversation's items follow its events", () => {
  const apply = listItems(false);
  const items = [OWN, item("a", "other"), item("b", TALK), item("c", "third")];
  const event = (type, ...actionItems) => ({ type, conversationId: TALK, conversation: { actionItems } });
  const { conversationId: _, ...same } = item("b", TALK);
  assert.equal(apply(items, event("new_messages", same)), items, "nothing has changed");
  assert.deepEqual(idsOf(apply(items, event("conversation_changed", { ...same, done: true }, stored("d")))), [
    "own",
    "a",
    "b",
    "d",
    "c",
  ]);
  assert.deepEqual(idsOf(apply(items, event("messages_updated"))), ["own", "a", "c"]);
  assert.deepEqual(idsOf(apply(items, { type: "conversation_deleted", conversationId: TALK })), ["own", "a", "c"]);
  const others = [OWN, item("a", "other")];
  assert.deepEqual(idsOf(apply(others, event("conversation_changed", stored("b")))), ["own", "b", "a"]);
  assert.deepEqual(idsOf(apply([], event("conversation_changed", stored("b")))), ["b"]);
  assert.equal(apply(items, { type: "caught_up" }), items);
});

test("the summary of a day replaces the one before it, and an older one waits for its page", () => {
  const day = (date, headline = date) => ({ date, headline });
  const days = [day("2026-11-24"), day("2026-11-22")];
  const heard = (daySummary, next) => listDays(days, { type: "day_summary_changed", daySummary }, next);
  const datesOf = (days) => days.map(({ date }) => date);
  assert.deepEqual(datesOf(heard(day("2026-11-25"), "p2")), ["2026-11-25", "2026-11-24", "2026-11-22"]);
  assert.deepEqual(datesOf(heard(day("2026-11-23"), "p2")), ["2026-11-24", "2026-11-23", "2026-11-22"]);
  assert.equal(heard(day("2026-11-21"), "p2"), days);
  assert.deepEqual(datesOf(heard(day("2026-11-21"), null)), ["2026-11-24", "2026-11-22", "2026-11-21"]);
  assert.deepEqual(heard(day("2026-11-22", "Again"), "p2")[1].headline, "Again");
  assert.equal(listDays(days, { type: "caught_up" }, null), days);
});

function openItems(server) {
  const { ask, onChange } = server;
  return openPages({ ask, onChange, apply: listItems(false), keyOf: ({ id }) => id });
}

function item(id, conversationId = null) {
  return { ...stored(id), conversationId };
}

/** As a conversation has it. */
function stored(id) {
  return { id, text: id, done: false, dueAt: null, owner: null, messageIds: [] };
}

function idsOf(items) {
  return items.map(({ id }) => id);
}

function createServer() {
  const server = {
    asked: [],
    pages: undefined,
    ask: (cursor) => new Promise((resolve, reject) => server.asked.push({ cursor, resolve, reject })),
    onChange: (pages) => (server.pages = pages),
    cursors: () => server.asked.map(({ cursor }) => cursor),
    ids: () => idsOf(server.pages.items),
    async answer(number, items, nextCursor = null) {
      server.asked[number].resolve({ items, nextCursor });
      await new Promise(setImmediate);
    },
  };
  return server;
}
