// The JavaScript of the session linking guide, word for word, in an app that supplies what only an app can know.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as omilink from "../../clients/js/omilink.js";
import { createWatcher, frame, openEventStream, readJson, sendJson, serve } from "./helpers.mjs";

const PATIENT = { timeout: 30_000 };

const LINK_BY_HAND = `
// In Expo app
await apiLinkSession("session-123");
`;

const LINK_AFTER_LOGIN = `
// Get session ID from OMI device somehow
const sessionId = getOmiSessionId();

// Link it to logged-in user
await apiLinkSession(sessionId);
`;

const ISSUE_A_DEVICE = `
// When giving device to user
const deviceSession = generateSessionId();
await linkSessionToUser(deviceSession, userId);
// Configure device with this session ID
`;

const EXAMPLE_IMPLEMENTATION = `
// On app login
async function onUserLogin(user) {
  // Get or generate session for user's device
  const sessionId = await getDeviceSessionId();
  
  // Link session to user
  const linked = await apiLinkSession(sessionId);
  
  if (linked) {
    // Start live chat updates
    startChatStream();
  }
}

// When receiving OMI webhooks
async function handleOmiWebhook(data) {
  // Include uid if known
  const webhook = {
    session_id: data.session_id,
    uid: getUserDeviceId(), // Optional but recommended
    segments: data.segments
  };
  
  await sendWebhook(webhook);
}
`;

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;

/** Runs a piece of the guide with the client's functions, and the app's, in scope; resolves to what it returns. */
function run(code, app = {}) {
  const scope = { ...omilink, ...app };
  // A function that the guide defines itself must not be handed in.
  const names = Object.keys(scope).filter((name) => !code.includes(`function ${name}(`));
  return new AsyncFunction(...names, code)(...names.map((name) => scope[name]));
}

/**
 * An app, and a server whose answers to linking are `statuses`, one after the other, then 200. 0 is a lost connection,
 * 429 asks for more patience than a test has.
 */
async function appWithServer(t, ...statuses) {
  const asked = [];
  const delivered = [];
  const streams = [];
  const baseUrl = await serve(t, async (request, response) => {
    if (request.url === "/conversations/current/stream") {
      streams.push(response);
      return openEventStream(response, frame("c1", { type: "caught_up" }));
    }
    if (request.url === "/me/webhook-url")
      return sendJson(response, 200, { ok: true, url: "https://omilink.example.org/omi-webhook/me_secret" });
    if (request.url === "/sessions") return sendJson(response, 200, { ok: true, sessions: [], nextCursor: null });
    if (request.method === "DELETE" || request.url === "/auth/logout") return sendJson(response, 200, { ok: true });
    const body = await readJson(request);
    if (request.url === "/omi-webhook/me_secret") delivered.push(body);
    else asked.push(body);
    const status = statuses.shift() ?? 200;
    if (status === 0) return response.destroy();
    const headers = status === 429 ? { "Retry-After": "60" } : {};
    return sendJson(response, status, { ok: status === 200, session: { id: body.session_id, linked: true } }, headers);
  });
  t.mock.method(Math, "random", () => 0.01); // hardly any wait
  const watcher = createWatcher();
  omilink.configure({ baseUrl, getToken: () => "token", ...watcher.handlers });
  const tell = (event) => streams.at(-1).write(frame("c2", event));
  const unlink = (id, reason) => tell({ type: "session_unlinked", session: { id, linked: false }, reason });
  /** Lets the chat come back, when it would link whatever waits to be linked. */
  const reconnect = async () => {
    const before = watcher.states.filter((state) => state === "live").length;
    streams.at(-1).end();
    await watcher.untilState("live", before + 1);
  };
  return {
    asked,
    delivered,
    watcher,
    tell,
    unlink,
    reconnect,
    get linked() {
      return asked.map(({ session_id }) => session_id);
    },
  };
}

test("linking by hand", async (t) => {
  const app = await appWithServer(t);
  await run(LINK_BY_HAND);
  assert.deepEqual(app.linked, ["session-123"]);
});

test("linking after login", async (t) => {
  const app = await appWithServer(t);
  await run(LINK_AFTER_LOGIN, { getOmiSessionId: () => "session-7" });
  assert.deepEqual(app.linked, ["session-7"]);
});

test("issuing a device", async (t) => {
  const asked = [];
  const baseUrl = await serve(t, async (request, response) => {
    asked.push([request.method, request.url, request.headers.authorization, await readJson(request)]);
    const session = { id: asked[0][3].session_id, linked: true };
    return sendJson(response, 200, { ok: true, sessions: [session] });
  });
  const operator = omilink.createOperator({ baseUrl, apiKey: "operator's token" });
  const session = await run(ISSUE_A_DEVICE.replace("await", "return await"), { ...operator, userId: "ada" });
  assert.match(session.id, /^dev_[\w-]{22}$/);
  assert.deepEqual(asked, [
    ["POST", "/admin/sessions", "Bearer operator's token", { session_id: session.id, user: "ada" }],
  ]);
});

