import type { Conversation } from "omilink";
import { secondsOf, wearableOf } from "omilink/screens";

import { clockTime, count, dayAndTime, duration } from "../words";

export function titleOf({ emoji, title }: Pick<Conversation, "emoji" | "title">): string {
  const words = title || "Untitled";
  return emoji && !words.startsWith(emoji) ? `${emoji} ${words}` : words;
}

/** "Yesterday, 14:05 · 32 min · 11 messages · kitchen" */
export function factsOf(conversation: Conversation): string {
  return `${dayAndTime(beganAt(conversation))} · ${sizeOf(conversation)}`;
}

/** Below a heading that says the day: "14:05 · 32 min · 11 messages · kitchen" */
export function briefFactsOf(conversation: Conversation): string {
  return `${clockTime(beganAt(conversation))} · ${sizeOf(conversation)}`;
}

export function beganAt({ startedAt, createdAt }: Conversation): string {
  return startedAt ?? createdAt; // an older version may have kept a conversation without it
}

function sizeOf(conversation: Conversation): string {
  const messages = count(conversation.messageCount, "message");
  return `${duration(secondsOf(conversation))} · ${messages} · ${wearableOf(conversation)}`;
}
