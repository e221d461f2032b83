// A shop's server and its user's app, against a real server: option C of the session linking guide, word for word.
import assert from "node:assert/strict";
import { apiRegister, configure, sendWebhook, startChatStream } from "../../clients/js/omilink.js";
import { createOperator } from "../../clients/js/operator.js";

const { OMILINK_URL: baseUrl, OMILINK_WEBHOOK: webhookUrl, OMILINK_OPERATOR_TOKEN: apiKey } = process.env;
let token;
configure({ baseUrl, webhookUrl, getToken: () => token });
const signedUp = await apiRegister({ email: "buyer@example.org", password: "correct horse" });
token = signedUp.session_token;

let heard = () => {};
const chat = startChatStream({ onView: () => heard() });

const { generateSessionId, linkSessionToUser } = createOperator({ baseUrl, apiKey });
const userId = signedUp.user.id;

// When giving device to user
const deviceSession = generateSessionId();
await say("tried in the shop", 0);
await linkSessionToUser(deviceSession, userId);
// Configure device with this session ID

await untilShown("tried in the shop");
await say("unpacked at home", 10);
await untilShown("tried in the shop", "unpacked at home");

assert.equal((await linkSessionToUser(deviceSession, { email: "buyer@example.org" })).id, deviceSession);
await assert.rejects(linkSessionToUser("session-123", userId), { status: 422, code: "invalid" });
await assert.rejects(linkSessionToUser(generateSessionId(), "nobody"), { status: 404 });
const stranger = createOperator({ baseUrl, apiKey: token });
await assert.rejects(stranger.linkSessionToUser(generateSessionId(), userId), { status: 401 });
chat.close();

function say(text, start) {
  return sendWebhook({ session_id: deviceSession, segments: [{ text, start, end: start + 2 }] });
}

function untilShown(...texts) {
  return new Promise((resolve) => {
    heard = () => {
      const { chats, current } = chat.view;
      const shown = current ? chats[current].messages.map(({ text }) => text) : [];
      if (texts.every((text) => shown.includes(text))) resolve();
    };
    heard();
  });
}
