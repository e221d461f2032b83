import { hasOlder, speakerName, type Chat, type Message, type View as ChatView } from "omilink";
import { useEffect, useMemo, useRef, useState } from "react";
import { View } from "react-native";

import { announce } from "../ui/announce";
import { dayAndTime } from "../words";
import { isCaughtUp, useLive } from "./LiveProvider";
import { MessageScroller, type ScrollerHandle } from "./MessageScroller";
import { NewestPill } from "./NewestPill";
import { spokenAt } from "./speakers";

type Props = {
  chat: ChatView["chats"][string];
  loadOlder: Chat["loadOlder"];
  /** Said above the first message, instead of when it began. */
  beginning?: string;
  /** Written on the pill, instead of how many are new. */
  news?: string;
  isStale?: boolean;
  onEndChange?: (isAtEnd: boolean) => void;
};

/** The messages of one conversation. Follows what is said while the reader is at the end; else counts what is new. */
export function MessageList({ chat, loadOlder, beginning, news, isStale = false, onEndChange }: Props) {
  const scroller = useRef<ScrollerHandle>(null);
  const { conversation, messages } = chat;
  const newestSeq = useMemo(() => messages.reduce((newest, { seq }) => Math.max(newest, seq), -1), [messages]);
  const [isAtEnd, setAtEnd] = useState(true);
  const [seenSeq, setSeenSeq] = useState(newestSeq);
  const [problem, setProblem] = useState("");
  if (isAtEnd && seenSeq !== newestSeq) setSeenSeq(newestSeq);
  useReadOut(messages, newestSeq, isCaughtUp(useLive().state));

  useEffect(() => onEndChange?.(isAtEnd), [isAtEnd, onEndChange]);

  async function needOlder() {
    if (!hasOlder(chat)) return;
    setProblem("");
    await loadOlder(conversation.id).catch(() =>
      setProblem("Older messages could not be loaded. Scroll to try again."),
    );
  }

  const top = hasOlder(chat)
    ? problem || "Loading older messages…"
    : (beginning ??
      `Beginning of this conversation · ${dayAndTime(messages[0] ? spokenAt(messages[0]) : conversation.createdAt)}`);
  const unseen = isAtEnd ? 0 : messages.filter(({ seq }) => seq > seenSeq).length;

  return (
    <View style={{ flex: 1, minHeight: 0 }}>
      <MessageScroller
        ref={scroller}
        messages={messages}
        top={top}
        isStale={isStale}
        onEndChange={setAtEnd}
        onNeedOlder={needOlder}
      />
      {!isAtEnd && (
        <NewestPill
          label={news ?? (unseen > 0 ? `${unseen} new` : "Newest")}
          onPress={() => scroller.current?.toEnd()}
        />
      )}
    </View>
  );
}

/** Reads out what is said from now on, and not what is filled in, be it while catching up. */
function useReadOut(messages: readonly Message[], newestSeq: number, isUpToDate: boolean): void {
  const heard = useRef(newestSeq);
  const wasUpToDate = useRef(isUpToDate); // catching up may take no longer than one rendering
  useEffect(() => {
    const fresh = messages.filter(({ seq }) => seq > heard.current);
    const isSaidNow = isUpToDate && wasUpToDate.current;
    heard.current = newestSeq;
    wasUpToDate.current = isUpToDate;
    if (isSaidNow && fresh.length > 0)
      announce(fresh.map((message) => `${speakerName(message)}: ${message.text}`).join("\n"));
  }, [messages, newestSeq, isUpToDate]);
}
