// A sign-in that the server no longer takes: the app is asked for another one, once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "../../clients/js/omilink.js";
import { createWatcher, frame, openEventStream, sendJson, serve } from "./helpers.mjs";

const CAUGHT_UP = frame("c1", { type: "connected", cursor: "c1", resumed: true }) + frame("c1", { type: "caught_up" });
const SIGNED_OUT = frame("c2", { type: "signed_out", reason: "expired" });
const QUICK = { backoff: 5, backoffMax: 20, poll: 10 };

/** A server that takes one token, which can change, and answers with `answer` whoever has it. */
async function serverThatTakes(t, first, answer) {
  const server = { takes: first, asked: [] };
  server.baseUrl = await serve(t, (request, response) => {
    const token = request.headers.authorization?.replace("Bearer ", "");
    server.asked.push(token);
    if (token !== server.takes)
      return sendJson(response, 401, { ok: false, error: "not_signed_in", message: "Sign in again." });
    return answer(request, response, token);
  });
  return server;
}

/** An app that holds `held` and gets `further`, one after the other, when it is asked for another token. */
function tokens(held, ...further) {
  const app = { refreshes: 0 };
  app.getToken = async ({ refresh }) => {
    if (refresh) app.refreshes += 1;
    if (refresh) held = further.length > 0 ? further.shift() : held;
    if (held instanceof Error) throw held;
    return held;
  };
  return app;
}

function follow(t, baseUrl, getToken, timings) {
  const watcher = createWatcher();
  const client = createClient({ baseUrl, getToken });
  const stream = client.stream(watcher.handlers, { timings: { ...QUICK, ...timings } });
  t.after(() => stream.close());
  return Object.assign(watcher, { stream });
}

const ok = (_, response) => sendJson(response, 200, { ok: true, sessions: [] });

test("a call is made again with the renewed token", async (t) => {
  const server = await serverThatTakes(t, "new", ok);
  const app = tokens("old", "new");
  assert.deepEqual(await createClient({ baseUrl: server.baseUrl, getToken: app.getToken }).listSessions(), []);
  assert.deepEqual(server.asked, ["old", "new"]);
});

test("calls that are refused together ask for one token", async (t) => {
  const server = await serverThatTakes(t, "new", ok);
  const app = tokens("old", "new");
  const client = createClient({ baseUrl: server.baseUrl, getToken: app.getToken });
  await Promise.all([client.listSessions(), client.listSessions(), client.listSessions()]);
  assert.equal(app.refreshes, 1);
});

for (const [name, given] of Object.entries({ "the same": "old", none: null, "one that is no better": "older" })) {
  test(`an app that has ${name} is told, after one try`, async (t) => {
    const server = await serverThatTakes(t, "new", ok);
    const app = tokens("old", given, "new");
    const client = createClient({ baseUrl: server.baseUrl, getToken: app.getToken });
    await assert.rejects(client.listSessions(), { code: "not_signed_in", status: 401 });
    assert.equal(app.refreshes, 1);
  });
}

test("a wrong password asks for no other token", async (t) => {
  const wrong = { ok: false, error: "wrong_login", message: "Wrong." };
  const baseUrl = await serve(t, (_, response) => sendJson(response, 401, wrong));
  const app = tokens("old", "new");
  const client = createClient({ baseUrl, getToken: app.getToken });
  await assert.rejects(client.login({ email: "a@b.c", password: "p" }), { code: "wrong_login" });
  assert.equal(app.refreshes, 0);
});

test("a stream that is refused goes on with the renewed token", { timeout: 30_000 }, async (t) => {
  const server = await serverThatTakes(t, "new", (_, response) => openEventStream(response, CAUGHT_UP));
  const app = follow(t, server.baseUrl, tokens("old", "new").getToken);
  await app.untilState("live");
  assert.deepEqual(app.states, ["connecting", "catching_up", "live"]);
  assert.deepEqual(server.asked, ["old", "new"]);
});

test("a sign-in that ends while the stream is open is renewed without a word", { timeout: 30_000 }, async (t) => {
  const server = await serverThatTakes(t, "old", (_, response, token) => {
    openEventStream(response, token === "old" ? CAUGHT_UP + SIGNED_OUT : CAUGHT_UP);
    server.takes = "new";
  });
  const app = follow(t, server.baseUrl, tokens("old", "new").getToken);
  await app.untilState("live", 2);
  assert.deepEqual(app.states, ["connecting", "catching_up", "live", "connecting", "catching_up", "live"]);
  assert.ok(!app.events.some(({ type }) => type === "signed_out"));
});

test("polling goes on with the renewed token", { timeout: 30_000 }, async (t) => {
  let polls = 0;
  let polledOn;
  const hasPolledOn = new Promise((resolve) => (polledOn = resolve));
  const server = await serverThatTakes(t, "old", (request, response) => {
    if (request.url.endsWith("/stream")) return openEventStream(response);
    polls += 1;
    if (polls === 2) server.takes = "new";
    if (polls === 4) polledOn();
    return sendJson(response, 200, { ok: true, events: [], cursor: "c1", more: false });
  });
  const tokensOfApp = tokens("old", "new");
  const app = follow(t, server.baseUrl, tokensOfApp.getToken, { firstBytes: 500, streamAgain: 1e9 });
  await hasPolledOn;
  assert.equal(tokensOfApp.refreshes, 1);
  assert.equal(server.asked.at(-1), "new");
  assert.deepEqual(new Set(app.states), new Set(["connecting", "polling"]));
});

for (const [name, given] of Object.entries({ "the same": "old", none: null, "one that is no better": "older" })) {
  test(`a stream of an app that has ${name} ends as signed out`, { timeout: 30_000 }, async (t) => {
    const server = await serverThatTakes(t, "new", ok);
    const tokensOfApp = tokens("old", given, "new");
    const app = follow(t, server.baseUrl, tokensOfApp.getToken);
    const { status } = await app.until(({ state }) => state === "signed_out");
    assert.equal(status.reason, "Sign in again.");
    assert.equal(tokensOfApp.refreshes, 1);
  });
}

test("the reason that the server gave is told when there is no other token", { timeout: 30_000 }, async (t) => {
  const server = await serverThatTakes(t, "old", (_, response) => openEventStream(response, CAUGHT_UP + SIGNED_OUT));
  const app = follow(t, server.baseUrl, tokens("old", null).getToken);
  const { status } = await app.until(({ state }) => state === "signed_out");
  assert.equal(status.reason, "expired");
  assert.equal(app.events.at(-1).type, "signed_out");
});

test("a token that cannot be fetched now is asked for again", { timeout: 30_000 }, async (t) => {
  const server = await serverThatTakes(t, "new", (_, response) => openEventStream(response, CAUGHT_UP));
  let tries = 0;
  const getToken = async ({ refresh }) => {
    if (refresh && ++tries < 3) throw new Error("no network");
    return tries < 3 ? "old" : "new";
  };
  const app = follow(t, server.baseUrl, getToken);
  await app.untilState("live");
  assert.ok(app.states.includes("offline"));
});
