import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { createClient } from "../../clients/js/omilink.js";
import { createWatcher, frame, openEventStream, sendJson, serve } from "./helpers.mjs";

const CONNECTED = frame("c0", { type: "connected", cursor: "c0", resumed: false });
const UPDATE = frame("c1", {
  type: "update",
  ok: true,
  conversation: null,
  messages: [],
  sessionId: null,
  cursor: "c1",
});
const CAUGHT_UP = frame("c1", { type: "caught_up" });
const SNAPSHOT = CONNECTED + UPDATE + CAUGHT_UP;
const RESUMED = frame("c1", { type: "connected", cursor: "c1", resumed: true }) + CAUGHT_UP;

const QUICK = { backoff: 5, backoffMax: 20, poll: 10 };
/** For tests in which a stream is held back; elsewhere a busy machine would seem to hold it back. */
const HELD_BACK = { firstBytes: 500, streamAgain: 80 };

/** Follows the stream of a server that answers as told until the test ends. */
function follow(test, baseUrl, { timings, after, ...settings } = {}) {
  const watcher = createWatcher();
  const stream = createClient({ baseUrl, ...settings }).stream(watcher.handlers, {
    after,
    timings: { ...QUICK, ...timings },
  });
  test.after(() => stream.close());
  return Object.assign(watcher, { stream });
}

/** From now on the clock stands still; it is set ahead with what this returns. */
function stopClock(test) {
  let now = Date.now();
  test.mock.method(Date, "now", () => now);
  return (milliseconds) => (now += milliseconds);
}

test("a first connect goes live with a snapshot", { timeout: 30_000 }, async (t) => {
  const url = await serve(t, (_, response) => openEventStream(response, SNAPSHOT));
  const began = Date.now();
  const app = follow(t, url);
  await app.untilState("live");
  assert.deepEqual(app.states, ["connecting", "catching_up", "live"]);
  assert.deepEqual(
    app.events.map(({ type }) => type),
    ["connected", "update", "caught_up"],
  );
  assert.equal(app.stream.cursor, "c1");
  assert.ok(app.stream.status.lastDataAt >= began);
});

test("a token goes into the header and nowhere else", { timeout: 30_000 }, async (t) => {
  const requests = [];
  const url = await serve(t, (request, response) => {
    requests.push(request);
    openEventStream(response, SNAPSHOT);
  });
  const app = follow(t, url, { getToken: async () => "secret" });
  await app.untilState("live");
  assert.equal(requests[0].headers.authorization, "Bearer secret");
  assert.equal(requests[0].url, "/conversations/current/stream");
});

test("a dropped stream resumes after the last event", { timeout: 30_000 }, async (t) => {
  const cursors = [];
  const url = await serve(t, (request, response) => {
    cursors.push(request.headers["last-event-id"]);
    openEventStream(response, cursors.length === 1 ? SNAPSHOT : RESUMED);
    if (cursors.length === 1) response.end();
  });
  const app = follow(t, url);
  await app.untilState("live", 2);
  assert.deepEqual(cursors, [undefined, "c1"]);
  assert.deepEqual(app.states, ["connecting", "catching_up", "live", "connecting", "catching_up", "live"]);
});

test("half an event is not an event, and does not move the cursor", { timeout: 30_000 }, async (t) => {
  const cursors = [];
  const url = await serve(t, (request, response) => {
    cursors.push(request.headers["last-event-id"]);
    openEventStream(response, cursors.length === 1 ? `${SNAPSHOT}id: c2\ndata: {"type":` : RESUMED);
    if (cursors.length === 1) response.end();
  });
  const app = follow(t, url);
  await app.untilState("live", 2);
  assert.equal(cursors[1], "c1");
});

test("an app can go on from a cursor that it kept", { timeout: 30_000 }, async (t) => {
  const cursors = [];
  const url = await serve(t, (request, response) => {
    cursors.push(request.headers["last-event-id"]);
    openEventStream(response, RESUMED);
  });
  await follow(t, url, { after: "kept" }).untilState("live");
  assert.deepEqual(cursors, ["kept"]);
});

test("a server that is away is offline until it is back", { timeout: 30_000 }, async (t) => {
  let isAway = true;
  const url = await serve(t, (_, response) => (isAway ? response.destroy() : openEventStream(response, SNAPSHOT)));
  const app = follow(t, url);
  const { status } = await app.until(({ state }) => state === "offline");
  assert.ok(status.retryAt >= status.since);
  await app.untilState("offline", 3);
  isAway = false;
  await app.untilState("live");
  assert.ok(!app.states.slice(1, -2).includes("connecting"), "a try while offline is no news");
});

