import type { Conversation } from "omilink";

import { count, dayAndTime } from "../words";

export function titleOf({ emoji, title }: Conversation): string {
  const words = title || "Untitled";
  return emoji && !words.startsWith(emoji) ? `${emoji} ${words}` : words;
}

export function factsOf({ lastMessageAt, messageCount }: Conversation): string {
  return `${dayAndTime(lastMessageAt)} · ${count(messageCount, "message")}`;
}
