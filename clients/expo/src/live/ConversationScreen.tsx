import { OmilinkError, hasOlder, isIncomplete, type View as ChatView } from "omilink";
import { useCallback, useEffect, useState } from "react";
import { View } from "react-native";

import { useNavigation } from "../Navigation";
import type { Route } from "../route";
import { Button, IconButton } from "../ui/Button";
import { Loading } from "../ui/Loading";
import { useNotices } from "../ui/Notice";
import { Quiet } from "../ui/Quiet";
import { ScreenHeader } from "../ui/ScreenHeader";
import { Text } from "../ui/Text";
import { useIsDesktop } from "../ui/theme";
import { isCaughtUp, useLive } from "./LiveProvider";
import { MessageList } from "./MessageList";
import { OfflineLine } from "./OfflineLine";
import { Summary } from "./Summary";
import { factsOf, titleOf } from "./titles";
import { isDeletedHere, useDeleteConversation } from "./useDeleteConversation";
import { useRetried } from "./useRetried";

type Shown = ChatView["chats"][string];

/** One conversation from the list, at a message if one is named. It stays open while others go on. */
export function ConversationScreen({ id, message }: { id: string; message?: string }) {
  const { chat, view } = useLive();
  const deleteConversation = useDeleteConversation();
  const before = useWayBack();
  useLeaveWhenDeleted(id, before.to);
  const shown = view.chats[id];
  const isReady = shown !== undefined && !isIncomplete(shown) && !isOnTheWay(shown, message);
  return (
    <View style={{ flex: 1 }}>
      <ScreenHeader
        title={shown ? titleOf(shown.conversation) : "Conversation"}
        below={
          <>
            {shown && <Text kind="quiet">{factsOf(shown.conversation)}</Text>}
            <OfflineLine />
          </>
        }
        back={before}
      >
        {isReady && (
          <IconButton icon="delete" label="Delete this conversation" onPress={() => deleteConversation(id)} />
        )}
      </ScreenHeader>
      {isReady && <Summary key={id} conversation={shown.conversation} />}
      {isReady && (
        <MessageList chat={shown} loadOlder={chat.loadOlder} at={isHeld(shown, message) ? message : undefined} />
      )}
      {!isReady && <Missing id={id} message={message} />}
    </View>
  );
}

function isHeld({ messages }: Shown, message?: string): boolean {
  return messages.some(({ id }) => id === message);
}

/** Whether older messages have to be fetched until the one that is looked for is there. */
function isOnTheWay(shown: Shown, message?: string): boolean {
  return message !== undefined && !isHeld(shown, message) && hasOlder(shown);
}

/** Fetches what is missing of a conversation. Says why it cannot be shown for as long as that is so. */
function Missing({ id, message }: { id: string; message?: string }) {
  const { chat, view, state, status } = useLive();
  const [isGone, setGone] = useState(false);
  const open = useCallback(async () => {
    try {
      await chat.open(id);
      for (let shown; (shown = chat.view.chats[id]) && isOnTheWay(shown, message);) await chat.loadOlder(id);
    } catch (error) {
      if (!(error instanceof OmilinkError && error.code === "not_found")) throw error;
      setGone(true);
    }
  }, [chat, id, message]);
  const problem = useRetried(open, view.loaded && isCaughtUp(state) && !isGone);
  if (isGone) return <Quiet title="This conversation is not there any more." />;
  if (state === "offline")
    return (
      <Quiet title="No connection" text={status.reason}>
        <Button kind="primary" label="Try now" onPress={chat.wake} />
      </Quiet>
    );
  return problem ? <Quiet title={problem} /> : <Loading text="Fetching this conversation." />;
}

/** On a phone the list is a screen of its own; on a desktop it stands beside the others. */
function useWayBack(): { to: Route; label: string } {
  const screen = useIsDesktop() ? "live" : "conversations";
  return { to: { screen }, label: `Back to ${screen}` };
}

function useLeaveWhenDeleted(id: string, { screen }: Route): void {
  const { view } = useLive();
  const { go } = useNavigation();
  const { say } = useNotices();
  const isDeleted = view.deleted[id] === true;
  useEffect(() => {
    if (!isDeleted) return;
    go({ screen } as Route, { replace: true }); // or Back would lead to what is deleted
    say(isDeletedHere(id) ? "Deleted." : "This conversation is no longer among yours.");
  }, [isDeleted, id, screen, go, say]);
}