test("the server's retry and Retry-After are never undercut", { timeout: 30_000 }, async (t) => {
  const tries = [];
  const url = await serve(t, (_, response) => {
    tries.push(Date.now());
    if (tries.length === 1) return (openEventStream(response, `retry: 120\n\n${SNAPSHOT}`), response.end());
    if (tries.length === 2)
      return sendJson(response, 503, { ok: false, error: "unavailable", message: "Later." }, { "Retry-After": "1" });
    return openEventStream(response, RESUMED);
  });
  await follow(t, url).untilState("live", 2);
  assert.ok(tries[1] - tries[0] >= 115, "retry");
  assert.ok(tries[2] - tries[1] >= 995, "Retry-After");
});

test("no proxy makes it wait for hours, or not at all", { timeout: 30_000 }, async (t) => {
  const later = stopClock(t);
  const busy = { ok: false, error: "unavailable", message: "Later." };
  let tries = 0;
  const url = await serve(t, (_, response) => (tries++, sendJson(response, 503, busy, { "Retry-After": "99999999" })));
  const app = follow(t, url);
  const { status } = await app.until(({ state }) => state === "offline");
  assert.ok(status.retryAt - status.since <= 300_000);
  later(1); // a state that says the same as before is not told
  app.stream.wake();
  await app.untilState("offline", 2);
  assert.equal(tries, 2);
});

test("waking up skips the wait", { timeout: 30_000 }, async (t) => {
  let isAway = true;
  const url = await serve(t, (_, response) =>
    isAway ? response.destroy() : openEventStream(response, `retry: 1000000\n\n${SNAPSHOT}`),
  );
  const app = follow(t, url, { timings: { backoff: 1e9, backoffMax: 1e9 } });
  await app.untilState("offline");
  isAway = false;
  app.stream.wake();
  await app.untilState("live");
});

for (const [name, { first, trusted }] of Object.entries({
  live: { first: SNAPSHOT, trusted: 1_100 },
  catching_up: { first: CONNECTED, trusted: 500 },
})) {
  test(`waking up replaces a quiet connection at once: ${name}`, { timeout: 30_000 }, async (t) => {
    let streams = 0;
    const url = await serve(t, (_, response) =>
      openEventStream(response, streams++ ? RESUMED : `retry: 1000000\n\n${first}`),
    );
    const later = stopClock(t);
    const app = follow(t, url, { timings: { firstBytes: 40_000 } });
    await app.untilState(name);
    later(trusted);
    app.stream.wake();
    await new Promise(setImmediate);
    assert.equal(app.stream.state, name, "it was not quiet for long");
    later(5_000 - trusted);
    app.stream.wake();
    await app.untilState("live", name === "live" ? 2 : 1);
    assert.equal(streams, 2);
    assert.ok(!app.states.includes("offline"));
  });
}

for (const name of ["connecting", "offline"]) {
  test(`waking up gives up a try without an answer, but not a young one: ${name}`, { timeout: 30_000 }, async (t) => {
    const url = await serve(t, (_, response) => openEventStream(response, SNAPSHOT));
    const [fail, hang] = [() => Promise.reject(new TypeError("away")), () => new Promise(() => {})];
    const answers = name === "offline" ? [fail, hang, hang] : [hang, hang];
    const all = answers.length + 1;
    const asked = createWatcher();
    const later = stopClock(t);
    const askedFor = (number) => asked.until(() => asked.events.length === number);
    const app = follow(t, url, {
      fetch: (...request) => {
        asked.handlers.onEvent(request[0]);
        return (answers.shift() ?? fetch)(...request);
      },
    });
    await askedFor(all - 2);
    assert.equal(app.stream.state, name);
    app.stream.wake();
    later(1_500);
    app.stream.wake();
    await askedFor(all - 1);
    for (let wakes = 0; wakes < 20; wakes += 1) {
      app.stream.wake();
      await new Promise(setImmediate);
    }
    later(1_500);
    app.stream.wake();
    await app.untilState("live");
    assert.equal(asked.events.length, all);
    const before = name === "offline" ? ["connecting", "offline"] : [];
    assert.deepEqual(app.states, [...before, "connecting", "catching_up", "live"]);
  });
}

