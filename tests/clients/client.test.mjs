import assert from "node:assert/strict";
import { test } from "node:test";
import { OmilinkError, createClient, generateSessionId } from "../../clients/js/omilink.js";
import { readJson, sendJson, serve } from "./helpers.mjs";

/** A server that answers every call with `answer` and remembers what it was asked. */
async function recordingServer(t, answer = { ok: true }, status = 200, headers = {}) {
  const requests = [];
  const baseUrl = await serve(t, async (request, response) => {
    requests.push({
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: await readJson(request),
    });
    sendJson(response, status, answer, headers);
  });
  return { baseUrl, requests };
}

const CALLS = [
  [
    "register",
    [{ email: "a@b.c", password: "p", displayName: "Ada" }],
    "POST /auth/register",
    { email: "a@b.c", password: "p", display_name: "Ada" },
  ],
  ["login", [{ email: "a@b.c", password: "p" }], "POST /auth/login", { email: "a@b.c", password: "p" }],
  ["logout", [], "POST /auth/logout", {}],
  ["me", [], "GET /me"],
  ["listSignIns", [], "GET /account/sessions"],
  ["revokeSignIn", ["a b"], "DELETE /account/sessions/a%20b"],
  ["revokeOtherSignIns", [], "DELETE /account/sessions"],
  [
    "changePassword",
    [{ password: "old", newPassword: "new" }],
    "POST /account/password",
    { password: "old", new_password: "new" },
  ],
  ["deleteAccount", [{ password: "p" }], "DELETE /account", { password: "p" }],
  ["webhookUrl", [], "GET /me/webhook-url"],
  ["rotateWebhookUrl", [], "POST /me/webhook-url", {}],
  ["startOmiLink", ["A b"], "POST /link/omi/start", { omi_user_id: "A b" }],
  ["startOmiLink", ["A", { bringEarlier: false }], "POST /link/omi/start", { omi_user_id: "A", bring_earlier: false }],
  ["confirmOmiLink", ["A", "123 456"], "POST /link/omi/confirm", { omi_user_id: "A", code: "123 456" }],
  ["resendOmiLink", ["A"], "POST /link/omi/resend", { omi_user_id: "A" }],
  ["listOmiLinks", [], "GET /link/omi"],
  ["takeEarlier", ["A", false], "POST /link/omi/earlier", { omi_user_id: "A", bring: false }],
  ["unlinkOmiLink", ["a b"], "DELETE /link/omi/unlink/a%20b"],
  ["linkSession", ["session-123"], "POST /sessions/link", { session_id: "session-123" }],
  ["unlinkSession", ["a b?c"], "DELETE /sessions/a%20b%3Fc/link"],
  ["listSessions", [], "GET /sessions"],
  ["getSession", ["session-123"], "GET /sessions/session-123"],
  ["currentConversation", [], "GET /conversations/current"],
  ["listConversations", [{ limit: 5, cursor: "a+b" }], "GET /conversations?limit=5&cursor=a%2Bb"],
  ["listConversations", [{ cursor: null }], "GET /conversations"],
  ["conversation", ["c1"], "GET /conversations/c1"],
  ["messages", ["c1", { cursor: "x" }], "GET /conversations/c1/messages?cursor=x"],
  ["deleteConversation", ["c1"], "DELETE /conversations/c1"],
  [
    "sendWebhook",
    [{ session_id: "s", uid: undefined, segments: [] }],
    "POST /omi-webhook",
    { session_id: "s", segments: [] },
  ],
];

for (const [name, given, line, body] of CALLS) {
  test(`${name} asks ${line}`, async (t) => {
    const { baseUrl, requests } = await recordingServer(t);
    await createClient({ baseUrl: `${baseUrl}/` })[name](...given);
    assert.equal(`${requests[0].method} ${requests[0].url}`, line);
    assert.deepEqual(requests[0].body, body);
  });
}

test("what is asked for comes out of its wrapping", async (t) => {
  const { baseUrl } = await recordingServer(t, {
    ok: true,
    sessions: [{ id: "1" }],
    revoked: 2,
    url: "https://x/me_1",
  });
  const client = createClient({ baseUrl });
  assert.deepEqual(await client.listSignIns(), [{ id: "1" }]);
  assert.equal(await client.revokeOtherSignIns(), 2);
  assert.equal((await client.webhookUrl()).url, "https://x/me_1");
});

test("linking resolves to the session", async (t) => {
  const { baseUrl } = await recordingServer(t, { ok: true, session: { id: "session-123", linked: true } });
  assert.deepEqual(await createClient({ baseUrl }).linkSession("session-123"), { id: "session-123", linked: true });
});

