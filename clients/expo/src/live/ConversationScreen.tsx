import { OmilinkError, isIncomplete } from "omilink";
import { useEffect, useState } from "react";
import { View } from "react-native";

import { useNavigation } from "../Navigation";
import { IconButton } from "../ui/Button";
import { Loading } from "../ui/Loading";
import { messageOf, useNotices } from "../ui/Notice";
import { Quiet } from "../ui/Quiet";
import { ScreenHeader } from "../ui/ScreenHeader";
import { Text } from "../ui/Text";
import { isCaughtUp, useLive } from "./LiveProvider";
import { MessageList } from "./MessageList";
import { factsOf, titleOf } from "./titles";
import { useDeleteConversation } from "./useDeleteConversation";

const TRY_EVERY = 3_000;

/** One conversation from the list. It stays open while others go on. */
export function ConversationScreen({ id }: { id: string }) {
  const { chat, view } = useLive();
  const deleteConversation = useDeleteConversation();
  const problem = useOpened(id);
  useLeaveWhenDeleted(id);
  const shown = view.chats[id];
  const isReady = shown !== undefined && !isIncomplete(shown);
  return (
    <View style={{ flex: 1 }}>
      <ScreenHeader
        title={shown ? titleOf(shown.conversation) : "Conversation"}
        below={shown && <Text kind="quiet">{factsOf(shown.conversation)}</Text>}
        back={{ to: { screen: "conversations" }, label: "Back to conversations" }}
      >
        {isReady && (
          <IconButton icon="delete" label="Delete this conversation" onPress={() => deleteConversation(id)} />
        )}
      </ScreenHeader>
      {isReady && <MessageList chat={shown} loadOlder={chat.loadOlder} />}
      {!isReady && (problem ? <Quiet title={problem} /> : <Loading text="Fetching this conversation." />)}
    </View>
  );
}

/** Fetches what is missing of a conversation, again and again while that fails; answers why it cannot be shown. */
function useOpened(id: string): string {
  const { chat, view, state } = useLive();
  const isOnline = isCaughtUp(state);
  const [tries, setTries] = useState(0);
  const [problem, setProblem] = useState("");
  const isMissing = view.loaded && (!view.chats[id] || isIncomplete(view.chats[id]));
  useEffect(() => {
    if (!isMissing) return;
    let timer: ReturnType<typeof setTimeout>;
    let isOver = false;
    chat.open(id).catch((error) => {
      if (isOver) return;
      setProblem(isGone(error) ? "This conversation is not there any more." : messageOf(error));
      if (!isGone(error)) timer = setTimeout(() => setTries(tries + 1), TRY_EVERY);
    });
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [chat, id, isMissing, isOnline, tries]);
  return problem;
}

function useLeaveWhenDeleted(id: string): void {
  const { view } = useLive();
  const { go } = useNavigation();
  const { say } = useNotices();
  const isDeleted = view.deleted[id] === true;
  useEffect(() => {
    if (!isDeleted) return;
    say("The conversation was deleted.");
    go({ screen: "conversations" });
  }, [isDeleted, go, say]);
}

function isGone(error: unknown): boolean {
  return error instanceof OmilinkError && error.code === "not_found";
}
