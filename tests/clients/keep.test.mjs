// The last words outlast the app: shown at once at the next start, and forgotten with the sign-in.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as omilink from "../../clients/js/omilink.js";
import { conversation, createWatcher, frame, message, openEventStream, sendJson, serve } from "./helpers.mjs";

const { createClient } = omilink;
const TOKEN = "the-secret-token-of-ada";
const KEY = "omilink.lastView";

/** As AsyncStorage is: everything takes a moment. */
function createStorage() {
  const items = new Map();
  return {
    items,
    getItem: async (key) => items.get(key) ?? null,
    setItem: async (key, value) => void items.set(key, value),
    removeItem: async (key) => void items.delete(key),
  };
}

function talk(length, text = "words") {
  return Array.from({ length }, (_, n) => message(`m${n}`, { position: n, seq: n, text: `${text} ${n}` }));
}

function snapshot(messages, { id = "c1", cursor = "k.1", reset } = {}) {
  const update = { type: "update", ok: true, conversation: about(messages, id), messages, sessionId: null, cursor };
  return (
    frame("k.0", { type: "connected", cursor: "k.0", resumed: false }) +
    (reset ? frame("k.0", { type: "reset", reason: reset }) : "") +
    frame(cursor, update) +
    frame(cursor, { type: "caught_up" })
  );
}

function resumed(...events) {
  const missed = events.map((event, n) => frame(`k.${n + 2}`, event)).join("");
  return (
    frame("k.1", { type: "connected", cursor: "k.1", resumed: true }) +
    missed +
    frame(`k.${events.length + 1}`, { type: "caught_up" })
  );
}

function about(messages, id = "c1") {
  return conversation(id, { messageCount: messages.length });
}

const news = (messages, all) => ({ type: "new_messages", conversationId: "c1", conversation: about(all), messages });

/** A server that answers the stream by `streams`, one after the other, and is away when there is none left. */
async function serverWith(t, ...streams) {
  const server = { asked: [] };
  server.baseUrl = await serve(t, (request, response) => {
    if (!request.url.endsWith("/stream"))
      return sendJson(response, 200, { ok: true, session_token: TOKEN, user: { id: "ada" }, items: [], session: {} });
    server.asked.push(request.headers["last-event-id"] ?? null);
    const text = streams.shift();
    return text ? openEventStream(response, text) : response.destroy();
  });
  return server;
}

/** An app that starts, with what an earlier one left behind. */
function start(t, { baseUrl }, storage, { token = TOKEN, user, after } = {}) {
  const watcher = createWatcher();
  const client = createClient({ baseUrl, storage, getToken: () => token });
  const chat = client.chat(watcher.handlers, { user, after, timings: { backoff: 5, backoffMax: 10 } });
  t.after(() => chat.close());
  return Object.assign(watcher, { client, chat });
}

/** An app that has seen these words and is closed. */
async function leaveBehind(t, server, storage, settings) {
  const app = start(t, server, storage, settings);
  await app.untilState("live");
  app.chat.close();
  await settle();
  return app;
}

const texts = (view) => view.chats[view.current].messages.map(({ text }) => text);

test("the last words are there at once, with their age, and nothing comes twice", { timeout: 30_000 }, async (t) => {
  const storage = createStorage();
  const first = talk(3);
  const all = talk(5);
  const server = await serverWith(t, snapshot(first), resumed(news(all.slice(2), all)));
  const before = await leaveBehind(t, server, storage);

  const app = start(t, server, storage);
  const { view } = await app.until(({ view }) => view?.loaded);
  assert.equal(app.chat.state, "connecting");
  assert.deepEqual(texts(view), ["words 0", "words 1", "words 2"]);
  assert.equal(app.chat.status.lastDataAt, before.chat.status.lastDataAt);

  await app.untilState("live");
  assert.deepEqual(
    texts(app.chat.view),
    all.map(({ text }) => text),
  );
  assert.deepEqual(server.asked, [null, "k.1"]);
});