test("the network's return ends the wait", { timeout: 30_000 }, async (t) => {
  const page = new EventTarget();
  for (const name of ["addEventListener", "removeEventListener"]) {
    globalThis[name] = page[name].bind(page);
    t.after(() => delete globalThis[name]);
  }
  let isAway = true;
  const url = await serve(t, (_, response) => (isAway ? response.destroy() : openEventStream(response, SNAPSHOT)));
  const app = follow(t, url, { timings: { backoff: 1e9, backoffMax: 1e9 } });
  await app.untilState("offline");
  isAway = false;
  page.dispatchEvent(new Event("online"));
  await app.untilState("live");
  app.stream.close();
  assert.equal(getEventListeners(page, "online").length, 0);
});

for (const random of [0, 0.999]) {
  test(`waits grow up to a limit, and are random: ${random} of it`, { timeout: 30_000 }, async (t) => {
    t.mock.method(Math, "random", () => random);
    t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
    let tries = 0;
    const watcher = createWatcher();
    const away = async () => (tries++, Promise.reject(new TypeError("away")));
    const stream = createClient({ baseUrl: "http://127.0.0.1", fetch: away }).stream(watcher.handlers);
    t.after(() => stream.close());
    for (const [index, most] of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000].entries()) {
      await watcher.untilState("offline", index + 1);
      const wait = stream.status.retryAt - Date.now();
      assert.equal(wait, random * most);
      if (wait > 0) t.mock.timers.tick(wait - 1);
      assert.equal(tries, index + 1, "it waits as long as it says");
      t.mock.timers.tick(1);
    }
  });
}

for (const [name, answerPoll] of Object.entries({
  "between two polls": (response) => sendJson(response, 200, { ok: true, events: [], cursor: "c1", more: false }),
  "in a poll that hangs": () => {},
})) {
  test(`waking up ${name} tries the stream at once`, { timeout: 30_000 }, async (t) => {
    let polls = 0;
    let isHeldBack = true;
    const url = await serve(t, (request, response) => {
      if (request.url.includes("/stream")) return openEventStream(response, isHeldBack ? "" : RESUMED);
      polls += 1;
      if (polls > 1) return answerPoll(response);
      return sendJson(response, 200, { ok: true, events: [], cursor: "c1", more: false });
    });
    const later = stopClock(t);
    const app = follow(t, url, { timings: { firstBytes: 500, poll: 50, streamAgain: 1e9 } });
    await app.untilState("polling");
    while (polls < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    isHeldBack = false;
    later(30_000);
    app.stream.wake();
    await app.untilState("live");
  });
}

test("a stream that falls silent is opened again", { timeout: 30_000 }, async (t) => {
  let streams = 0;
  const url = await serve(t, (_, response) => {
    streams += 1;
    openEventStream(response, streams === 1 ? SNAPSHOT : RESUMED);
  });
  await follow(t, url, { timings: { silence: 120 } }).untilState("live", 2);
  assert.ok(streams >= 2);
});

test("comments keep a quiet stream alive", { timeout: 30_000 }, async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  let streams = 0;
  let response;
  const url = await serve(t, (_, answer) => {
    streams += 1;
    response = answer;
    openEventStream(answer, SNAPSHOT);
  });
  const app = follow(t, url, { timings: { silence: 40_000 } });
  await app.untilState("live");
  for (let beats = 0; beats < 8; beats += 1) {
    t.mock.timers.tick(39_000);
    response.write(": still here\n\n");
    while (app.stream.status.lastDataAt < Date.now()) await new Promise(setImmediate);
  }
  assert.deepEqual([app.stream.state, streams], ["live", 1]);
  t.mock.timers.tick(40_000);
  await app.untilState("connecting", 2);
});

for (const [name, { answerStream, timings, reason }] of Object.entries({
  "headers without bytes": {
    answerStream: (response) => openEventStream(response),
    reason: /holds streamed data back/,
  },
  "first bytes, and no more": {
    answerStream: (response) => openEventStream(response, "retry: 1\n\n"),
    reason: /holds streamed data back/,
  },
  "no answer at all": {
    answerStream: () => {},
    timings: { connect: 500, firstBytes: 1_000, streamAgain: 1e9 },
    reason: /^The live connection gets no answer at the moment/,
  },
})) {
  test(
    `${name}: polls with the same cursor, and takes the stream when it comes through`,
    { timeout: 30_000 },
    async (t) => {
      const asked = [];
      let isHeldBack = true;
      let polledOn;
      const hasPolledOn = new Promise((resolve) => (polledOn = resolve));
      const url = await serve(t, (request, response) => {
        asked.push(`${request.url} ${request.headers["last-event-id"] ?? ""}`.trim());
        if (request.url.endsWith("/stream"))
          return isHeldBack ? answerStream(response) : openEventStream(response, RESUMED);
        const isFirst = request.url === "/conversations/current/events";
        if (request.url === "/conversations/current/events?after=c%201") polledOn();
        const update = {
          id: "c 1",
          type: "update",
          ok: true,
          conversation: null,
          messages: [],
          sessionId: null,
          cursor: "c 1",
        };
        return sendJson(response, 200, { ok: true, events: isFirst ? [update] : [], cursor: "c 1", more: false });
      });
      const app = follow(t, url, { timings: { ...HELD_BACK, ...timings } });
      const { status } = await app.until(({ state }) => state === "polling");
      assert.match(status.reason, reason);
      await hasPolledOn;
      isHeldBack = false;
      await app.untilState("live");
      assert.equal(asked.at(-1), "/conversations/current/stream c 1");
      assert.deepEqual(
        app.events.map(({ type }) => type),
        ["update", "connected", "caught_up"],
      );
      assert.ok(!app.states.includes("offline"));
    },
  );
}

