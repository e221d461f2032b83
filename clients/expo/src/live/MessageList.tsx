import { hasOlder, speakerName, type Chat, type Message, type View as ChatView } from "omilink";
import { spokenAt } from "omilink/screens";
import { useEffect, useMemo, useRef, useState } from "react";
import { StyleSheet, View } from "react-native";

import { announce } from "../ui/announce";
import { Button } from "../ui/Button";
import { Text } from "../ui/Text";
import { count, dayAndTime } from "../words";
import { isCaughtUp, useLive } from "./LiveProvider";
import { MessageScroller } from "./MessageScroller";
import { NewestPill } from "./NewestPill";
import type { ScrollerHandle } from "./scroller";

type Props = {
  chat: ChatView["chats"][string];
  loadOlder: Chat["loadOlder"];
  /** Said above the first message, instead of when it began, if it did so before the reader's eyes. */
  beginning?: string;
  /** Written on the pill, instead of how many are new. */
  news?: string;
  /** The id of the message that was looked for; one of those held. */
  at?: string;
  isStale?: boolean;
  onEndChange?: (isAtEnd: boolean) => void;
};

/** The messages of one conversation. Follows what is said while the reader is at the end; else counts what is new. */
export function MessageList({ chat, loadOlder, beginning, news, at, isStale = false, onEndChange }: Props) {
  const scroller = useRef<ScrollerHandle>(null);
  const { conversation, messages } = chat;
  const newestSeq = useMemo(() => messages.reduce((newest, { seq }) => Math.max(newest, seq), -1), [messages]);
  const [isAtEnd, setAtEnd] = useState(at === undefined);
  const [seenSeq, setSeenSeq] = useState(newestSeq);
  const [hasFailed, setFailed] = useState(false);
  if (isAtEnd && seenSeq !== newestSeq) setSeenSeq(newestSeq);
  useReadOut(messages, beginning ? -1 : newestSeq, newestSeq, isCaughtUp(useLive().state));

  useEffect(() => onEndChange?.(isAtEnd), [isAtEnd, onEndChange]);

  async function needOlder() {
    if (!hasOlder(chat)) return;
    setFailed(false);
    await loadOlder(conversation.id).catch(() => setFailed(true));
  }

  const isMore = hasOlder(chat);
  const began = dayAndTime(messages[0] ? spokenAt(messages[0]) : conversation.createdAt);
  const first = beginning ?? `Beginning of this conversation · ${began}`;
  const loading = hasFailed ? "Older messages could not be loaded." : "Loading older messages…";
  const unseen = isAtEnd ? 0 : messages.filter(({ seq }) => seq > seenSeq).length;

  return (
    <View style={{ flex: 1, minHeight: 0 }}>
      <MessageScroller
        ref={scroller}
        messages={messages}
        at={at}
        top={
          <View style={styles.top}>
            <Text kind="quiet" style={styles.words}>
              {isMore ? loading : first}
            </Text>
            {isMore && hasFailed && <Button kind="link" label="Try again" onPress={needOlder} />}
          </View>
        }
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

/** Of more messages at once only the number is read out: listening to them all would take minutes. */
const READ_OUT = 8;

/** Reads out what is said after `heardSeq`, and not what is filled in, be it while catching up. */
function useReadOut(messages: readonly Message[], heardSeq: number, newestSeq: number, isUpToDate: boolean): void {
  const heard = useRef(heardSeq);
  const wasUpToDate = useRef(isUpToDate); // catching up may take no longer than one rendering
  useEffect(() => {
    const fresh = messages.filter(({ seq }) => seq > heard.current);
    const isSaidNow = isUpToDate && wasUpToDate.current;
    heard.current = newestSeq;
    wasUpToDate.current = isUpToDate;
    if (!isSaidNow || fresh.length === 0) return;
    if (fresh.length > READ_OUT) announce(count(fresh.length, "new message"));
    else announce(fresh.map((message) => `${speakerName(message)}: ${message.text}`).join("\n"));
  }, [messages, newestSeq, isUpToDate]);
}

const styles = StyleSheet.create({
  top: { alignItems: "center", paddingVertical: 8 },
  words: { textAlign: "center" },
});
