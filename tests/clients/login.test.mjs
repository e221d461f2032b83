// What happens at login: the chat starts, and the device's session is linked, or is not.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as omilink from "../../clients/js/omilink.js";
import { createWatcher, frame, openEventStream, readJson, sendJson, serve } from "./helpers.mjs";

const SIGNED_OUT = { ok: false, error: "not_signed_in", message: "expired" };

/** An app on a phone, and a server whose answers to linking are `statuses`, one after the other, then 200. */
async function phone(t, ...statuses) {
  const items = new Map();
  const storage = {
    getItem: async (key) => items.get(key) ?? null,
    setItem: async (...item) => void items.set(...item),
  };
  const asked = [];
  const streams = [];
  const baseUrl = await serve(t, async (request, response) => {
    if (request.url.endsWith("/stream")) {
      if (statuses[0] === 401) return sendJson(response, 401, SIGNED_OUT);
      openEventStream(response);
      return streams.push(response);
    }
    asked.push((await readJson(request)).session_id);
    const status = statuses.shift() ?? 200;
    return sendJson(response, status, status === 401 ? SIGNED_OUT : { ok: status === 200, session: {} });
  });
  const watcher = createWatcher();
  omilink.configure({ baseUrl, storage, getToken: () => "token", ...watcher.handlers });
  const goLive = async () => {
    await waitUntil(() => streams.length > 0);
    streams.at(-1).write(frame("c1", { type: "caught_up" }));
  };
  const login = async (id) => {
    const chat = await omilink.onUserLogin({ id });
    t.after(() => chat.close());
    return chat;
  };
  return { login, watcher, asked, goLive, items };
}

test("each user of a phone has a session of their own, and the same one again", { timeout: 30_000 }, async (t) => {
  const { login, asked } = await phone(t);
  for (const user of ["ada", "grace", "ada"]) await login(user);
  const [ada, grace, adaAgain] = asked;
  assert.notEqual(ada, grace);
  assert.equal(ada, adaAgain);
});

for (const status of [429, 503]) {
  test(`a link that fails with ${status} is tried again when the chat is live`, { timeout: 30_000 }, async (t) => {
    const { login, asked, goLive, watcher } = await phone(t, status);
    const chat = await login("ada");
    await goLive();
    await watcher.untilState("live");
    assert.equal(chat.state, "live");
    await waitUntil(() => asked.length === 2);
    assert.equal(asked[0], asked[1]);
  });
}

for (const status of [403, 409]) {
  test(
    `a link refused with ${status} leaves the chat; the next login makes a new id`,
    { timeout: 30_000 },
    async (t) => {
      const { login, asked, goLive, watcher } = await phone(t, status);
      await login("ada");
      await goLive();
      await watcher.untilState("live");
      assert.equal(asked.length, 1);
      await login("ada");
      assert.notEqual(asked[0], asked[1]);
    },
  );
}

test("a refusal that comes late makes a new id at the next login, too", { timeout: 30_000 }, async (t) => {
  const { login, asked, goLive, items } = await phone(t, 503, 409);
  await login("ada");
  await goLive();
  await waitUntil(() => items.get("omilink.deviceSessionId.ada") === "");
  await login("ada");
  assert.equal(asked.length, 3);
  assert.notEqual(asked[1], asked[2]);
});

test("a device's id that is refused when it is linked by hand is not had again", { timeout: 30_000 }, async (t) => {
  await phone(t, 409);
  const id = await omilink.getDeviceSessionId();
  await assert.rejects(omilink.apiLinkSession(id), { status: 409 });
  assert.notEqual(await omilink.getDeviceSessionId(), id);
});

test("who has to sign in again is told", { timeout: 30_000 }, async (t) => {
  const { login, watcher } = await phone(t, 401, 401);
  await assert.rejects(login("ada"), { status: 401 });
  await watcher.untilState("signed_out");
});

/** For what tells nobody that it has happened. */
async function waitUntil(isTrue) {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

for (const [means, first, signIn] of [
  ["here", undefined, () => omilink.apiLogin({ email: "grace@example.org", password: "a long password" })],
  ["by means of the app", { id: "ada" }, () => {}],
]) {
  test(`what waits for one user is not linked for the next, who signs in ${means}`, { timeout: 30_000 }, async (t) => {
    const { asked, goLive } = await twoUsers(t);
    const adas = await omilink.onUserLogin(first);
    assert.equal(asked.length, 1);
    await signIn();
    const graces = await omilink.onUserLogin({ id: "grace" });
    t.after(() => [adas, graces].forEach((chat) => chat.close()));
    await goLive();
    await waitUntil(() => graces.state === "live");
    await waitUntil(() => asked.length >= 2);
    await omilink.apiLinkSession("the-next");
    assert.ok(asked.slice(1).every(({ id }) => id !== asked[0].id));
  });
}

test("what was refused for one user is not asked again for the next", { timeout: 30_000 }, async (t) => {
  const { asked, holdBack } = await twoUsers(t);
  const refuse = holdBack();
  const linking = omilink.apiLinkSession("necklace");
  await waitUntil(() => asked.length === 1);
  await omilink.apiLogin({ email: "grace@example.org", password: "a long password" });
  refuse();
  await assert.rejects(linking, { code: "not_signed_in" });
  assert.equal(asked.length, 1);
});

test("a storage that fails keeps nobody from the chat", { timeout: 30_000 }, async (t) => {
  const { asked } = await twoUsers(t, {
    getItem: () => Promise.reject(new Error("locked")),
    setItem: () => Promise.reject(new Error("locked")),
  });
  const chat = await omilink.onUserLogin({ id: "ada" });
  t.after(() => chat.close());
  assert.deepEqual(asked, []);
});

/** A server whose first link fails with 503, and a client that gets another token at each login. */
async function twoUsers(t, storage) {
  const asked = [];
  const streams = [];
  let token = "token-0";
  let held = null;
  const baseUrl = await serve(t, async (request, response) => {
    if (request.url === "/auth/login")
      return sendJson(response, 200, { ok: true, session_token: "x", user: { id: "grace" } });
    if (request.url.endsWith("/stream")) {
      openEventStream(response);
      return streams.push(response);
    }
    if (request.url !== "/sessions/link") return sendJson(response, 404, {});
    asked.push({ id: (await readJson(request)).session_id, by: request.headers.authorization });
    if (held) return held.push(() => sendJson(response, 401, SIGNED_OUT));
    return sendJson(response, asked.length === 1 ? 503 : 200, { ok: true, session: {} });
  });
  omilink.configure({ baseUrl, storage: storage ?? memoryStorage(), getToken: () => token });
  t.after(() => omilink.configure({}));
  return {
    asked,
    goLive: async () => {
      await waitUntil(() => streams.length === 2);
      streams.at(-1).write(frame("c1", { type: "caught_up" }));
    },
    /** The next links are answered when it is said, with a refusal. */
    holdBack: () => {
      held = [];
      return () => {
        token = "token-1";
        held.splice(0).forEach((refuse) => refuse());
      };
    },
  };
}

function memoryStorage() {
  const items = new Map();
  return { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) };
}
