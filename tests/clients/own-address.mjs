// An app that links its device at login and delivers by itself, on a server that wants a secret: one id, one session.
import assert from "node:assert/strict";
import {
  apiListSessions,
  apiRegister,
  configure,
  getDeviceSessionId,
  onUserLogin,
  sendWebhook,
} from "../../clients/js/omilink.js";

const PATIENCE = 60_000;
const items = new Map();
const storage = { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) };
let token;
let arrived;

function start() {
  const words = new Promise((resolve) => (arrived = resolve));
  configure({
    baseUrl: process.env.OMILINK_URL,
    getToken: () => token,
    storage,
    onEvent: (event) => event.type === "new_messages" && arrived(),
  });
  return words;
}

setTimeout(() => process.exit(1), PATIENCE).unref();
for (const [turn, text] of ["At the first login", "After a restart of the app"].entries()) {
  const words = start();
  const account = { email: "own@example.org", password: "correct horse" };
  const user = turn === 0 ? await apiRegister(account).then(signedIn) : JSON.parse(items.get("user"));
  const chat = await onUserLogin(user);
  const session_id = await getDeviceSessionId(user);
  const segment = { text, speaker: "SPEAKER_00", is_user: true, start: turn * 10, end: turn * 10 + 2 };
  await sendWebhook({ session_id, segments: [segment] });
  await words;
  chat.close();
  const sessions = await apiListSessions();
  assert.deepEqual(
    sessions.map(({ id, method }) => [id, method]),
    [[session_id, "personal"]],
  );
  if (turn > 0) assert.equal(session_id, items.get("session"), "the device keeps its id");
  items.set("session", session_id);
}

function signedIn({ session_token, user }) {
  token = session_token;
  items.set("user", JSON.stringify(user));
  return user;
}
