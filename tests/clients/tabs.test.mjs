/** Tabs of a browser share one stream: here they are chats of one process, which share its BroadcastChannel. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "../../clients/js/omilink.js";
import { createWatcher, frame, openEventStream, sendJson, serve } from "./helpers.mjs";

const NOBODY_SPEAKS = { ok: true, conversation: null, messages: [], sessionId: null };
const PATIENCE = { timeout: 30_000 };

globalThis.document = Object.assign(new EventTarget(), { visibilityState: "visible" });

function turn(visibilityState) {
  globalThis.document.visibilityState = visibilityState;
  globalThis.document.dispatchEvent(new Event("visibilitychange"));
}

/** A server with one user's log of events, its stream and the stream's polling twin. */
async function createFeed(test) {
  const log = [{ type: "update", ...NOBODY_SPEAKS, cursor: "1" }];
  const streams = new Set();
  const seen = { streams: 0, asked: 0 };
  let isAway = false;
  const url = await serve(test, (request, response) => {
    if (isAway) return response.destroy();
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    if (pathname.endsWith("/events")) {
      seen.asked += 1;
      const from = Number(searchParams.get("after") ?? 0);
      const events = log.slice(from).map((event, index) => ({ id: String(from + index + 1), ...event }));
      return sendJson(response, 200, { ok: true, events, cursor: String(log.length), more: false });
    }
    seen.streams += 1;
    const from = Number(request.headers["last-event-id"] ?? 0);
    const missed = log.slice(from).map((event, index) => frame(String(from + index + 1), event));
    const cursor = String(log.length);
    const connected = { type: "connected", cursor, resumed: from > 0 };
    openEventStream(response, [frame(cursor, connected), ...missed, frame(cursor, { type: "caught_up" })].join(""));
    streams.add(response);
    response.on("close", () => (streams.delete(response), changed()));
    changed();
  });
  let changed = () => {};
  return {
    url,
    seen,
    /** Resolves when so many streams are open. */
    open: (count) =>
      new Promise((resolve) => {
        changed = () => streams.size === count && resolve();
        changed();
      }),
    happens(event) {
      log.push(event);
      for (const stream of streams) stream.write(frame(String(log.length), event));
    },
    setAway(away) {
      isAway = away;
      if (away) for (const stream of streams) stream.destroy();
    },
  };
}

function openTab(test, url, { user = "ada", ...timings } = {}) {
  const watcher = createWatcher();
  const chat = createClient({ baseUrl: url }).chat(watcher.handlers, {
    user: { id: user },
    timings: { backoff: 5, backoffMax: 20, ...timings },
  });
  test.after(() => chat.close());
  return Object.assign(watcher, { chat });
}

const deletion = (conversationId) => ({ type: "conversation_deleted", conversationId });
const hears = (tab, id) => tab.until(({ event }) => event?.conversationId === id);

test("all tabs get everything, once and in order, over one stream", PATIENCE, async (t) => {
  const feed = await createFeed(t);
  const tabs = Array.from({ length: 8 }, () => openTab(t, feed.url));
  await Promise.all(tabs.map((tab) => tab.untilState("live")));
  await feed.open(1);
  for (const id of ["a", "b", "c"]) feed.happens(deletion(id));
  await Promise.all(tabs.map((tab) => hears(tab, "c")));
  for (const tab of tabs) {
    const told = tab.events.filter(({ type }) => type === "conversation_deleted");
    assert.deepEqual(
      told.map(({ conversationId }) => conversationId),
      ["a", "b", "c"],
    );
    assert.equal(tab.chat.state, "live");
  }
  await feed.open(1);
});

test("when the tab that has the stream is closed, another one takes it", PATIENCE, async (t) => {
  const feed = await createFeed(t);
  const tabs = Array.from({ length: 3 }, () => openTab(t, feed.url));
  await Promise.all(tabs.map((tab) => tab.untilState("live")));
  for (const [number, tab] of tabs.entries()) {
    await feed.open(1);
    feed.happens(deletion(`closing ${number}`));
    await Promise.all(tabs.slice(number).map((left) => hears(left, `closing ${number}`)));
    tab.chat.close();
  }
  await feed.open(0);
});

test("a tab out of sight lets go of the stream, and catches up when it is looked at", PATIENCE, async (t) => {
  const feed = await createFeed(t);
  const tab = openTab(t, feed.url);
  await feed.open(1);
  await tab.untilState("live");
  t.after(() => turn("visible"));
  turn("hidden");
  await feed.open(0);
  feed.happens(deletion("meanwhile"));
  assert.equal(tab.chat.state, "live", "nobody looks, so nothing is said of it");
  turn("visible");
  await hears(tab, "meanwhile");
  await feed.open(1);
  assert.ok(!tab.states.includes("offline"));
});

test("out of sight it still looks now and then", PATIENCE, async (t) => {
  const feed = await createFeed(t);
  t.after(() => turn("visible"));
  turn("hidden");
  const tab = openTab(t, feed.url, { lookAnyway: 20 });
  await tab.untilState("live");
  feed.happens(deletion("meanwhile"));
  await hears(tab, "meanwhile");
  assert.equal(feed.seen.streams, 0);
});

test("a turn that changes while words are fetched is no failure", PATIENCE, async (t) => {
  const answers = [];
  const url = await serve(t, (request, response) => {
    if (request.url.includes("/stream")) return openEventStream(response); // and holds everything back
    answers.push(() => sendJson(response, 200, { ok: true, events: [], cursor: "1", more: false }));
    asked();
  });
  let asked = () => {};
  const nextAsked = () => new Promise((resolve) => (asked = resolve));
  t.after(() => turn("visible"));
  let next = nextAsked();
  const tab = openTab(t, url, { firstBytes: 5, poll: 5 });
  for (const visibility of ["hidden", "visible", "hidden"]) {
    await next;
    next = nextAsked();
    turn(visibility);
  }
  await next;
  answers.at(-1)();
  await tab.untilState("live");
  assert.ok(!tab.states.includes("offline"), tab.states.join());
});

test("all tabs tell when the server is away, and when it is back", PATIENCE, async (t) => {
  const feed = await createFeed(t);
  const tabs = Array.from({ length: 3 }, () => openTab(t, feed.url));
  await Promise.all(tabs.map((tab) => tab.untilState("live")));
  await feed.open(1);
  feed.setAway(true);
  await Promise.all(tabs.map((tab) => tab.until(({ state }) => state === "offline")));
  feed.setAway(false);
  feed.happens(deletion("after it"));
  await Promise.all(tabs.map((tab) => hears(tab, "after it")));
  await feed.open(1);
});

test("users do not share a stream, and one without a name has their own", PATIENCE, async (t) => {
  const feed = await createFeed(t);
  openTab(t, feed.url, { user: "ada" });
  openTab(t, feed.url, { user: "ben" });
  const nobody = createClient({ baseUrl: feed.url }).stream();
  t.after(() => nobody.close());
  await feed.open(3);
});