test("without a connection they stay, and the state says how old they are", { timeout: 30_000 }, async (t) => {
  const storage = createStorage();
  const server = await serverWith(t, snapshot(talk(3)));
  await leaveBehind(t, server, storage);
  const tenMinutesAgo = Date.now() - 600_000;
  storage.items.set(KEY, JSON.stringify({ ...JSON.parse(storage.items.get(KEY)), at: tenMinutesAgo }));

  const app = start(t, server, storage);
  const { status } = await app.until(({ state }) => state === "offline");
  assert.equal(status.lastDataAt, tenMinutesAgo);
  assert.equal(texts(app.chat.view).length, 3);
});

test("words are written while they come, for an app that is killed", { timeout: 30_000 }, async (t) => {
  const storage = createStorage();
  const app = start(t, await serverWith(t, snapshot(talk(3))), storage);
  await app.untilState("live");
  await waitUntil(() => storage.items.get(KEY)?.includes("words 2"));
  assert.equal(JSON.parse(storage.items.get(KEY)).cursor, "k.1");
});

test("the newest 200 messages of the current conversation are kept, and never the token", async (t) => {
  const storage = createStorage();
  await leaveBehind(t, await serverWith(t, snapshot(talk(450))), storage);
  const text = storage.items.get(KEY);
  assert.equal(JSON.parse(text).chat.messages.length, 200);
  assert.equal(JSON.parse(text).chat.messages[0].text, "words 250");
  assert.ok(![...storage.items.values()].join().includes(TOKEN));
});

test("long messages do not make it large", async (t) => {
  const storage = createStorage();
  await leaveBehind(t, await serverWith(t, snapshot(talk(200, "x".repeat(9_000)))), storage);
  assert.ok(storage.items.get(KEY).length <= 500_000);
  assert.equal(JSON.parse(storage.items.get(KEY)).chat.messages.at(-1).seq, 199);
});

test("where words are polled they are kept as well", { timeout: 30_000 }, async (t) => {
  const storage = createStorage();
  await leaveBehind(t, await serverWith(t, snapshot(talk(3))), storage);
  const all = talk(4);
  const asked = [];
  const baseUrl = await serve(t, (request, response) => {
    if (request.url.endsWith("/stream")) return openEventStream(response);
    const after = new URL(request.url, "http://x").searchParams.get("after");
    asked.push(after);
    const events = after === "k.1" ? [{ id: "k.2", ...news(all.slice(3), all) }] : [];
    return sendJson(response, 200, { ok: true, events, cursor: "k.2", more: false });
  });
  const kept = JSON.parse(storage.items.get(KEY));
  storage.items.set(KEY, JSON.stringify({ ...kept, owner: kept.owner.replace(/^\S+/, baseUrl) }));
  const watcher = createWatcher();
  const client = createClient({ baseUrl, storage, getToken: () => TOKEN });
  const chat = client.chat(watcher.handlers, { timings: { firstBytes: 30, poll: 10 } });
  await watcher.until(({ view }) => view && texts(view).length === 4);
  chat.close();
  await settle();
  assert.equal(asked[0], "k.1");
  assert.equal(JSON.parse(storage.items.get(KEY)).cursor, "k.2");
});

test("a cursor that is too old makes room for a snapshot", { timeout: 30_000 }, async (t) => {
  const storage = createStorage();
  const server = await serverWith(t, snapshot(talk(3)), snapshot(talk(2, "fresh"), { reset: "cursor_too_old" }));
  await leaveBehind(t, server, storage);
  const app = start(t, server, storage);
  await app.untilState("live");
  assert.deepEqual(texts(app.chat.view), ["fresh 0", "fresh 1"]);
});

test("another account sees nothing of it, and it is forgotten", { timeout: 30_000 }, async (t) => {
  const storage = createStorage();
  const server = await serverWith(t, snapshot(talk(3)));
  await leaveBehind(t, server, storage);
  const app = start(t, server, storage, { token: "of-grace" });
  await app.untilState("offline");
  assert.equal(app.chat.view.loaded, false);
  assert.equal(storage.items.has(KEY), false);
});

