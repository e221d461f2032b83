// Against a real server: a sign-in is revoked while its stream is open, and the app has another one.
import assert from "node:assert/strict";
import { createClient } from "../../clients/js/omilink.js";
import { createWatcher } from "./helpers.mjs";

const { OMILINK_URL: baseUrl, OMILINK_WEBHOOK: webhookUrl } = process.env;
const account = { email: "renewed@example.org", password: "correct horse" };
let other;
const elsewhere = createClient({ baseUrl, webhookUrl, getToken: () => other });
const first = await elsewhere.register(account);
other = (await elsewhere.login(account)).session_token;
let token = first.session_token;
let refreshes = 0;
const client = createClient({ baseUrl, getToken });
await client.linkSession("renewed");

const app = createWatcher();
const chat = client.chat(app.handlers);
await app.untilState("live");
await say("before", 0);
await shows("before");

assert.equal(await elsewhere.revokeOtherSignIns(), 1);
await say("meanwhile", 2);
await shows("meanwhile");
await app.untilState("live", 2);
assert.equal(app.events.filter(({ type }) => type === "connected").at(-1).resumed, true);
assert.deepEqual(
  app.events.flatMap(({ messages = [] }) => messages.map(({ text }) => text)),
  ["before", "meanwhile"],
);
assert.equal((await client.listSessions()).length, 1);
assert.equal(refreshes, 1);
assert.ok(!app.states.includes("signed_out") && !app.states.includes("offline"));

await elsewhere.logout();
const { status } = await app.until(({ state }) => state === "signed_out");
assert.equal(status.reason, "signed_out");
assert.equal(refreshes, 2);
await assert.rejects(client.listSessions(), { code: "not_signed_in" });
chat.close();

function getToken({ refresh }) {
  if (refresh) refreshes += 1;
  if (refresh) token = other;
  return token;
}

function say(text, at) {
  const segment = { text, speaker: "SPEAKER_00", is_user: false, start: at, end: at + 1 };
  return elsewhere.sendWebhook({ session_id: "renewed", segments: [segment] });
}

function shows(text) {
  return app.until(({ view }) => view?.chats[view.current]?.messages.some((message) => message.text === text));
}
