// A chat app written from the linking guide alone, with the packages that an Expo developer would take.
import axios from "axios";
import { EventSource } from "eventsource";

export function createApp({ baseUrl, webhookUrl, token }) {
  const api = axios.create({ baseURL: baseUrl, headers: { Authorization: `Bearer ${token}` } });
  const chat = { conversation: null, messages: [], onChange: () => {} };
  let source;
  let timer;

  async function apiLinkSession(sessionId) {
    const { data } = await api.post("/sessions/link", { session_id: sessionId });
    return data.session;
  }

  // Live updates
  function startChatStream() {
    source = new EventSource(`${baseUrl}/conversations/current/stream?sid=${token}`);
    source.onmessage = (event) => {
      const data = JSON.parse(event.data);
      if (data.type === "update") chat.messages = [];
      if (data.type === "signed_out") source.close();
      show(data);
    };
    return source;
  }

  // For when the stream does not work
  function startPolling() {
    const poll = async () => {
      const { data } = await api.get("/conversations/current");
      show(data);
    };
    poll();
    timer = setInterval(poll, 3000);
  }

  function show(data) {
    if (data.conversation) chat.conversation = data.conversation;
    for (const message of data.messages ?? []) {
      const index = chat.messages.findIndex(({ id }) => id === message.id);
      if (index === -1) chat.messages.push(message);
      else chat.messages[index] = message;
    }
    chat.onChange(data);
  }

  async function loadAll(path, limit) {
    const pages = [];
    let cursor = null;
    do {
      const { data } = await api.get(path, { params: { limit, cursor } });
      if (!data.ok) throw new Error("not ok");
      pages.push(data.items);
      cursor = data.nextCursor;
    } while (cursor);
    return pages;
  }

  // On app login
  async function onUserLogin({ deviceSessionId }) {
    const linked = await apiLinkSession(deviceSessionId);
    if (linked) startChatStream();
  }

  // When receiving OMI webhooks
  async function handleOmiWebhook(data) {
    const webhook = {
      session_id: data.session_id,
      uid: data.uid, // Optional but recommended
      segments: data.segments,
    };
    await axios.post(webhookUrl, webhook);
  }

  function stop() {
    source?.close();
    clearInterval(timer);
  }

  return {
    api,
    chat,
    apiLinkSession,
    startChatStream,
    startPolling,
    loadConversations: (limit) => loadAll("/conversations", limit),
    loadMessages: (id, limit) => loadAll(`/conversations/${id}/messages`, limit),
    onUserLogin,
    handleOmiWebhook,
    stop,
  };
}
