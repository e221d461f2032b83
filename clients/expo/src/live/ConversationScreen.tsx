import { OmilinkError, isIncomplete, shownOf, type Chat } from "omilink";
import { useCallback, useEffect, useRef, useState } from "react";
import { View } from "react-native";

import { useNavigation } from "../Navigation";
import type { Route } from "../route";
import { Button } from "../ui/Button";
import { Loading } from "../ui/Loading";
import { messageOf, useNotices, type Notice } from "../ui/Notice";
import { Quiet } from "../ui/Quiet";
import { Text } from "../ui/Text";
import { useIsDesktop } from "../ui/theme";
import { ConversationHeader } from "./ConversationHeader";
import { isCaughtUp, useLive } from "./LiveProvider";
import { MessageList } from "./MessageList";
import { OfflineLine } from "./OfflineLine";
import { Summary } from "./Summary";
import { factsOf, titleOf } from "./titles";
import { isDeletedHere } from "./useDeleteConversation";
import { takeNoticeOfJoin } from "./useJoin";
import { useRetried } from "./useRetried";

/** One conversation from the list, at a message if one is named. It stays open while others go on. */
export function ConversationScreen({ id, message }: { id: string; message?: string }) {
  const { chat, view } = useLive();
  const before = useWayBack();
  const [isPlaced, setPlaced] = useState(message === undefined);
  useLeaveWhenDeleted(id, before.to);
  useEffect(() => () => chat.closeWindow(id), [chat, id]);
  const shown = shownOf(view, id);
  const at = shown?.messages.find((one) => one.id === message)?.id;
  const isReady = shown !== undefined && !isIncomplete(shown) && (isPlaced || at !== undefined);
  return (
    <View style={{ flex: 1 }}>
      <ConversationHeader
        key={id}
        conversation={isReady ? shown.conversation : undefined}
        title={shown ? titleOf(shown.conversation) : "Conversation"}
        below={
          <>
            {shown && <Text kind="quiet">{factsOf(shown.conversation)}</Text>}
            <OfflineLine />
          </>
        }
        back={before}
      />
      {isReady && <Summary key={id} conversation={shown.conversation} />}
      {isReady && <MessageList chat={shown} at={at} />}
      {!isReady && <Missing id={id} message={message} onPlaced={() => setPlaced(true)} />}
    </View>
  );
}

type MissingProps = { id: string; message?: string; onPlaced: () => void };

/** Fetches what is missing of a conversation. Says why it cannot be shown for as long as that is so. */
function Missing({ id, message, onPlaced }: MissingProps) {
  const { chat, view, state, status } = useLive();
  const { say } = useNotices();
  const [gone, setGone] = useState("");
  const placed = useRef(onPlaced);
  const open = useCallback(async () => {
    try {
      if (!(await openAt(chat, id, message))) say("The message is not there any more.");
      placed.current();
    } catch (error) {
      if (!isNotFound(error)) throw error;
      setGone(messageOf(error));
    }
  }, [chat, id, message, say]);
  const problem = useRetried(open, view.loaded && isCaughtUp(state) && !gone);
  if (gone) return <Quiet title="This conversation is not there any more." text={gone} />;
  if (state === "offline")
    return (
      <Quiet title="No connection" text={status.reason}>
        <Button kind="primary" label="Try now" onPress={chat.wake} />
      </Quiet>
    );
  return problem ? <Quiet title={problem} /> : <Loading text="Fetching this conversation." />;
}

/** Opens a conversation, and answers whether the message is there, if one is named. */
async function openAt(chat: Chat, id: string, message: string | undefined): Promise<boolean> {
  try {
    if (message) await chat.openAround(id, message);
    else await chat.open(id);
    return true;
  } catch (error) {
    if (!message || !isNotFound(error)) throw error;
    await chat.open(id);
    return false;
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof OmilinkError && error.code === "not_found";
}

/** On a phone the list is a screen of its own; on a desktop it stands beside the others. */
function useWayBack(): { to: Route; label: string } {
  const screen = useIsDesktop() ? "live" : "conversations";
  return { to: { screen }, label: `Back to ${screen}` };
}

const JOINED_ELSEWHERE: Notice = { text: "This conversation was joined to another one. You now read both." };

/** Whoever reads a conversation that is joined to another one is led to the whole. */
function useLeaveWhenDeleted(id: string, { screen }: Route): void {
  const { view } = useLive();
  const { go } = useNavigation();
  const { say } = useNotices();
  const wholeOf = useWhole(id);
  const isDeleted = view.deleted[id] === true;
  const { current } = view;
  useEffect(() => {
    if (!isDeleted) return;
    const whole = wholeOf();
    if (whole) {
      go(whole === current ? { screen: "live" } : { screen: "conversation", id: whole }, { replace: true });
      const { text, action } = takeNoticeOfJoin(id) ?? JOINED_ELSEWHERE;
      return say(text, action);
    }
    go({ screen } as Route, { replace: true }); // or Back would lead to what is deleted
    say(isDeletedHere(id) ? "Deleted." : "This conversation is no longer among yours.");
  }, [isDeleted, id, current, screen, go, say, wholeOf]);
}

/** Where all words of a conversation went, if it has ended by that. */
function useWhole(id: string): () => string | undefined {
  const { listen } = useLive();
  const whole = useRef<string>(undefined);
  useEffect(
    () =>
      listen((event) => {
        if (event.type === "messages_moved" && event.from === id) whole.current = event.to;
        // After a split, what is left of it follows.
        else if (event.type === "conversation_changed" && event.conversationId === id) whole.current = undefined;
      }),
    [listen, id],
  );
  return useCallback(() => whole.current, []);
}