test("another server's words are not shown", { timeout: 30_000 }, async (t) => {
  const storage = createStorage();
  await leaveBehind(t, await serverWith(t, snapshot(talk(3))), storage);
  const app = start(t, await serverWith(t), storage);
  await app.untilState("offline");
  assert.equal(app.chat.view.loaded, false);
});

const PROOF = { password: "p" };
for (const [name, leave] of Object.entries({
  "signing out": ({ client }) => client.logout(),
  "signing in": ({ client }) => client.login({ email: "a@b.c", ...PROOF }),
  "signing up": ({ client }) => client.register({ email: "a@b.c", ...PROOF }),
  "deleting the account": ({ client }) => client.deleteAccount(PROOF),
})) {
  test(`${name} forgets it, also what was not written yet`, { timeout: 30_000 }, async (t) => {
    const storage = createStorage();
    const server = await serverWith(t, snapshot(talk(3)), snapshot(talk(3)));
    await leaveBehind(t, server, storage);
    assert.ok(storage.items.has(KEY));
    const app = start(t, server, storage);
    await app.untilState("live");
    await leave(app);
    await app.chat.loadConversations(); // it goes on for a moment
    app.chat.close();
    await settle();
    assert.equal(storage.items.has(KEY), false);
  });
}

test("a server that cannot be reached does not keep a sign-out from forgetting", async (t) => {
  const storage = createStorage();
  await leaveBehind(t, await serverWith(t, snapshot(talk(3))), storage);
  await assert.rejects(createClient({ baseUrl: "http://127.0.0.1:9", storage }).logout(), { code: "unreachable" });
  assert.equal(storage.items.has(KEY), false);
});

test("a call that the server refuses for good forgets it", async (t) => {
  const storage = createStorage();
  await leaveBehind(t, await serverWith(t, snapshot(talk(3))), storage);
  const refusal = { ok: false, error: "not_signed_in", message: "Sign in again." };
  const baseUrl = await serve(t, (_, response) => sendJson(response, 401, refusal));
  await assert.rejects(createClient({ baseUrl, storage }).me(), { code: "not_signed_in" });
  assert.equal(storage.items.has(KEY), false);
});

test("what is older than a sign-in can be is shown to nobody", { timeout: 30_000 }, async (t) => {
  const storage = createStorage();
  const server = await serverWith(t, snapshot(talk(3)), snapshot(talk(1)));
  await leaveBehind(t, server, storage);
  const now = Date.now();
  t.mock.method(Date, "now", () => now + 31 * 86_400_000);
  const app = start(t, server, storage);
  await app.untilState("live");
  assert.equal(app.chat.view.chats.c1.messages.length, 1);
});

test("the end of the sign-in forgets it", { timeout: 30_000 }, async (t) => {
  const storage = createStorage();
  const ended = frame("k.2", { type: "signed_out", reason: "expired" });
  const server = await serverWith(t, snapshot(talk(3)), snapshot(talk(3)) + ended);
  await leaveBehind(t, server, storage);
  const app = start(t, server, storage);
  await app.untilState("signed_out");
  await settle();
  assert.equal(storage.items.has(KEY), false);
});

test("where cookies are used, the user's id tells whose it is", { timeout: 30_000 }, async (t) => {
  const storage = createStorage();
  const server = await serverWith(t, snapshot(talk(3)));
  const cookie = { token: null };
  await leaveBehind(t, server, storage, { ...cookie, user: { id: "ada" } });
  const nobody = start(t, server, storage, cookie);
  await nobody.untilState("offline");
  assert.equal(nobody.chat.view.loaded, false, "it could be anybody's");
  nobody.chat.close();

  const ada = start(t, server, storage, { ...cookie, user: { id: "ada" } });
  await ada.untilState("offline");
  assert.equal(texts(ada.chat.view).length, 3);
  ada.chat.close();

  const grace = start(t, server, storage, { ...cookie, user: { id: "grace" } });
  await grace.untilState("offline");
  assert.equal(grace.chat.view.loaded, false);
});

