import { isIncomplete, type Conversation } from "omilink";
import { mostUrgent } from "omilink/screens";
import { useState } from "react";
import { View } from "react-native";

import { useSessions } from "../sessions/SessionsProvider";
import { LinkButton } from "../ui/LinkButton";
import { Loading } from "../ui/Loading";
import { Quiet } from "../ui/Quiet";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";
import { clockTime } from "../words";
import { Connection } from "./Connection";
import { ConversationHeader } from "./ConversationHeader";
import { isFresh, useLive } from "./LiveProvider";
import { MessageList } from "./MessageList";
import { Summary } from "./Summary";

/** The conversation that is being spoken in. When another one becomes current, the screen follows. */
export function LiveScreen() {
  const { view, state } = useLive();
  const [isAtEnd, setAtEnd] = useState(true);
  const { id, beginning } = useFollowed(isAtEnd);
  const shown = id ? view.chats[id] : undefined;
  const isReady = shown !== undefined && !isIncomplete(shown);

  return (
    <View style={{ flex: 1 }}>
      <ConversationHeader
        key={`header of ${id}`}
        conversation={isReady ? shown.conversation : undefined}
        title="Live"
        below={<Connection />}
      />
      {isReady && <Summary key={`summary of ${id}`} conversation={shown.conversation} />}
      {isReady ? (
        <MessageList
          key={id}
          chat={shown}
          beginning={beginning}
          news={id === view.current ? undefined : "New conversation"}
          isStale={!isFresh(state)}
          onEndChange={setAtEnd}
        />
      ) : (
        <NothingYet />
      )}
    </View>
  );
}

/** Which conversation to show. Whoever has scrolled up is reading, and is led to the next one by the pill instead. */
function useFollowed(isAtEnd: boolean): { id: string | null; beginning?: string } {
  const { current, chats } = useLive().view;
  const conversation = (id: string | null) => (id === null ? undefined : chats[id]?.conversation);
  const [followed, setFollowed] = useState<{ id: string | null; beginning?: string }>({ id: current });
  const isReading = !isAtEnd && followed.id !== null && chats[followed.id] !== undefined;
  if (current === followed.id || isReading) return followed;
  const next = { id: current, beginning: beginningOf(conversation(followed.id), conversation(current)) };
  setFollowed(next);
  return next;
}

/** What is said of the next conversation, unless it is an older one that takes the place of one that was deleted. */
function beginningOf(before?: Conversation, next?: Conversation): string | undefined {
  const isNew = before && next && Date.parse(next.createdAt) > Date.parse(before.createdAt);
  return isNew ? `A new conversation began at ${clockTime(next.createdAt)}` : undefined;
}

/** Why there are no words yet, and what to do. Never says "nothing" before the server has. */
function NothingYet() {
  const { view, state, status } = useLive();
  const { sessions, omi, problem } = useSessions();
  if (state === "offline" && !view.loaded) return <Quiet title="No connection" text={status.reason} />;
  const isLinked = sessions && (sessions.length > 0 || (omi && omi.omi_links.length > 0));
  if (view.loaded && !view.current && isLinked === undefined && problem) return <Quiet title={problem} />;
  if (!view.loaded || view.current || isLinked === undefined)
    return <Loading text="Fetching your latest conversation." />;
  if (!isLinked)
    return (
      <Quiet title="Link your wearable" text="It takes a minute. Then its words appear here as they are said.">
        <LinkButton kind="primary" to={{ screen: "link" }} label="Link it now" />
      </Quiet>
    );
  return (
    <Quiet title="Nothing has been said yet" text="As soon as your wearable hears something, the words appear here.">
      <Hint />
    </Quiet>
  );
}

/** What to do about the session that needs attention most. */
function Hint() {
  const styles = useStyles();
  const ailing = mostUrgent(useSessions().sessions);
  if (!ailing?.health) return null;
  const { message, nextStep } = ailing.health;
  return (
    <View style={styles.hint}>
      <Text style={styles.hintText} testID="hint">
        <Text kind="strong">{`Session “${ailing.id}”:`}</Text>
        {` ${[message, nextStep].filter(Boolean).join(" ")}`}
      </Text>
      <LinkButton kind="link" to={{ screen: "sessions" }} label="See your sessions" />
    </View>
  );
}

const useStyles = themed(({ warnTint }) => ({
  hint: {
    maxWidth: 480,
    marginTop: 6,
    paddingTop: 12,
    paddingHorizontal: 16,
    borderRadius: 12,
    backgroundColor: warnTint,
  },
  hintText: { fontSize: 15, lineHeight: 22 },
}));
