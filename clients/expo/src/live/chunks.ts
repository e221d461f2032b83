import type { Message } from "omilink";
import { useMemo, useState } from "react";

const SIZE = 20;

/** Some messages in a row that are drawn or not together, and the one before them. */
export type MessageChunk = { key: number; before?: Message; messages: readonly Message[] };

/** Cuts a conversation into chunks that stay the same when messages are added at either end. */
export function useChunks(messages: readonly Message[]): MessageChunk[] {
  const [anchorId, setAnchorId] = useState(messages[0]?.id);
  const found = messages.findIndex(({ id }) => id === anchorId);
  if (found === -1 && messages[0]) setAnchorId(messages[0].id);
  const anchor = Math.max(0, found);
  return useMemo(() => cut(messages, anchor), [messages, anchor]);
}

/** The chunk with key 0 starts at the anchor. */
export function cut(messages: readonly Message[], anchor: number): MessageChunk[] {
  const chunks: MessageChunk[] = [];
  for (let key = Math.floor((0 - anchor) / SIZE); anchor + key * SIZE < messages.length; key += 1) {
    const from = Math.max(0, anchor + key * SIZE);
    chunks.push({ key, before: messages[from - 1], messages: messages.slice(from, anchor + (key + 1) * SIZE) });
  }
  return chunks;
}
