import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as omilink from "../../clients/js/omilink.js";
import { readJson, sendJson, serve } from "./helpers.mjs";

const { OmilinkError, createClient, generateSessionId } = omilink;
/** Every route of the server has a heading there. */
const REFERENCE = new URL("../../docs/reference/http.md", import.meta.url);

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
  ["recording", [], "GET /me/recording"],
  ["setRecording", [{ state: "paused" }], "PUT /me/recording", { state: "paused" }],
  ["rotateWebhookUrl", [], "POST /me/webhook-url", {}],
  ["startOmiLink", ["A b"], "POST /link/omi/start", { omi_user_id: "A b" }],
  ["startOmiLink", ["A", { bringEarlier: false }], "POST /link/omi/start", { omi_user_id: "A", bring_earlier: false }],
  ["confirmOmiLink", ["A", "123 456"], "POST /link/omi/confirm", { omi_user_id: "A", code: "123 456" }],
  ["resendOmiLink", ["A"], "POST /link/omi/resend", { omi_user_id: "A" }],
  ["listOmiLinks", [], "GET /link/omi"],
  ["takeEarlier", ["A", false], "POST /link/omi/earlier", { omi_user_id: "A", bring: false }],
  ["unlinkOmiLink", ["a b"], "DELETE /link/omi/unlink/a%20b"],
  ["linkSession", ["session-123"], "POST /sessions/link", { session_id: "session-123" }],
  ["linkSession", ["s", { again: true }], "POST /sessions/link", { session_id: "s", again: true }],
  ["unlinkSession", ["a b?c"], "DELETE /sessions/a%20b%3Fc/link"],
  ["listSessions", [], "GET /sessions"],
  ["getSession", ["session-123"], "GET /sessions/session-123"],
  ["currentConversation", [], "GET /conversations/current"],
  ["listConversations", [{ limit: 5, cursor: "a+b" }], "GET /conversations?limit=5&cursor=a%2Bb"],
  ["listConversations", [{ cursor: null }], "GET /conversations"],
  ["search", ["red tea"], "GET /search?q=red%20tea"],
  [
    "search",
    ["a", { from: "2026-11-24", order: "newest", limit: 5 }],
    "GET /search?q=a&from=2026-11-24&order=newest&limit=5",
  ],
  ["conversation", ["c1"], "GET /conversations/c1"],
  ["messages", ["c1", { cursor: "x" }], "GET /conversations/c1/messages?cursor=x"],
  [
    "changeConversation",
    ["c1", { title: "Tea", starred: true }],
    "PATCH /conversations/c1",
    { title: "Tea", starred: true },
  ],
  ["changeConversation", ["c1", { title: null }], "PATCH /conversations/c1", { title: null }],
  ["correctMessage", ["c1", "c1.2", "Tea"], "PATCH /conversations/c1/messages/c1.2", { text: "Tea" }],
  ["nameSession", ["a b", "Kitchen"], "PATCH /sessions/a%20b", { name: "Kitchen" }],
  ["joinConversations", ["c1", "c2"], "POST /conversations/c1/join", { other_id: "c2" }],
  ["splitConversation", ["c1", "c1.2"], "POST /conversations/c1/split", { message_id: "c1.2" }],
  ["undoConversation", ["c1"], "POST /conversations/c1/undo"],
  ["tickActionItem", ["c1", "a b", true], "PATCH /conversations/c1/action-items/a%20b", { done: true }],
  ["listActionItems", [{ done: false, limit: 5 }], "GET /action-items?done=false&limit=5"],
  ["addActionItem", [{ text: "Buy milk" }], "POST /action-items", { text: "Buy milk" }],
  [
    "addActionItem",
    [{ text: "Call", dueAt: "2026-10-14T18:00:00Z", conversationId: "c1" }],
    "POST /action-items",
    { text: "Call", due_at: "2026-10-14T18:00:00Z", conversation_id: "c1" },
  ],
  ["changeActionItem", ["c1.a", { done: true }], "PATCH /action-items/c1.a", { done: true }],
  ["changeActionItem", ["i", { dueAt: null }], "PATCH /action-items/i", { due_at: null }],
  ["deleteActionItem", ["c1.a"], "DELETE /action-items/c1.a"],
  ["listPeople", [{ limit: 5 }], "GET /people?limit=5"],
  ["addPerson", ["Ida"], "POST /people", { name: "Ida" }],
  ["renamePerson", ["a b", "Ida"], "PATCH /people/a%20b", { name: "Ida" }],
  ["deletePerson", ["p"], "DELETE /people/p"],
  ["mergePeople", ["p", "q"], "POST /people/p/merge", { into: "q" }],
  ["splitPerson", ["p", ["c1"]], "POST /people/p/split", { conversation_ids: ["c1"] }],
  ["undoPerson", ["p"], "POST /people/p/undo"],
  ["nameSpeaker", ["c1", "A/1", { name: "Ida" }], "PUT /conversations/c1/speakers/A%2F1", { name: "Ida" }],
  ["nameSpeaker", ["c1", "A", { personId: null }], "PUT /conversations/c1/speakers/A", { person_id: null }],
  ["nameSpeaker", ["c1", "A", { isUser: true }], "PUT /conversations/c1/speakers/A", { is_user: true }],
  ["listDaySummaries", [], "GET /day-summaries"],
  ["listDaySummaries", [{ from: "2026-10-14" }], "GET /day-summaries?from=2026-10-14"],
  ["deleteConversation", ["c1"], "DELETE /conversations/c1"],
  ["events", [], "GET /conversations/current/events"],
  ["events", [{ after: "a+b" }], "GET /conversations/current/events?after=a%2Bb"],
  ["streamTicket", [], "POST /conversations/current/stream-ticket"],
];