test("a proven OMI account comes out of its wrapping", async (t) => {
  const { baseUrl } = await recordingServer(t, { ok: true, omi_link: { omiUserId: "A" }, moved: 3 });
  const client = createClient({ baseUrl });
  assert.deepEqual(await client.confirmOmiLink("A", "12345678"), { omiUserId: "A" });
  assert.deepEqual(await client.takeEarlier("A", true), { omiUserId: "A" });
});

test("an error says what happened, in a form that code can tell apart", async (t) => {
  const { baseUrl } = await recordingServer(t, { ok: false, error: "rate_limited", message: "Too many tries." }, 429, {
    "Retry-After": "7",
  });
  const error = await createClient({ baseUrl })
    .linkSession("x")
    .catch((caught) => caught);
  assert.ok(error instanceof OmilinkError);
  assert.deepEqual(
    [error.code, error.message, error.status, error.retryAfter],
    ["rate_limited", "Too many tries.", 429, 7],
  );
});

test("whoever has tokens sends no cookies, and says whose the request is meant to be", async () => {
  const asked = [];
  const fetch = async (url, init) => {
    asked.push([new URL(url).pathname, init.credentials, init.headers["X-Omilink-User"]]);
    return Response.json({ ok: true, user: { id: "ada" }, sessions: [] });
  };
  const phone = createClient({ baseUrl: "http://omilink.test", fetch, getToken: () => null });
  const browser = createClient({ baseUrl: "http://omilink.test", fetch });
  for (const client of [phone, browser]) {
    await client.login({ email: "a@b.c", password: "p" });
    await client.listSessions();
    await client.me();
    await client.logout();
    await client.listSessions();
  }
  const expected = ["/auth/login", "/sessions", "/me", "/auth/logout", "/sessions"].map((path, place) => [
    path,
    [undefined, "ada", undefined, "ada", undefined][place],
  ]);
  const told = (credentials) => expected.map(([path, whose]) => [path, credentials, whose]);
  assert.deepEqual(asked, [...told("omit"), ...told("include")]);
});

test("an error page of a proxy is an error too", async (t) => {
  const baseUrl = await serve(t, (_, response) => response.writeHead(502).end("<h1>Bad gateway</h1>"));
  await assert.rejects(createClient({ baseUrl }).me(), { code: "unexpected_answer", status: 502 });
});

test("a page where omilink should be is an error that says so", async (t) => {
  const baseUrl = await serve(t, (_, response) => response.end("<h1>Welcome to this hotel</h1>"));
  await assert.rejects(createClient({ baseUrl }).me(), { code: "unexpected_answer", message: /not omilink/ });
});

test("an address without its scheme is refused at once", () => {
  assert.throws(() => createClient({ baseUrl: "localhost:8000" }), { code: "bad_address", message: /http:\/\// });
  for (const baseUrl of ["", "/api", "http://localhost:8000/"]) createClient({ baseUrl });
});

test("a server that is not there is unreachable", async (t) => {
  const baseUrl = await serve(t, (_, response) => response.destroy());
  await assert.rejects(createClient({ baseUrl }).me(), { code: "unreachable", status: 0 });
});

test("the webhook may be elsewhere, and gets no token", async (t) => {
  const { baseUrl, requests } = await recordingServer(t);
  const client = createClient({
    baseUrl: "http://nowhere.invalid",
    webhookUrl: `${baseUrl}/omi-webhook/secret`,
    getToken: () => "token",
  });
  await client.sendWebhook({ session_id: "s", segments: [] });
  assert.equal(requests[0].url, "/omi-webhook/secret");
  assert.equal(requests[0].headers.authorization, undefined);
});

test("a session id cannot be guessed, and is no OMI account id", () => {
  const ids = new Set(Array.from({ length: 1000 }, generateSessionId));
  assert.equal(ids.size, 1000);
  for (const id of ids) assert.match(id, /^dev_[A-Za-z0-9_-]{22}$/); // 22 characters of 6 bits are 132
});

test("a device's session id is made once, also when two ask at once, and remembered", async () => {
  const items = new Map();
  const storage = {
    getItem: async (key) => items.get(key) ?? null,
    setItem: async (key, value) => items.set(key, value),
  };
  const [one, two] = await Promise.all([
    createClient({ storage }).deviceSessionId(),
    createClient({ storage }).deviceSessionId(),
  ]);
  assert.equal(one, two);
  assert.equal(await createClient({ storage }).deviceSessionId(), one);
});
