// The foreign app against a real server.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { connect, createServer } from "node:net";
import { test } from "node:test";
import axios from "axios";
import { createApp } from "./app.mjs";

const { OMILINK_URL: SERVER, OMILINK_WEBHOOK: webhookUrl } = process.env;
const PATIENT = { timeout: 30_000 };

/** The app of somebody new, and what they need to follow it. */
async function newUser(t, baseUrl = SERVER) {
  const account = { email: `${randomUUID()}@example.org`, password: "correct horse" };
  const { data } = await axios.post(`${SERVER}/auth/register`, account);
  const app = createApp({ baseUrl, webhookUrl, token: data.session_token });
  t.after(app.stop);
  const seen = [];
  const waiting = new Set();
  app.chat.onChange = (event) => {
    seen.push(event);
    for (const look of waiting) look();
  };
  const until = (isTrue) =>
    new Promise((resolve) => {
      const look = () => isTrue() && resolve(waiting.delete(look));
      waiting.add(look);
      look();
    });
  return Object.assign(app, { token: data.session_token, seen, until, session: randomUUID() });
}

function segments(texts, from = 0) {
  return texts.map((text, n) => ({
    text,
    speaker: "SPEAKER_00",
    is_user: false,
    start: from + n * 2,
    end: from + n * 2 + 2,
  }));
}

function say(app, texts, { from = 0, session = app.session, uid } = {}) {
  return app.handleOmiWebhook({ session_id: session, uid, segments: segments(texts, from) });
}

const texts = ({ chat }) => chat.messages.map(({ text }) => text);
const isLive = (app) => app.until(() => app.seen.some(({ type }) => type === "caught_up"));
const shows = (app, text) => app.until(() => texts(app).includes(text));

test("at login it links the session and shows words as they are said", PATIENT, async (t) => {
  const app = await newUser(t);
  await app.onUserLogin({ deviceSessionId: app.session });
  await isLive(app);
  await say(app, ["Where did I put the key?"]);
  await shows(app, "Where did I put the key?");
  await say(app, ["In the door."], { from: 2 });
  await shows(app, "In the door.");
  assert.deepEqual(texts(app), ["Where did I put the key?", "In the door."]);
  assert.equal(app.chat.conversation.omiSessionKey, app.session);
});

test("words that were said before the link appear with it", PATIENT, async (t) => {
  const app = await newUser(t);
  await say(app, ["before the link"]);
  app.startChatStream();
  await isLive(app);
  await app.apiLinkSession(app.session);
  await shows(app, "before the link");
});

test("a uid that nobody has verified changes nothing", PATIENT, async (t) => {
  const app = await newUser(t);
  await app.onUserLogin({ deviceSessionId: app.session });
  await isLive(app);
  await say(app, ["with a uid"], { uid: `uid${randomUUID().replaceAll("-", "")}` });
  await shows(app, "with a uid");
});

test("a segment that grows is replaced where it stands", PATIENT, async (t) => {
  const app = await newUser(t);
  await app.onUserLogin({ deviceSessionId: app.session });
  await isLive(app);
  const growing = (text, end) => ({ id: "growing", text, speaker: "SPEAKER_00", is_user: false, start: 0, end });
  await app.handleOmiWebhook({ session_id: app.session, segments: [growing("The kettle", 1)] });
  await shows(app, "The kettle");
  await app.handleOmiWebhook({ session_id: app.session, segments: [growing("The kettle is on", 3)] });
  await shows(app, "The kettle is on");
  assert.deepEqual(texts(app), ["The kettle is on"]);
});

test("polling every 3 s shows the same", PATIENT, async (t) => {
  const app = await newUser(t);
  await app.apiLinkSession(app.session);
  app.startPolling();
  await app.until(() => app.seen.length === 1);
  assert.deepEqual([app.seen[0].ok, app.seen[0].conversation, app.seen[0].messages], [true, null, []]);
  await say(app, ["one", "two"]);
  await shows(app, "two");
  await say(app, ["three"], { from: 4 });
  await shows(app, "three");
  assert.deepEqual(texts(app), ["one", "two", "three"]);
});

test("after the connection was cut it misses nothing and shows nothing twice", PATIENT, async (t) => {
  const tunnel = await openTunnel(t);
  const app = await newUser(t, tunnel.url);
  await app.onUserLogin({ deviceSessionId: app.session });
  await isLive(app);
  await say(app, ["before the tunnel"]);
  await shows(app, "before the tunnel");
  const events = app.seen.length;
  tunnel.cut();
  await say(app, ["inside", "still inside"], { from: 2 });
  await shows(app, "still inside");
  assert.deepEqual(texts(app), ["before the tunnel", "inside", "still inside"]);
  const after = app.seen.slice(events);
  assert.deepEqual([after[0].type, after[0].resumed], ["connected", true]);
  const came = after.flatMap(({ messages = [] }) => messages.map(({ text }) => text));
  assert.deepEqual(came, ["inside", "still inside"]);
});

test("it pages through conversations and messages by cursor", PATIENT, async (t) => {
  const app = await newUser(t);
  const sessions = [1, 2, 3, 4, 5].map((n) => `${app.session}-${n}`);
  app.startChatStream();
  for (const session of sessions) {
    await app.apiLinkSession(session);
    await say(app, ["a", "b", "c", "d", "e", "f", session], { session });
    await shows(app, session);
  }
  const pages = await app.loadConversations(2);
  assert.deepEqual(
    pages.map((page) => page.length),
    [2, 2, 1],
  );
  assert.deepEqual(new Set(pages.flat().map(({ omiSessionKey }) => omiSessionKey)), new Set(sessions));

  const [{ id, omiSessionKey }] = pages[0];
  const newestFirst = await app.loadMessages(id, 3);
  const inOrder = newestFirst.toReversed().flat();
  assert.deepEqual(
    inOrder.map(({ text }) => text),
    ["a", "b", "c", "d", "e", "f", omiSessionKey],
  );
  assert.equal(newestFirst.length, 3);
});

test("the cookie of the guide's curl lines works as well", PATIENT, async (t) => {
  const app = await newUser(t);
  const headers = { Cookie: `sid=${app.token}` };
  const link = await axios.post(`${SERVER}/sessions/link`, { session_id: app.session }, { headers });
  assert.deepEqual([link.data.ok, link.data.session.id], [true, app.session]);
  const current = await axios.get(`${SERVER}/conversations/current`, { headers });
  assert.equal(current.data.ok, true);
});

test("a session of somebody else's is refused in words that can be shown", PATIENT, async (t) => {
  const [ada, grace] = [await newUser(t), await newUser(t)];
  await ada.apiLinkSession(ada.session);
  const { response } = await grace.apiLinkSession(ada.session).catch((error) => error);
  assert.equal(response.status, 409);
  assert.equal(response.data.error, "session_not_available");
  assert.ok(response.data.message.length > 20);
});

test("a sign-out reaches the open stream, and a new one is refused", PATIENT, async (t) => {
  const app = await newUser(t);
  app.startChatStream();
  await isLive(app);
  await app.api.post("/auth/logout");
  await app.until(() => app.seen.some(({ type }) => type === "signed_out"));
  const source = app.startChatStream();
  const refused = await new Promise((resolve) => (source.onerror = resolve));
  assert.equal(refused.code, 401);
  assert.equal(source.readyState, source.CLOSED, "it does not try again for ever");
});

/** A way to the server that can be cut. */
async function openTunnel(t) {
  const { hostname, port } = new URL(SERVER);
  const open = new Set();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => open.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  const cut = () => open.forEach((socket) => socket.destroy());
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    cut();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, cut };
}