/** What of the server no function of this table asks for, and why not. */
const WITHOUT_A_CALL = {
  "GET /conversations/current/stream": "apiStreamCurrentConversation and startChatStream hold it open",
  "GET /account/export": "a file, for a link or curl",
  "GET /conversations/{conversation_id}/export": "a file, for a link or curl",
  "GET /me/webhook-url.svg": "a picture, for an <img>",
  "POST /omi-webhook": "sendWebhook, while nobody is signed in: see webhook.test.mjs",
  "POST /omi-webhook/{secret}": "sendWebhook",
  "GET /omi/setup-completed": "asked by OMI's app",
  "POST /admin/sessions": "createOperator, for a server of the operator's",
  "GET /health": "for the operator",
  "GET /ready": "for the operator",
  "GET /metrics": "for the operator",
};

for (const [name, given, line, body] of CALLS) {
  test(`${name} asks ${line}, and so does ${exportOf(name)}`, async (t) => {
    const { baseUrl, requests } = await recordingServer(t);
    omilink.configure({ baseUrl });
    t.after(() => omilink.configure({}));
    await createClient({ baseUrl: `${baseUrl}/` })[name](...given);
    await omilink[exportOf(name)](...given);
    assert.equal(requests.length, 2);
    for (const request of requests) {
      assert.equal(`${request.method} ${request.url}`, line);
      assert.deepEqual(request.body, body);
    }
  });
}

