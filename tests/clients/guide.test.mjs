// The JavaScript of the session linking guide, word for word, in an app that supplies what only an app can know.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as omilink from "../../clients/js/omilink.js";
import { createWatcher, frame, openEventStream, readJson, sendJson, serve } from "./helpers.mjs";

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

async function appWithServer(t) {
  const linked = [];
  const delivered = [];
  const streams = [];
  const baseUrl = await serve(t, async (request, response) => {
    if (request.url === "/conversations/current/stream") {
      streams.push(response);
      return openEventStream(response, frame("c1", { type: "caught_up" }));
    }
    if (request.method === "DELETE") return sendJson(response, 200, { ok: true });
    const body = await readJson(request);
    if (request.url === "/omi-webhook") delivered.push(body);
    else linked.push(body.session_id);
    return sendJson(response, 200, { ok: true, session: { id: body.session_id, linked: true } });
  });
  const watcher = createWatcher();
  omilink.configure({ baseUrl, getToken: () => "token", ...watcher.handlers });
  const unlink = (id, reason) =>
    streams.at(-1).write(frame("c2", { type: "session_unlinked", session: { id, linked: false }, reason }));
  return { linked, delivered, watcher, unlink };
}

test("linking by hand", async (t) => {
  const { linked } = await appWithServer(t);
  await run(LINK_BY_HAND);
  assert.deepEqual(linked, ["session-123"]);
});

test("linking after login", async (t) => {
  const { linked } = await appWithServer(t);
  await run(LINK_AFTER_LOGIN, { getOmiSessionId: () => "session-7" });
  assert.deepEqual(linked, ["session-7"]);
});

test("issuing a device", async () => {
  const issued = [];
  await run(ISSUE_A_DEVICE, { userId: "ada", linkSessionToUser: async (...given) => issued.push(given) });
  assert.match(issued[0][0], /^dev_/);
  assert.equal(issued[0][1], "ada");
});

test("the example implementation", { timeout: 5000 }, async (t) => {
  const { linked, delivered, watcher } = await appWithServer(t);
  const { onUserLogin, handleOmiWebhook } = await run(
    `${EXAMPLE_IMPLEMENTATION}\nreturn { onUserLogin, handleOmiWebhook };`,
    {
      getUserDeviceId: () => "user-device-456",
    },
  );

  await onUserLogin({ id: "ada" });
  await watcher.untilState("live");
  assert.deepEqual(linked, [await omilink.getDeviceSessionId()]);

  await handleOmiWebhook({ session_id: "abc-123", segments: [{ text: "Hello" }] });
  assert.deepEqual(delivered, [{ session_id: "abc-123", uid: "user-device-456", segments: [{ text: "Hello" }] }]);
  omilink.startChatStream({}).close();
});

test("the client's own onUserLogin does the same", { timeout: 5000 }, async (t) => {
  const { linked, watcher } = await appWithServer(t);
  const chat = await omilink.onUserLogin({ id: "ada" });
  t.after(() => chat.close());
  await watcher.untilState("live");
  assert.deepEqual(linked, [await omilink.getDeviceSessionId({ id: "ada" })]);
});

test("a session that expires is linked again, and no other", { timeout: 5000 }, async (t) => {
  const { linked, watcher, unlink } = await appWithServer(t);
  const chat = await omilink.onUserLogin({ id: "ada" });
  t.after(() => chat.close());
  await watcher.untilState("live");
  const mine = await omilink.getDeviceSessionId({ id: "ada" });
  const isTold = (id, reason) => watcher.until(({ event }) => event?.session?.id === id && event.reason === reason);

  unlink("of-another-app", "expired");
  unlink(mine, "unlinked");
  await isTold(mine, "unlinked");
  assert.deepEqual(linked, [mine]);

  unlink(mine, "expired");
  await isTold(mine, "expired");
  await waitUntil(() => linked.length === 2);
  assert.deepEqual(linked, [mine, mine]);

  await omilink.apiUnlinkSession(mine);
  unlink(mine, "expired");
  await waitUntil(() => watcher.events.filter(({ reason }) => reason === "expired").length === 3);
  await omilink.apiLinkSession("the-next");
  assert.deepEqual(linked, [mine, mine, "the-next"]);
});

/** For what tells nobody that it has happened. */
async function waitUntil(isTrue) {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}
