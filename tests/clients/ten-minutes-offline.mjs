// Against a real server: an app is closed, ten minutes of words are said, and it starts again. Prints what it saw.
import assert from "node:assert/strict";
import { createClient } from "../../clients/js/omilink.js";
import { createWatcher } from "./helpers.mjs";

const { OMILINK_URL: baseUrl, OMILINK_WEBHOOK: webhookUrl } = process.env;
const SESSION = "out-for-a-walk";
const SAID_BEFORE = 40;
const SAID_MEANWHILE = 240; // a segment every 2.5 s
const items = new Map();
const storage = {
  getItem: async (key) => items.get(key) ?? null,
  setItem: async (key, value) => void items.set(key, value),
  removeItem: async (key) => void items.delete(key),
};
const requests = [];
let token = null;

const client = createClient({ baseUrl, webhookUrl, storage, getToken: () => token, fetch: counted });
const signedIn = await client.register({ email: "walker@example.org", password: "correct horse" });
token = signedIn.session_token;
await client.linkSession(SESSION);

const before = open();
await before.untilState("live");
await say(0, SAID_BEFORE);
await before.until(() => shown(before).length === SAID_BEFORE);
before.chat.close();

for (let from = SAID_BEFORE; from < SAID_BEFORE + SAID_MEANWHILE; from += 4) await say(from, from + 4);
await untilSaved(SAID_BEFORE + SAID_MEANWHILE);
ageWhatIsKept(600_000);

requests.length = 0;
const startedAt = performance.now();
const after = open();
await after.until(({ view }) => view?.loaded);
const milliseconds = { shown: performance.now() - startedAt };
assert.equal(after.chat.state, "connecting");
assert.deepEqual(shown(after), texts(0, SAID_BEFORE));
assert.ok(Date.now() - after.chat.status.lastDataAt >= 600_000);

await after.untilState("live");
milliseconds.caughtUp = performance.now() - startedAt;
assert.deepEqual(requests, ["/conversations/current/stream"], "one round trip");
assert.equal(after.events[0].resumed, true);
const came = after.events.flatMap(({ messages = [] }) => messages.map(({ text }) => text));
assert.deepEqual(came, texts(SAID_BEFORE, SAID_BEFORE + SAID_MEANWHILE), "nothing lost, nothing twice, in order");
assert.deepEqual(shown(after), texts(0, SAID_BEFORE + SAID_MEANWHILE));
assert.ok(![...items.values()].join().includes(token));
after.chat.close();
console.log(
  `${SAID_MEANWHILE} messages missed: kept words shown after ${milliseconds.shown.toFixed(1)} ms, ` +
    `caught up after ${milliseconds.caughtUp.toFixed(1)} ms, in ${requests.length} request`,
);

function open() {
  const watcher = createWatcher();
  return Object.assign(watcher, { chat: client.chat(watcher.handlers) });
}

function shown({ chat: { view } }) {
  return (view.chats[view.current]?.messages ?? []).map(({ text }) => text);
}

function say(from, to) {
  const segments = texts(from, to).map((text, n) => ({
    text,
    speaker: "SPEAKER_00",
    is_user: false,
    start: (from + n) * 2.5,
    end: (from + n) * 2.5 + 2,
  }));
  return client.sendWebhook({ session_id: SESSION, segments });
}

function texts(from, to) {
  return Array.from({ length: to - from }, (_, n) => `sentence number ${from + n}`);
}

async function untilSaved(count) {
  while ((await client.currentConversation()).conversation.messageCount < count)
    await new Promise((resolve) => setTimeout(resolve, 10));
}

function ageWhatIsKept(by) {
  const kept = JSON.parse(items.get("omilink.lastView"));
  items.set("omilink.lastView", JSON.stringify({ ...kept, at: kept.at - by }));
}

function counted(url, init) {
  requests.push(new URL(url).pathname);
  return fetch(url, init);
}