test("whatever the server offers to users, the client has a function for", () => {
  const routes = [...readFileSync(REFERENCE, "utf8").matchAll(/^### `([A-Z]+ \S+)`$/gm)].map(([, route]) => route);
  const called = new Set(CALLS.map(([, , line]) => routeOf(line, routes)));
  assert.deepEqual(routes.filter((route) => !called.has(route)).sort(), Object.keys(WITHOUT_A_CALL).sort());
});

test("each function of the client is held against what it asks for", () => {
  const held = new Set(CALLS.map(([name]) => exportOf(name)));
  const asking = Object.keys(omilink).filter((name) => name.startsWith("api"));
  assert.deepEqual(
    asking.filter((name) => !held.has(name)),
    ["apiStreamCurrentConversation"],
  );
});

/** What the package calls a method of the client. */
function exportOf(name) {
  const capital = name[0].toUpperCase() + name.slice(1);
  return [`api${capital}`, `apiGet${capital}`, name].find((candidate) => candidate in omilink);
}

/** The route that a request goes to: of those that fit, the one with the fewest parameters. */
function routeOf(line, routes) {
  const patternOf = (route) => new RegExp(`^${route.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`);
  const parameters = (route) => route.split("{").length;
  return routes
    .filter((route) => patternOf(route).test(line.split("?")[0]))
    .sort((one, other) => parameters(one) - parameters(other))[0];
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

test("without being told whose, a device's session id is that of whoever is signed in", async (t) => {
  const baseUrl = await serve(t, async (request, response) => {
    const { email } = (await readJson(request)) ?? {};
    sendJson(response, 200, { ok: true, session_token: "token", user: { id: email } });
  });
  const client = createClient({ baseUrl, storage: createMemoryStorage() });
  const nobodys = await client.deviceSessionId();
  const ids = [];
  for (const email of ["ada", "grace", "ada"]) {
    await client.login({ email, password: "p" });
    ids.push(await client.deviceSessionId());
    assert.equal(ids.at(-1), await client.deviceSessionId({ id: email }));
    await client.logout();
  }
  assert.equal(ids[0], ids[2]);
  assert.equal(new Set([nobodys, ...ids]).size, 3);
  assert.equal(await client.deviceSessionId(), nobodys);
});

function createMemoryStorage() {
  const items = new Map();
  return { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) };
}

for (const [what, fetch] of [
  ["an answer", () => new Promise(() => {})],
  ["the rest of an answer", async () => ({ ok: true, status: 200, text: () => new Promise(() => {}) })],
  // as on iOS, where the body of a connection that breaks off never ends
  ["the rest of a refusal", async () => ({ ok: false, status: 503, json: () => new Promise(() => {}) })],
]) {
  test(`${what} is not waited for longer than half a minute`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const asked = createClient({ baseUrl: "http://omilink.test", fetch, getToken: () => "token" }).listSessions();
    setImmediate(() => t.mock.timers.tick(30_000));
    await assert.rejects(asked, { code: "unreachable" });
  });
}

test("a sign-out that is answered late does not forget who has signed in since", async () => {
  let comes = "ada";
  let answerAtLast;
  const asked = [];
  const client = createClient({
    baseUrl: "http://omilink.test",
    getToken: () => "token",
    fetch: async (url, { headers }) => {
      asked.push(new Headers(headers).get("X-Omilink-User"));
      if (url.endsWith("/auth/logout")) await new Promise((resolve) => (answerAtLast = resolve));
      return Response.json({ ok: true, session_token: "token", user: { id: comes }, sessions: [] });
    },
  });
  await client.login({ email: "ada@example.org", password: "p" });
  const leaving = client.logout();
  comes = "ben";
  await client.login({ email: "ben@example.org", password: "p" });
  answerAtLast();
  await leaving;
  await client.listSessions();
  assert.equal(asked.at(-1), "ben");
});

test("every page of the sessions is read", async (t) => {
  const pages = { "": ["a", "b"], "?cursor=two": ["c"], "?cursor=three": ["d"] };
  const next = { "": "two", "?cursor=two": "three" };
  const baseUrl = await serve(t, (request, response) => {
    const query = new URL(request.url, "http://x").search;
    sendJson(response, 200, {
      ok: true,
      sessions: pages[query].map((id) => ({ id })),
      nextCursor: next[query] ?? null,
    });
  });
  const sessions = await createClient({ baseUrl, token: "t" }).listSessions();
  assert.deepEqual(
    sessions.map(({ id }) => id),
    ["a", "b", "c", "d"],
  );
});
