import type { Conversation } from "omilink";

import { count, dayAndTime } from "../words";

export function titleOf({ title }: Conversation): string {
  return title || "Untitled";
}

export function factsOf({ lastMessageAt, messageCount }: Conversation): string {
  return `${dayAndTime(lastMessageAt)} · ${count(messageCount, "message")}`;
}
