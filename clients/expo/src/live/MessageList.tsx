import {
  conversationsOf,
  hasNewer,
  hasOlder,
  personOf,
  speakerName,
  type Message,
  type View as ChatView,
} from "omilink";
import { spokenAt } from "omilink/screens";
import { useContext, useEffect, useMemo, useRef, useState } from "react";
import { StyleSheet, View } from "react-native";

import { announce } from "../ui/announce";
import { Button } from "../ui/Button";
import { Text } from "../ui/Text";
import { count, dayAndTime } from "../words";
import { isCaughtUp, useLive } from "./LiveProvider";
import { MessageActions, People, type Opened } from "./messageActions";
import { MessageScroller } from "./MessageScroller";
import { MessageSheet } from "./MessageSheet";
import { NewestPill } from "./NewestPill";
import { SpeakerSheet } from "./SpeakerSheet";
import type { ScrollerHandle } from "./scroller";
import { useJoin } from "./useJoin";

type Props = {
  chat: ChatView["chats"][string];
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
export function MessageList({ chat: shown, beginning, news, at: place, isStale = false, onEndChange }: Props) {
  const { chat, view, state } = useLive();
  const scroller = useRef<ScrollerHandle>(null);
  const { conversation, messages } = shown;
  const { id } = conversation;
  const [at] = useState(place); // whoever has gone on is not led back
  const newest = view.chats[id]?.messages ?? messages;
  const newestSeq = useMemo(() => newest.reduce((newest, { seq }) => Math.max(newest, seq), -1), [newest]);
  const [isAtEnd, setAtEnd] = useState(at === undefined);
  const [seenSeq, setSeenSeq] = useState(newestSeq);
  const [opened, setOpened] = useState<Opened | null>(null);
  const close = () => setOpened(null);
  const [hasFailed, setFailed] = useState(false);
  if (isAtEnd && seenSeq !== newestSeq) setSeenSeq(newestSeq);
  useReadOut(newest, beginning ? -1 : newestSeq, newestSeq, isCaughtUp(state));

  useEffect(() => onEndChange?.(isAtEnd), [isAtEnd, onEndChange]);

  async function needOlder() {
    if (!hasOlder(shown)) return;
    setFailed(false);
    await chat.loadOlder(id).catch(() => setFailed(true));
  }

  function toEnd() {
    chat.closeWindow(id);
    scroller.current?.toEnd();
  }

  const join = useJoin();
  const isMore = hasOlder(shown);
  const isFirstOfAll = view.older === null && conversationsOf(view).at(-1)?.id === id;
  const began = dayAndTime(messages[0] ? spokenAt(messages[0]) : conversation.createdAt);
  const first = beginning ?? `Beginning of this conversation · ${began}`;
  const loading = hasFailed ? "Older messages could not be loaded." : "Loading older messages…";
  const unseen = isAtEnd ? 0 : newest.filter(({ seq }) => seq > seenSeq).length;

  return (
    <View style={{ flex: 1, minHeight: 0 }}>
      <MessageActions value={setOpened}>
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
              {!isMore && !isFirstOfAll && (
                <Button kind="link" label="Join with the one before" onPress={() => join(id)} />
              )}
            </View>
          }
          isStale={isStale}
          onEndChange={setAtEnd}
          onNeedOlder={needOlder}
          onNeedNewer={hasNewer(shown) ? () => chat.loadNewer(id).catch(() => {}) : undefined} // it is asked for again
        />
      </MessageActions>
      {opened?.what === "message" && <MessageSheet message={opened.message} onClose={close} />}
      {opened?.what === "speaker" && <SpeakerSheet message={opened.message} onClose={close} />}
      {!isAtEnd && <NewestPill label={news ?? (unseen > 0 ? `${unseen} new` : "Newest")} onPress={toEnd} />}
    </View>
  );
}

/** Of more messages at once only the number is read out: listening to them all would take minutes. */
const READ_OUT = 8;

/** Reads out what is said after `heardSeq`, and not what is filled in, be it while catching up. */
function useReadOut(messages: readonly Message[], heardSeq: number, newestSeq: number, isUpToDate: boolean): void {
  const people = useContext(People);
  const heard = useRef(heardSeq);
  const wasUpToDate = useRef(isUpToDate); // catching up may take no longer than one rendering
  useEffect(() => {
    const fresh = messages.filter(({ seq }) => seq > heard.current);
    const isSaidNow = isUpToDate && wasUpToDate.current;
    heard.current = newestSeq;
    wasUpToDate.current = isUpToDate;
    const nameOf = (message: Message) => speakerName(message, personOf(people, message));
    if (!isSaidNow || fresh.length === 0) return;
    if (fresh.length > READ_OUT) announce(count(fresh.length, "new message"));
    else announce(fresh.map((message) => `${nameOf(message)}: ${message.text}`).join("\n"));
  }, [messages, newestSeq, isUpToDate, people]);
}

const styles = StyleSheet.create({
  top: { alignItems: "center", paddingVertical: 8 },
  words: { textAlign: "center" },
});