test("issuing a device by email, and what the server says against it", async (t) => {
  const baseUrl = await serve(t, async (request, response) => {
    const { email } = await readJson(request);
    return sendJson(response, 409, { ok: false, error: "session_not_available", message: `Not for ${email}.` });
  });
  const { linkSessionToUser } = omilink.createOperator({ baseUrl: `${baseUrl}/`, apiKey: "token" });
  const refused = {
    name: "OmilinkError",
    code: "session_not_available",
    status: 409,
    message: "Not for ada@example.org.",
  };
  await assert.rejects(linkSessionToUser("dev_1", { email: "ada@example.org" }), refused);
  assert.throws(() => omilink.createOperator({ baseUrl: "example.org", apiKey: "token" }), { code: "bad_address" });
});

test("an id, a user or a setting that is missing is said before the server is asked", async (t) => {
  const asked = [];
  const baseUrl = await serve(t, (request, response) => {
    asked.push(request.url);
    return sendJson(response, 200, { ok: true, sessions: [{ id: "dev_made_by_the_server" }] });
  });
  const { linkSessionToUser } = omilink.createOperator({ baseUrl, apiKey: "token" });
  for (const id of [undefined, null, "", "  ", 7])
    await assert.rejects(linkSessionToUser(id, "ada"), { code: "invalid", message: /the session's id/ });
  for (const user of [undefined, null, "", {}, { email: undefined }, { email: " " }])
    await assert.rejects(linkSessionToUser("dev_1", user), { code: "invalid", message: /needs the user/ });
  assert.deepEqual(asked, []);

  for (const address of [undefined, null, ""])
    assert.throws(() => omilink.createOperator({ baseUrl: address, apiKey: "token" }), {
      code: "bad_address",
      message: /needs baseUrl/,
    });
  assert.throws(() => omilink.createOperator({}), { code: "bad_address", message: /needs baseUrl/ });
  for (const apiKey of [undefined, null, ""])
    assert.throws(() => omilink.createOperator({ baseUrl, apiKey }), { code: "invalid", message: /needs apiKey/ });
});

test("the example implementation", { timeout: 30_000 }, async (t) => {
  const app = await appWithServer(t);
  const { delivered, watcher } = app;
  const { onUserLogin, handleOmiWebhook } = await run(
    `${EXAMPLE_IMPLEMENTATION}\nreturn { onUserLogin, handleOmiWebhook };`,
    {
      getUserDeviceId: () => "user-device-456",
    },
  );

  await onUserLogin({ id: "ada" });
  await watcher.untilState("live");
  assert.deepEqual(app.linked, [await omilink.getDeviceSessionId()]);

  await handleOmiWebhook({ session_id: "abc-123", segments: [{ text: "Hello" }] });
  assert.deepEqual(delivered, [{ session_id: "abc-123", uid: "user-device-456", segments: [{ text: "Hello" }] }]);
  omilink.startChatStream({}).close();
});

test("the example implementation, for one user of a phone after the other", { timeout: 30_000 }, async (t) => {
  const owners = new Map();
  let token;
  const baseUrl = await serve(t, async (request, response) => {
    const body = await readJson(request);
    const answer = (status, answered) => sendJson(response, status, { ok: status === 200, ...answered });
    if (request.url === "/auth/login")
      return answer(200, { session_token: `token of ${body.email}`, user: { id: `id of ${body.email}` } });
    if (request.url.endsWith("/stream")) return openEventStream(response);
    if (request.url !== "/sessions/link") return answer(200);
    const { authorization } = request.headers;
    if ((owners.get(body.session_id) ?? authorization) !== authorization)
      return answer(409, { error: "session_not_available", message: "This session is not available." });
    owners.set(body.session_id, authorization);
    return answer(200, { session: { id: body.session_id, linked: true } });
  });
  const storage = createMemoryStorage();
  const { onUserLogin } = await run(`${EXAMPLE_IMPLEMENTATION}\nreturn { onUserLogin };`);

  for (const email of ["ada@example.org", "grace@example.org", "ada@example.org"]) {
    omilink.configure({ baseUrl, storage, getToken: () => token }); // the app starts
    const { session_token, user } = await omilink.apiLogin({ email, password: "a long password" });
    token = session_token;
    await onUserLogin(user);
    await omilink.apiLogout();
  }
  assert.deepEqual([...owners.values()], ["Bearer token of ada@example.org", "Bearer token of grace@example.org"]);
});

test("the client's own onUserLogin does the same", { timeout: 30_000 }, async (t) => {
  const app = await appWithServer(t);
  const chat = await omilink.onUserLogin({ id: "ada" });
  t.after(() => chat.close());
  await app.watcher.untilState("live");
  assert.deepEqual(app.asked, [{ session_id: await omilink.getDeviceSessionId({ id: "ada" }), again: true }]);
});

test("a session that expires is linked again, and no other", { timeout: 30_000 }, async (t) => {
  const app = await appWithServer(t);
  const { watcher, unlink } = app;
  const chat = await omilink.onUserLogin({ id: "ada" });
  t.after(() => chat.close());
  await watcher.untilState("live");
  const mine = await omilink.getDeviceSessionId({ id: "ada" });
  const isTold = (id, reason) => watcher.until(({ event }) => event?.session?.id === id && event.reason === reason);

  unlink("of-another-app", "expired");
  unlink(mine, "unlinked");
  await isTold(mine, "unlinked");
  assert.deepEqual(app.linked, [mine]);

  unlink(mine, "expired");
  await isTold(mine, "expired");
  await waitUntil(() => app.linked.length === 2);
  assert.deepEqual(app.linked, [mine, mine]);

  await omilink.apiUnlinkSession(mine);
  unlink(mine, "expired");
  await waitUntil(() => watcher.events.filter(({ reason }) => reason === "expired").length === 3);
  await omilink.apiLinkSession("the-next");
  assert.deepEqual(app.linked, [mine, mine, "the-next"]);
});

/** A chat in which a session that was linked by hand expires. */
async function expiring(t, ...statuses) {
  const app = await appWithServer(t, 200, ...statuses);
  const chat = omilink.startChatStream();
  t.after(() => chat.close());
  await app.watcher.untilState("live");
  await omilink.apiLinkSession("necklace");
  app.unlink("necklace", "expired");
  return Object.assign(app, { chat });
}

const BY_HAND = { session_id: "necklace" };
const THE_NEXT = { session_id: "the-next" };
/** With `again` the server refuses what its user has unlinked by wish. */
const BY_ITSELF = { session_id: "necklace", again: true };

for (const status of [503, 0]) {
  test(`what expires is tried until it is linked, after ${status || "a lost connection"}`, PATIENT, async (t) => {
    const { asked, reconnect } = await expiring(t, status, status);
    await waitUntil(() => asked.length === 4);
    await reconnect();
    await omilink.apiLinkSession("the-next");
    assert.deepEqual(asked, [BY_HAND, BY_ITSELF, BY_ITSELF, BY_ITSELF, THE_NEXT]);
  });
}

test("what expires is tried when the server has said, or when the chat comes back", PATIENT, async (t) => {
  const { asked, reconnect } = await expiring(t, 429);
  await waitUntil(() => asked.length === 2);
  await omilink.apiLinkSession("the-next");
  await reconnect();
  await waitUntil(() => asked.length === 4);
  assert.deepEqual(asked, [BY_HAND, BY_ITSELF, THE_NEXT, BY_ITSELF]);
});

test("what expires is tried no more once it is refused for good", PATIENT, async (t) => {
  const { asked, reconnect } = await expiring(t, 503, 409);
  await waitUntil(() => asked.length === 3);
  await reconnect();
  await omilink.apiLinkSession("the-next");
  assert.deepEqual(asked, [BY_HAND, BY_ITSELF, BY_ITSELF, THE_NEXT]);
});

for (const [wish, act] of [
  ["unlinked it", () => omilink.apiUnlinkSession("necklace")],
  ["signed out", () => omilink.apiLogout()],
  ["been signed out", ({ tell, watcher }) => (tell({ type: "signed_out" }), watcher.untilState("signed_out"))],
]) {
  test(`what expires is tried no more once its user has ${wish}`, PATIENT, async (t) => {
    const app = await expiring(t, 429);
    const { asked, watcher } = app;
    await waitUntil(() => asked.length === 2);
    await act(app);
    const chat = omilink.startChatStream();
    t.after(() => chat.close());
    await watcher.untilState("live", 2);
    await omilink.apiLinkSession("the-next");
    assert.deepEqual(asked, [BY_HAND, BY_ITSELF, THE_NEXT]);
  });
}

test("a chat that is closed tries nothing any more", PATIENT, async (t) => {
  const begun = t.mock.method(globalThis, "setTimeout");
  const ended = t.mock.method(globalThis, "clearTimeout");
  const { chat } = await expiring(t, 429);
  const wait = () => begun.mock.calls.find(({ arguments: [, milliseconds] }) => milliseconds === 60_000);
  await waitUntil(wait);
  chat.close();
  assert.ok(ended.mock.calls.some(({ arguments: [timer] }) => timer === wait().result));
});

test("what the user tries in vain meanwhile is tried on all the same", PATIENT, async (t) => {
  const { asked, reconnect } = await expiring(t, 429, 503);
  await waitUntil(() => asked.length === 2);
  await assert.rejects(omilink.apiLinkSession("necklace"), { status: 503 });
  await reconnect();
  await waitUntil(() => asked.length === 4);
  assert.deepEqual(asked, [BY_HAND, BY_ITSELF, BY_HAND, BY_ITSELF]);
});

test("what was never linked is not tried again when its user has tried in vain", PATIENT, async (t) => {
  const { asked, watcher, reconnect } = await appWithServer(t, 503);
  const chat = omilink.startChatStream();
  t.after(() => chat.close());
  await watcher.untilState("live");
  await assert.rejects(omilink.apiLinkSession("necklace"), { status: 503 });
  await reconnect();
  await omilink.apiLinkSession("the-next");
  assert.deepEqual(asked, [BY_HAND, THE_NEXT]);
});

/** For what tells nobody that it has happened. */
async function waitUntil(isTrue) {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function createMemoryStorage() {
  const items = new Map();
  return { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) };
}