test("a clock that is set back keeps nobody polling", { timeout: 30_000 }, async (t) => {
  const turn = stopClock(t);
  let isHeldBack = true;
  const url = await serve(t, (request, response) => {
    if (request.url.endsWith("/stream")) return openEventStream(response, isHeldBack ? "" : RESUMED);
    return sendJson(response, 200, { ok: true, events: [], cursor: "c1", more: false });
  });
  const app = follow(t, url, { timings: HELD_BACK });
  await app.untilState("polling");
  turn(-2 * 86_400_000);
  isHeldBack = false;
  await app.untilState("live");
});

test("a stream that stops before all that was missed has come is held back", { timeout: 30_000 }, async (t) => {
  const asked = [];
  const url = await serve(t, (request, response) => {
    asked.push(request.url);
    if (request.url.endsWith("/stream")) return openEventStream(response, CONNECTED);
    return sendJson(response, 200, { ok: true, events: [], cursor: "c0", more: false });
  });
  const app = follow(t, url, { timings: HELD_BACK });
  await app.untilState("polling");
  assert.deepEqual(app.states, ["connecting", "catching_up", "polling"]);
  assert.deepEqual(asked.slice(0, 2), ["/conversations/current/stream", "/conversations/current/events?after=c0"]);
});

test("where nothing is answered it is offline, and the stream is tried again soon", { timeout: 30_000 }, async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const [app, asked] = [createWatcher(), createWatcher()];
  const silent = (url) => (asked.handlers.onEvent(new URL(url).pathname), new Promise(() => {}));
  const stream = createClient({ baseUrl: "http://127.0.0.1", fetch: silent }).stream(app.handlers);
  t.after(() => stream.close());
  for (const [index, patience] of [15_000, 5_000].entries()) {
    await asked.until(() => asked.events.length === index + 1);
    t.mock.timers.tick(patience);
  }
  const { status } = await app.until(({ state }) => state === "offline");
  assert.equal(status.reason, "The server cannot be reached.");
  t.mock.timers.tick(1_000);
  await asked.until(() => asked.events.length === 3);
  assert.deepEqual(app.states, ["connecting", "offline"]);
  const [live, polled] = ["/conversations/current/stream", "/conversations/current/events"];
  assert.deepEqual(asked.events, [live, polled, live]);
});

test("a stream that is never answered is tried more and more seldom", { timeout: 30_000 }, async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  t.mock.method(Math, "random", () => 0.999);
  const pollsBetween = [];
  const nothingNew = { ok: true, json: async () => ({ ok: true, events: [], cursor: "c1", more: false }) };
  const answer = async (url) => {
    if (url.endsWith("/stream")) return (pollsBetween.push(0), new Promise(() => {}));
    pollsBetween[pollsBetween.length - 1] += 1;
    return nothingNew;
  };
  const stream = createClient({ baseUrl: "http://127.0.0.1", fetch: answer }).stream();
  t.after(() => stream.close());
  for (let second = 0; second < 200; second += 1) {
    await new Promise(setImmediate);
    t.mock.timers.tick(1_000);
  }
  const whole = pollsBetween.slice(0, -1);
  assert.deepEqual(
    whole,
    whole.toSorted((a, b) => a - b),
  );
  assert.equal(whole[0], 1);
  assert.ok(whole.at(-1) >= 10, `${whole}`);
});

test("who polls does not wait long for a stream without an answer", { timeout: 30_000 }, async (t) => {
  let streams = 0;
  let polledOn;
  const hasPolledOn = new Promise((resolve) => (polledOn = resolve));
  const url = await serve(t, (request, response) => {
    if (!request.url.endsWith("/stream")) {
      if (streams > 1) polledOn();
      return sendJson(response, 200, { ok: true, events: [], cursor: "c1", more: false });
    }
    streams += 1;
    if (streams === 1) openEventStream(response);
  });
  const app = follow(t, url, { timings: { ...HELD_BACK, firstBytes: 1_000 } });
  await hasPolledOn;
  assert.deepEqual(new Set(app.states), new Set(["connecting", "polling"]));
});

