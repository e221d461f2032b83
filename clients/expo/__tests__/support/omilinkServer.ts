import type { Conversation, LiveEvent, Message } from "omilink";

type Asked = { method: string; path: string; headers: Record<string, string>; body: unknown };
type Stream = { asked: Asked; tell: (...events: LiveEvent[]) => void; end: () => void };

/** An omilink server behind `fetch`: answers as the real one does, and lets a test say what its streams tell. */
export class OmilinkServer {
  asked: Asked[] = [];
  streams: Stream[] = [];
  isReachable = true;
  /** Whether what is asked now stays without an answer, until it `answersAtLast`. */
  isSilent = false;
  private unanswered: (() => void)[] = [];
  /** Whether streams pass. Otherwise something on the way holds them back, as network inspectors do. */
  letsStreamsThrough = true;
  events: LiveEvent[] = [];
  private cursor = 0;

  fetch = async (address: string, init: RequestInit = {}): Promise<Response> => {
    if (!this.isReachable) throw new TypeError("Network request failed");
    if (this.isSilent) await new Promise<void>((answer) => this.unanswered.push(answer));
    const path = new URL(address).pathname;
    const headers = (init.headers ?? {}) as Record<string, string>;
    const asked = { method: init.method ?? "GET", path, headers, body: init.body && JSON.parse(String(init.body)) };
    this.asked.push(asked);
    if (path === "/conversations/current/stream") return this.openStream(asked, init.signal);
    if (!headers.Authorization && !path.startsWith("/auth/")) return refusal(401, "not_signed_in");
    const answer = (await this.answers[`${asked.method} ${path}`]?.()) ?? refusal(404, "not_found");
    return answer instanceof Response ? answer : Response.json(answer);
  };

  /** What is answered to what: at once or later, as JSON or as a response of its own. */
  answers: Record<string, () => object | Promise<object>> = {
    "POST /auth/login": () => ({ ok: true, session_token: "token-1", user: ADA }),
    "POST /auth/logout": () => ({ ok: true }),
    "GET /me": () => ({ ok: true, user: ADA, omi_links: [] }),
    "GET /sessions": () => ({ ok: true, sessions: [] }),
    "GET /link/omi": () => ({ ok: true, omi_links: [], pending: [], canPush: false }),
    "POST /sessions/link": () => ({ ok: true, session: { id: "kitchen", linked: true } }),
    "GET /conversations": () => ({ ok: true, items: [], nextCursor: null }),
    "GET /conversations/current/events": () => ({
      ok: true,
      events: this.events.splice(0).map((event) => ({ ...event, id: `c${(this.cursor += 1)}` })),
      cursor: `c${this.cursor}`,
      more: false,
    }),
  };

  answersAtLast(): void {
    this.isSilent = false;
    for (const answer of this.unanswered.splice(0)) answer();
  }

  /** The requests of one kind. */
  askedFor(method: string, path: string): Asked[] {
    return this.asked.filter((asked) => asked.method === method && asked.path === path);
  }

  private openStream(asked: Asked, signal?: AbortSignal | null): Response {
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const tell = (...events: LiveEvent[]) => {
          for (const event of events)
            controller.enqueue(encoder.encode(`id: c${(this.cursor += 1)}\ndata: ${JSON.stringify(event)}\n\n`));
        };
        const end = () => controller.close();
        signal?.addEventListener("abort", () => controller.error(new Error("aborted")));
        if (this.letsStreamsThrough) this.streams.push({ asked, tell, end });
      },
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  }
}

export const ADA = { id: "u1", email: "ada@example.org", displayName: "Ada", createdAt: "2026-01-01T00:00:00Z" };

export const BEN = { ...ADA, id: "u2", email: "ben@example.org", displayName: "Ben" };

export const TALK: Conversation = {
  id: "talk",
  title: "A talk",
  titleSource: "words",
  summary: null,
  createdAt: "2026-01-01T10:00:00Z",
  startedAt: "2026-01-01T10:00:00Z",
  endedAt: "2026-01-01T10:00:00Z",
  lastMessageAt: "2026-01-01T10:00:00Z",
  order: 1,
  messageCount: 1,
  omiConversationId: null,
  emoji: null,
  category: null,
  repairedCount: 0,
  starred: false,
  sections: [],
  actionItems: [],
  participants: [],
  events: [],
  translatedInto: [],
  omiSessionKey: "kitchen",
  sessionName: null,
  source: "omi",
};

export function said(text: string, seq: number, more: Partial<Message> = {}): Message {
  const at = new Date(Date.UTC(2026, 0, 1, 10, 0, seq)).toISOString();
  return {
    id: `m${seq}`,
    conversationId: TALK.id,
    role: "USER",
    text,
    source: "omi",
    createdAt: at,
    spokenAt: at,
    speaker: "SPEAKER_1",
    isUser: false,
    start: seq,
    end: seq + 1,
    position: seq,
    seq,
    rev: 0,
    edited: false,
    personId: null,
    ...more,
  };
}

/** What a stream begins with. */
export function snapshot(...messages: Message[]): LiveEvent[] {
  const conversation = messages.length > 0 ? { ...TALK, messageCount: messages.length } : null;
  return [
    { type: "connected", cursor: "c0", resumed: false },
    { ok: true, type: "update", conversation, messages, sessionId: "kitchen", cursor: "c0" },
    { type: "caught_up" },
  ];
}

export function newWords(...messages: Message[]): LiveEvent {
  return { type: "new_messages", conversationId: TALK.id, conversation: TALK, messages };
}

export function refusal(status: number, error: string, message = "Sign in."): Response {
  return Response.json({ ok: false, error, message }, { status });
}
