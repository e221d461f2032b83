// An app in an empty project that has installed the package. Prints what its user would see.
import { apiLinkSession, apiRegister, configure, sendWebhook, speakerName, startChatStream } from "omilink";

const { OMILINK_URL: baseUrl, OMILINK_WEBHOOK: webhookUrl } = process.env;
const SENTENCE = "Where did I put the key?";
let token;
configure({ baseUrl, webhookUrl, getToken: () => token });

({ session_token: token } = await apiRegister({ email: "empty@example.org", password: "correct horse" }));
await apiLinkSession("session-123");
const chat = startChatStream({
  onState: (state) => state === "live" && say(),
  onView({ chats, current }) {
    const messages = current ? chats[current].messages : [];
    for (const message of messages) console.log(`${speakerName(message)}: ${message.text}`);
    if (messages.some(({ text }) => text === SENTENCE)) chat.close();
  },
});

function say() {
  const segment = { text: SENTENCE, speaker: "SPEAKER_01", is_user: false, start: 0, end: 2 };
  return sendWebhook({ session_id: "session-123", segments: [segment] });
}
