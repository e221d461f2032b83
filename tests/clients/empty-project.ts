// Compiled in an empty project that has installed the package: what an app says of its types must be true.
import {
  OmilinkError,
  apiGetMessages,
  apiLinkSession,
  configure,
  createClient,
  onUserLogin,
  startChatStream,
  type Chat,
  type Conversation,
  type LiveEvent,
  type Message,
  type Session,
  type Settings,
  type StreamState,
  type User,
} from "omilink";
import { createOperator, type Operator } from "omilink/operator";

const held = new Map<string, string>();
const settings: Settings = {
  baseUrl: "https://omilink.example.org",
  getToken: async ({ refresh }) => (refresh ? "another" : "token"),
  storage: {
    getItem: async (key) => held.get(key) ?? null,
    setItem: async (key, value) => void held.set(key, value),
    removeItem: async (key) => void held.delete(key),
  },
};
configure({ ...settings, getToken: () => null, onView: ({ current }) => current?.toUpperCase() });

const chat: Chat = startChatStream({
  onEvent(event: LiveEvent) {
    if (event.type === "new_messages") event.messages[0]?.text.trim();
    if (event.type === "session_unlinked") event.reason.trim();
    // @ts-expect-error: an event of this type carries no messages
    if (event.type === "caught_up") event.messages;
  },
  onState(state: StreamState, { lastDataAt }) {
    if (state === "offline" && lastDataAt) new Date(lastDataAt);
  },
});
chat.close();

export async function example(user: User): Promise<Message[]> {
  const session: Session = await apiLinkSession("session-123");
  const method: "uid" | "manual" | "issued" | "personal" | null = session.method;
  const conversation: Conversation | null = (await createClient(settings).currentConversation()).conversation;
  const opened: Chat = await onUserLogin(user);
  // @ts-expect-error: the server tells no such thing
  conversation?.owner;
  try {
    return (await apiGetMessages(conversation?.id ?? "")).items;
  } catch (error) {
    if (error instanceof OmilinkError) console.log(error.code, error.status, error.retryAfter, method, opened.status);
    throw error;
  }
}

export async function shop(userId: string): Promise<Session> {
  const { generateSessionId, linkSessionToUser }: Operator = createOperator({ baseUrl: "/", apiKey: "token" });
  await linkSessionToUser(generateSessionId(), { email: "ada@example.org" });
  // @ts-expect-error: without the operator's token nothing is issued
  createOperator({ baseUrl: "/" });
  return linkSessionToUser(generateSessionId(), userId);
}
