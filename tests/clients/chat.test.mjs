import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient, hasOlder, peopleOf, shownOf } from "../../clients/js/omilink.js";
import { conversation, createWatcher, frame, message, openEventStream, readJson, sendJson, serve } from "./helpers.mjs";

const PAGE = 50;

/** A server with one long conversation of which the stream's snapshot holds the newest messages, and a chat with it. */
async function chatWith(t, { about, messages, further = "" }) {
  const page = ([first, last]) => ({
    ok: true,
    items: messages.slice(Math.max(0, first), last),
    nextCursor: first > 0 ? String(first) : null,
  });
  const asked = [];
  const baseUrl = await serve(t, (request, response) => {
    const url = new URL(request.url, "http://x");
    asked.push(request.url);
    if (url.pathname === "/conversations/current/stream")
      return openEventStream(response, snapshot(about, messages.slice(-PAGE)) + further);
    if (url.pathname === "/conversations/current")
      return sendJson(response, 200, { ok: true, conversation: about, messages: messages.slice(-PAGE) });
    if (url.pathname === `/conversations/${about.id}`)
      return sendJson(response, 200, { ok: true, conversation: about });
    const around = messages.findIndex(({ id }) => id === url.searchParams.get("around"));
    const [, side, cursor] = /^(newer|)(\d+)$/.exec(url.searchParams.get("cursor") ?? `${messages.length}`);
    const first = around >= 0 ? around - PAGE / 2 : side ? Number(cursor) : Number(cursor) - PAGE;
    const newerCursor = first + PAGE < messages.length ? `newer${first + PAGE}` : null;
    return sendJson(response, 200, { ...page([first, first + PAGE]), newerCursor });
  });
  const watcher = createWatcher();
  const chat = createClient({ baseUrl }).chat(watcher.handlers);
  t.after(() => chat.close());
  await watcher.untilState("live");
  return { chat, watcher, asked };
}

function snapshot(about, messages) {
  return (
    frame("c0", { type: "connected", cursor: "c0", resumed: false }) +
    frame("c1", { type: "update", ok: true, conversation: about, messages, sessionId: null, cursor: "c1" }) +
    frame("c1", { type: "caught_up" })
  );
}

function talk(length, conversationId = "c1") {
  return Array.from({ length }, (_, n) => message(`${conversationId}-${n}`, { conversationId, position: n, seq: n }));
}

test("older messages come page by page down to the first", { timeout: 30_000 }, async (t) => {
  const { chat } = await chatWith(t, { about: conversation("c1", { messageCount: 120 }), messages: talk(120) });
  const held = () => chat.view.chats.c1.messages.length;
  assert.equal(held(), 50);
  await chat.loadOlder("c1");
  assert.equal(held(), 100, "the page that the snapshot held already does not count");
  await Promise.all([chat.loadOlder("c1"), chat.loadOlder("c1")]);
  assert.equal(held(), 120);
  assert.equal(hasOlder(chat.view.chats.c1), false);
  assert.deepEqual(
    chat.view.chats.c1.messages.map(({ seq }) => seq),
    Array.from({ length: 120 }, (_, n) => n),
  );
});

test("a hit opens its place, and both ways lead to all messages", { timeout: 30_000 }, async (t) => {
  const { chat, asked } = await chatWith(t, { about: conversation("c1", { messageCount: 200 }), messages: talk(200) });
  const shown = () => shownOf(chat.view, "c1").messages.map(({ seq }) => seq);
  await chat.openAround("c1", "c1-70");
  assert.deepEqual([shown()[0], shown().at(-1)], [45, 94]);
  await Promise.all([chat.loadNewer("c1"), chat.loadNewer("c1"), chat.loadOlder("c1")]);
  assert.deepEqual([shown()[0], shown().at(-1)], [0, 144]);
  chat.closeWindow("c1");
  assert.deepEqual([shown()[0], shown().at(-1)], [150, 199]);
  await chat.openAround("c1", "c1-70");
  while (chat.view.windows.c1) await chat.loadNewer("c1");
  assert.deepEqual([shown()[0], shown().at(-1)], [45, 199]);
  await chat.loadOlder("c1");
  assert.deepEqual(
    shown(),
    Array.from({ length: 200 }, (_, n) => n),
  );
  const before = asked.length;
  await chat.openAround("c1", "c1-70");
  await chat.loadNewer("c1");
  assert.equal(asked.length, before, "what is held already is not asked for");
});

test("what is missing of a conversation that becomes current is fetched", { timeout: 30_000 }, async (t) => {
  const messages = talk(80, "c2");
  const about = conversation("c2", { at: 9, messageCount: 80 });
  const baseUrl = await serve(t, (request, response) => {
    if (!request.url.endsWith("/stream"))
      return sendJson(response, 200, { ok: true, items: messages.slice(-PAGE), nextCursor: "older" });
    const news = { type: "new_messages", conversationId: "c2", conversation: about, messages: messages.slice(-1) };
    return openEventStream(response, snapshot(conversation("c1"), []) + frame("c2", news));
  });
  const watcher = createWatcher();
  const chat = createClient({ baseUrl }).chat(watcher.handlers);
  t.after(() => chat.close());
  const { view } = await watcher.until(({ view }) => view?.chats.c2?.messages.length === PAGE);
  assert.equal(view.current, "c2");
  assert.equal(view.missing, null);
});