test("polling is not claimed before a poll succeeded", { timeout: 30_000 }, async (t) => {
  const url = await serve(t, (request, response) =>
    request.url.endsWith("/stream") ? openEventStream(response) : response.destroy(),
  );
  const app = follow(t, url, { timings: HELD_BACK });
  await app.untilState("offline");
  assert.deepEqual(app.states, ["connecting", "offline"]);
});

test("more events than one page are fetched at once", { timeout: 30_000 }, async (t) => {
  const url = await serve(t, (request, response) => {
    if (request.url.endsWith("/stream")) return openEventStream(response);
    const at = Number(new URL(request.url, "http://x").searchParams.get("after") ?? 0) + 1;
    return sendJson(response, 200, {
      ok: true,
      events: [{ id: String(at), type: "caught_up" }],
      cursor: String(at),
      more: at < 5,
    });
  });
  const app = follow(t, url, { timings: { firstBytes: 500, poll: 1e6, streamAgain: 1e9 } });
  await app.until(() => app.events.length === 5);
});

test("an app without streaming in its fetch polls", { timeout: 30_000 }, async (t) => {
  const url = await serve(t, (request, response) => {
    if (request.url.endsWith("/stream")) return openEventStream(response, SNAPSHOT);
    return sendJson(response, 200, { ok: true, events: [], cursor: "c1", more: false });
  });
  const withoutBody = async (...request) => {
    const response = await fetch(...request);
    return request[0].endsWith("/stream") ? { ok: true, status: 200, headers: response.headers, body: null } : response;
  };
  await follow(t, url, { fetch: withoutBody }).untilState("polling");
});

for (const [name, answer] of Object.entries({
  "told by the stream": (response) =>
    openEventStream(response, SNAPSHOT + frame("c2", { type: "signed_out", reason: "expired" })),
  "told by a 401": (response) => sendJson(response, 401, { ok: false, error: "not_signed_in", message: "expired" }),
})) {
  test(`signed out, ${name}: the stream ends for good`, { timeout: 30_000 }, async (t) => {
    let tries = 0;
    const url = await serve(t, (_, response) => {
      tries += 1;
      answer(response);
    });
    const app = follow(t, url);
    const { status } = await app.until(({ state }) => state === "signed_out");
    assert.equal(status.reason, "expired");
    app.stream.wake();
    assert.equal(app.stream.state, "signed_out");
    assert.equal(tries, 1);
  });
}

test("what is no event stream is not taken for one", { timeout: 30_000 }, async (t) => {
  const url = await serve(t, (_, response) => response.end("<h1>Welcome to the hotel</h1>"));
  const { status } = await follow(t, url).until(({ state }) => state === "offline");
  assert.match(status.reason, /not omilink/);
});

test("a closed stream says nothing more and lets go of the connection", { timeout: 30_000 }, async (t) => {
  let released;
  const isReleased = new Promise((resolve) => (released = resolve));
  const url = await serve(t, (_, response) => {
    response.on("close", released);
    openEventStream(response, SNAPSHOT);
  });
  const app = follow(t, url);
  await app.untilState("live");
  const told = app.states.length;
  app.stream.close();
  await isReleased;
  assert.equal(app.states.length, told);
});

test("a random cut of the connection loses nothing and repeats nothing", { timeout: 30_000 }, async (t) => {
  const total = 60;
  const url = await serve(t, (request, response) => {
    const from = Number(request.headers["last-event-id"] ?? 0);
    const events = Array.from({ length: total - from }, (_, n) =>
      frame(from + n + 1, { type: "conversation_changed", conversationId: `${from + n + 1}` }),
    );
    const text = frame(from, { type: "connected", cursor: String(from), resumed: from > 0 }) + events.join("");
    openEventStream(response);
    response.write(text.slice(0, 150 + Math.floor(Math.random() * 400)), () => response.destroy());
  });
  const app = follow(t, url, { timings: { backoff: 1, backoffMax: 2 } });
  await app.until(({ event }) => event?.conversationId === String(total));
  const seen = app.events
    .filter(({ type }) => type === "conversation_changed")
    .map(({ conversationId }) => Number(conversationId));
  assert.deepEqual(
    seen,
    Array.from({ length: total }, (_, n) => n + 1),
  );
});
