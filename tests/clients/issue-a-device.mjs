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

const ISSUE_A_DEVICE = `
// When giving device to user
const deviceSession = generateSessionId();
await linkSessionToUser(deviceSession, userId);
// Configure device with this session ID
`;
const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
const issueDevice = new AsyncFunction(
  ...["generateSessionId", "linkSessionToUser", "userId"],
  `${ISSUE_A_DEVICE} return deviceSession;`,
);

const outOfTheBox = await issueDevice(generateSessionId, linkSessionToUser, userId);
await say(outOfTheBox, "out of the box");
await untilShown("out of the box");

const tried = generateSessionId();
await say(tried, "tried in the shop");
assert.equal(await issueDevice(() => tried, linkSessionToUser, userId), tried);
await untilShown("tried in the shop");

assert.equal((await linkSessionToUser(tried, { email: "buyer@example.org" })).id, tried);
await assert.rejects(linkSessionToUser("session-123", userId), { status: 422, code: "invalid" });
await assert.rejects(linkSessionToUser(generateSessionId(), "nobody"), { status: 404 });
const stranger = createOperator({ baseUrl, apiKey: token });
await assert.rejects(stranger.linkSessionToUser(generateSessionId(), userId), { status: 401 });
chat.close();

function say(session_id, text) {
  return sendWebhook({ session_id, segments: [{ text, start: 0, end: 2 }] });
}

/** In whichever conversation. */
function untilShown(...texts) {
  return new Promise((resolve) => {
    heard = () => {
      const shown = Object.values(chat.view.chats).flatMap(({ messages }) => messages.map(({ text }) => text));
      if (texts.every((text) => shown.includes(text))) resolve();
    };
    heard();
  });
}