test("after the current conversation is deleted, the server says which one is next", { timeout: 30_000 }, async (t) => {
  const deleted = conversation("c9", { at: 9 });
  const further =
    frame("c2", { type: "conversation_changed", conversationId: "c9", conversation: deleted }) +
    frame("c3", { type: "conversation_deleted", conversationId: "c9" });
  const { watcher } = await chatWith(t, { about: conversation("c1", { messageCount: 3 }), messages: talk(3), further });
  const { view } = await watcher.until(({ view }) => view?.deleted.c9 && view.missing === null);
  assert.equal(view.current, "c1");
});

test("an older conversation can be opened", { timeout: 30_000 }, async (t) => {
  const { chat } = await chatWith(t, { about: conversation("c1", { messageCount: 70 }), messages: talk(70) });
  await chat.open("c1");
  assert.equal(chat.view.chats.c1.messages.length, 50);
});

test("a chat that is closed while it loads asks for nothing more", { timeout: 30_000 }, async (t) => {
  const { chat, asked } = await chatWith(t, { about: conversation("c1", { messageCount: 120 }), messages: talk(120) });
  const before = asked.length;
  const loading = chat.loadOlder("c1");
  chat.close();
  await loading;
  assert.equal(asked.length - before, 1);
});

test("a page of conversations from before a reset is not added", { timeout: 30_000 }, async (t) => {
  let stream;
  let answerLate;
  const baseUrl = await serve(t, (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://x");
    if (pathname.endsWith("/stream")) return openEventStream((stream = response), snapshot(conversation("c9"), []));
    const page = (id, nextCursor) => sendJson(response, 200, { ok: true, items: [conversation(id)], nextCursor });
    if (!searchParams.has("cursor")) return page("c8", "second");
    answerLate = () => page("c7", "third");
    return stream.write(snapshot(conversation("c10"), []));
  });
  const watcher = createWatcher();
  const chat = createClient({ baseUrl }).chat(watcher.handlers);
  t.after(() => chat.close());
  await watcher.untilState("live");
  await chat.loadConversations();
  assert.equal(chat.view.older, "second");
  const loading = chat.loadConversations();
  await watcher.until(({ view }) => view?.current === "c10");
  answerLate();
  await loading;
  assert.equal(chat.view.older, undefined);
  assert.deepEqual(Object.keys(chat.view.chats), ["c10"]);
});

test("the names of people are fetched page by page, and again after a reset", { timeout: 30_000 }, async (t) => {
  let stream;
  const names = { p: "Ida", q: "Hedda" };
  const baseUrl = await serve(t, (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://x");
    if (pathname.endsWith("/stream")) return openEventStream((stream = response), snapshot(conversation("c9"), []));
    const id = searchParams.has("cursor") ? "q" : "p";
    const items = [{ id, name: names[id], ids: [id], mergedInto: null, deleted: false }];
    return sendJson(response, 200, { ok: true, items, nextCursor: id === "p" ? "next" : null });
  });
  const watcher = createWatcher();
  const chat = createClient({ baseUrl }).chat(watcher.handlers);
  t.after(() => chat.close());
  await watcher.untilState("live");
  await chat.loadPeople();
  const shown = (view) => peopleOf(view).map(({ name }) => name);
  assert.deepEqual(shown(chat.view), ["Hedda", "Ida"]);
  names.p = "Idana";
  stream.write(snapshot(conversation("c10"), []));
  await watcher.until(({ view }) => view?.current === "c10" && view.hasPeople);
  assert.deepEqual(shown(chat.view), ["Hedda", "Idana"]);
});

test("what a client has linked is linked again when it expires", { timeout: 30_000 }, async (t) => {
  const asked = [];
  let stream;
  const baseUrl = await serve(t, async (request, response) => {
    if (request.url.endsWith("/stream")) return openEventStream((stream = response), snapshot(conversation("c1"), []));
    asked.push(await readJson(request));
    return sendJson(response, asked.length === 2 ? 503 : 200, { ok: true, session: { id: "necklace" } });
  });
  const client = createClient({ baseUrl });
  const watcher = createWatcher();
  const chat = client.chat(watcher.handlers);
  t.after(() => chat.close());
  await watcher.untilState("live");
  await client.linkSession("necklace");
  const linkedAgain = new Promise((resolve) => {
    const { push } = asked;
    asked.push = (body) => (push.call(asked, body) === 3 ? resolve() : undefined);
  });
  stream.write(frame("c2", { type: "session_unlinked", session: { id: "necklace" }, reason: "expired" }));
  await linkedAgain;
  assert.deepEqual(asked.slice(1), Array(2).fill({ session_id: "necklace", again: true }));
});
