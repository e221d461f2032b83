/** Where `sendWebhook` delivers, and what becomes of a link that the app has made before. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "../../clients/js/omilink.js";
import { readJson, sendJson, serve } from "./helpers.mjs";

const HEARD = { session_id: "dev_1", segments: [{ text: "Hello" }] };
const NOT_SIGNED_IN = { ok: false, error: "not_signed_in", message: "You are not signed in." };
const BAD_SECRET = { ok: false, error: "bad_secret", message: "The webhook's secret is missing or wrong." };

/** A server of one user, whose own address can be replaced; it writes down what it is asked for. */
async function serverOf(t, { isOpen = false, sessions = [] } = {}) {
  const asked = [];
  const server = { asked, sessions, token: "ada", secret: "me_1" };
  server.baseUrl = await serve(t, async (request, response) => {
    const { method, url, headers } = request;
    const body = await readJson(request);
    asked.push(`${method} ${url}`);
    if (url.startsWith("/omi-webhook")) {
      assert.equal(headers.authorization, undefined);
      const isTaken = isOpen || url === `/omi-webhook/${server.secret}`;
      return isTaken ? sendJson(response, 200, { ok: true }) : sendJson(response, 401, BAD_SECRET);
    }
    if (headers.authorization !== `Bearer ${server.token}`) return sendJson(response, 401, NOT_SIGNED_IN);
    // as an operator's proxy would have it: the address that users paste is not the one that the app has
    if (url === "/me/webhook-url")
      return sendJson(response, 200, { ok: true, url: `https://omi.example.org/x/omi-webhook/${server.secret}` });
    if (method === "GET") return sendJson(response, 200, { ok: true, sessions: server.sessions, nextCursor: null });
    return sendJson(response, 200, { ok: true, session: { id: body?.session_id, linked: method === "POST" } });
  });
  return server;
}

test("it delivers to the signed-in user's own address, which is asked for once", async (t) => {
  const { baseUrl, asked } = await serverOf(t);
  const client = createClient({ baseUrl, getToken: () => "ada" });
  await client.sendWebhook(HEARD);
  await client.sendWebhook(HEARD);
  assert.deepEqual(asked, ["GET /me/webhook-url", "POST /omi-webhook/me_1", "POST /omi-webhook/me_1"]);
});

test("an address that was replaced is asked for again", async (t) => {
  const server = await serverOf(t);
  const client = createClient({ baseUrl: server.baseUrl, getToken: () => "ada" });
  await client.sendWebhook(HEARD);
  server.secret = "me_2";
  await assert.rejects(client.sendWebhook(HEARD), { code: "bad_secret" });
  await client.sendWebhook(HEARD);
  assert.equal(server.asked.at(-1), "POST /omi-webhook/me_2");
});

test("the next user's words do not go to the address of the one before", async (t) => {
  const server = await serverOf(t);
  const client = createClient({ baseUrl: server.baseUrl, getToken: () => server.token });
  await client.sendWebhook(HEARD);
  await client.logout();
  Object.assign(server, { token: "ben", secret: "me_ben" });
  await client.sendWebhook(HEARD);
  assert.equal(server.asked.at(-1), "POST /omi-webhook/me_ben");
});

test("who is not signed in can deliver to a server that takes words without a secret", async (t) => {
  const { baseUrl, asked } = await serverOf(t, { isOpen: true });
  await createClient({ baseUrl }).sendWebhook(HEARD);
  assert.equal(asked.at(-1), "POST /omi-webhook");
});

test("any other server says what to give", async (t) => {
  const { baseUrl } = await serverOf(t);
  const message = /^(?=.*Sign in)(?=.*webhookUrl)(?=.*omilink webhook-url)/;
  await assert.rejects(createClient({ baseUrl }).sendWebhook(HEARD), { code: "bad_secret", status: 401, message });
});

test("a link that only the app made, and that nothing came in by, does not stay beside the own address", async (t) => {
  const early = { id: "dev_1", method: "manual", lastSeenAt: null };
  const server = await serverOf(t, { sessions: [{ id: "other", method: "manual", lastSeenAt: null }, early] });
  const client = createClient({ baseUrl: server.baseUrl, getToken: () => "ada" });
  await client.linkSession("dev_1", { again: true });
  await client.sendWebhook(HEARD);
  await client.sendWebhook(HEARD);
  const unlinked = server.asked.filter((line) => line.startsWith("DELETE"));
  assert.deepEqual(unlinked, ["DELETE /sessions/dev_1/link?personal=false"]);
});

test("a link that words come in by stays, and so does one that this app did not make", async (t) => {
  const heard = { id: "dev_1", method: "manual", lastSeenAt: "2026-01-01T00:00:00.000Z" };
  const server = await serverOf(t, { sessions: [heard, { id: "dev_2", method: "manual", lastSeenAt: null }] });
  const client = createClient({ baseUrl: server.baseUrl, getToken: () => "ada" });
  await client.linkSession("dev_1");
  await client.sendWebhook(HEARD);
  await client.sendWebhook({ ...HEARD, session_id: "dev_2" });
  assert.ok(!server.asked.some((line) => line.startsWith("DELETE")));
});

test("in a page of another origin, what is out of reach may also be a server that does not know the page", async (t) => {
  Object.assign(globalThis, {
    document: Object.assign(new EventTarget(), { visibilityState: "visible" }),
    location: new URL("https://app.example.org/"),
  });
  t.after(() => (delete globalThis.document, delete globalThis.location));
  const fetch = () => Promise.reject(new TypeError("Failed to fetch"));
  const there = createClient({ baseUrl: "https://omilink.example.org", fetch });
  const origin = /https:\/\/app\.example\.org: then .* OMILINK_CORS_ORIGINS/;
  await assert.rejects(there.me(), { code: "unreachable", message: origin });
  const reason = await new Promise((resolve) => {
    const stream = there.stream({ onState: (state, status) => state === "offline" && resolve(status.reason) });
    t.after(() => stream.close());
  });
  assert.match(reason, origin);
  const here = createClient({ baseUrl: "https://app.example.org/omilink", fetch });
  await assert.rejects(here.me(), { code: "unreachable", message: /^The server cannot be reached\. Check/ });
});
