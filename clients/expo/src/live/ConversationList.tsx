import { conversationsOf, type Conversation } from "omilink";
import { isGoingOn } from "omilink/screens";
import { useMemo } from "react";
import { FlatList, View } from "react-native";

import { Link, useNavigation } from "../Navigation";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { useNotices } from "../ui/Notice";
import { Text } from "../ui/Text";
import { themed, useColors } from "../ui/theme";
import { useNow } from "../useNow";
import { isCaughtUp, isFresh, useLive } from "./LiveProvider";
import { factsOf, titleOf } from "./titles";
import { useRetried } from "./useRetried";

/** All conversations, newest first. */
export function ConversationList() {
  const styles = useStyles();
  const { chat, view } = useLive();
  const { attempt } = useNotices();
  const conversations = useMemo(() => conversationsOf(view), [view]);
  return (
    <FlatList
      role="list"
      aria-label="Conversations"
      data={conversations}
      keyExtractor={({ id }) => id}
      renderItem={({ item }) => <Item conversation={item} />}
      ListFooterComponent={
        view.older ? (
          <Button
            label="Older conversations"
            busyLabel="Loading…"
            onPress={() => attempt(() => chat.loadConversations())}
          />
        ) : (
          <Note isEmpty={conversations.length === 0} />
        )
      }
      style={styles.list}
      contentContainerStyle={styles.content}
    />
  );
}

/** Fetches the first page, and says what is missing until it is there. A snapshot that replaces everything begins anew. */
function Note({ isEmpty }: { isEmpty: boolean }) {
  const styles = useStyles();
  const { chat, view, state, status } = useLive();
  const isMissing = view.older === undefined;
  const isOffline = isMissing && state === "offline";
  const problem = useRetried(chat.loadConversations, view.loaded && isMissing && isCaughtUp(state));
  const missing = (isOffline && status.reason) || problem || "Loading your conversations…";
  if (!isMissing && !isEmpty) return null;
  return (
    <View style={styles.note}>
      <Text kind="quiet">{isMissing ? missing : "None yet."}</Text>
      {isOffline && <Button kind="link" label="Try now" onPress={chat.wake} style={styles.retry} />}
    </View>
  );
}

function Item({ conversation }: { conversation: Conversation }) {
  const styles = useStyles();
  const { view, state } = useLive();
  const { route } = useNavigation();
  const { id } = conversation;
  const isCurrent = id === view.current;
  const isOpen = isCurrent ? route.screen === "live" : route.screen === "conversation" && route.id === id;
  return (
    <View role="listitem">
      <Link
        to={isCurrent ? { screen: "live" } : { screen: "conversation", id }}
        aria-current={isOpen ? "page" : undefined}
        style={[styles.item, isOpen && styles.open]}
      >
        <Text kind="strong" numberOfLines={1}>
          {titleOf(conversation)}
        </Text>
        <View style={styles.facts}>
          <Text kind="quiet">{factsOf(conversation)}</Text>
          {isCurrent && isFresh(state) && <Now conversation={conversation} />}
        </View>
      </Link>
    </View>
  );
}

function Now({ conversation }: { conversation: Conversation }) {
  const styles = useStyles();
  const { good } = useColors();
  return isGoingOn(conversation, useNow()) ? (
    <View style={styles.live}>
      <Icon name="live" size={16} color={good} />
      <Text style={styles.now}>now</Text>
    </View>
  ) : null;
}

const useStyles = themed(({ mine, good }) => ({
  list: { flex: 1 },
  content: { padding: 12, gap: 2 },
  note: { padding: 8 },
  retry: { alignSelf: "flex-start" },
  item: { minHeight: 56, justifyContent: "center", paddingVertical: 8, paddingHorizontal: 10, borderRadius: 12 },
  open: { backgroundColor: mine },
  facts: { flexDirection: "row", justifyContent: "space-between", alignItems: "center", gap: 10 },
  live: { flexDirection: "row", alignItems: "center", gap: 4 },
  now: { color: good, fontSize: 13.5, fontWeight: "600" },
}));