test("a cookie that has changed hands keeps nothing under the old name", { timeout: 30_000 }, async (t) => {
  const storage = createStorage();
  const ofGrace = snapshot(talk(2, "of grace"), { reset: "cursor_unknown" });
  const server = await serverWith(t, snapshot(talk(3)), ofGrace);
  const ada = { token: null, user: { id: "ada" } };
  await leaveBehind(t, server, storage, ada);
  await leaveBehind(t, server, storage, ada);
  assert.ok(!storage.items.get(KEY)?.includes("of grace"));
});

test("an app with a cursor of its own gets no words that it has not asked for", { timeout: 30_000 }, async (t) => {
  const storage = createStorage();
  const server = await serverWith(t, snapshot(talk(3)), resumed());
  await leaveBehind(t, server, storage);
  const app = start(t, server, storage, { after: "mine.7" });
  await app.untilState("live");
  assert.equal(app.chat.view.loaded, false);
  assert.equal(server.asked.at(-1), "mine.7");
});

const nothing = () => {};
for (const [name, broken] of Object.entries({
  fails: { getItem: () => Promise.reject(new Error("full")), setItem: () => Promise.reject(new Error("full")) },
  throws: { getItem: () => JSON.parse("{"), setItem: () => JSON.parse("{") },
  "never answers": { getItem: () => new Promise(nothing), setItem: () => new Promise(nothing) },
  "holds nonsense": { getItem: () => '{"chat":', setItem: nothing },
})) {
  test(`a storage that ${name} keeps nothing from going live`, { timeout: 30_000 }, async (t) => {
    await start(t, await serverWith(t, snapshot(talk(3))), broken).untilState("live");
  });
}

for (const [name, getToken] of Object.entries({
  fails: () => Promise.reject(new Error("locked")),
  "never answers": () => new Promise(nothing),
})) {
  test(
    `a token that ${name} while words are recalled keeps nothing from going live`,
    { timeout: 30_000 },
    async (t) => {
      const { baseUrl } = await serverWith(t, snapshot(talk(3)));
      const watcher = createWatcher();
      let asked = 0;
      const client = createClient({
        baseUrl,
        storage: createStorage(),
        getToken: () => (asked++ ? TOKEN : getToken()),
      });
      const chat = client.chat(watcher.handlers);
      t.after(() => chat.close());
      await watcher.untilState("live");
    },
  );
}

test(
  "an app that starts without a connection shows them, and links once there is one",
  { timeout: 30_000 },
  async (t) => {
    const storage = createStorage();
    let isAway = false;
    const linked = [];
    const baseUrl = await serve(t, (request, response) => {
      if (isAway) return response.destroy();
      if (request.url.endsWith("/stream")) return openEventStream(response, snapshot(talk(3)));
      linked.push(request.url);
      return sendJson(response, 200, { ok: true, session: {} });
    });
    const appWith = (watcher) => omilink.configure({ baseUrl, storage, getToken: () => TOKEN, ...watcher.handlers });
    const first = createWatcher();
    appWith(first);
    const before = await omilink.onUserLogin({ id: "ada" });
    await first.untilState("live");
    before.close();
    await settle();
    isAway = true;

    const second = createWatcher();
    appWith(second);
    const chat = await omilink.onUserLogin({ id: "ada" });
    t.after(() => chat.close());
    await second.untilState("offline");
    assert.equal(texts(chat.view).length, 3);
    assert.equal(linked.length, 1);
    isAway = false;
    chat.wake();
    await waitUntil(() => linked.length === 2);
  },
);

/** Until what has been begun in this storage is done: none of it takes longer than a turn. */
function settle() {
  return new Promise((resolve) => setImmediate(resolve));
}

/** For what tells nobody that it has happened. */
async function waitUntil(isTrue) {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}
