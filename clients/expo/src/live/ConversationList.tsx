import { conversationsOf, type Conversation } from "omilink";
import { useEffect, useMemo, useState } from "react";
import { FlatList, View } from "react-native";

import { Link, useNavigation } from "../Navigation";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { messageOf, useNotices } from "../ui/Notice";
import { Text } from "../ui/Text";
import { themed, useColors } from "../ui/theme";
import { isFresh, useLive } from "./LiveProvider";
import { factsOf, titleOf } from "./titles";

/** All conversations, newest first. */
export function ConversationList() {
  const styles = useStyles();
  const { chat, view } = useLive();
  const { attempt } = useNotices();
  const conversations = useMemo(() => conversationsOf(view), [view]);
  const problem = useFirstPage();
  const note = problem || (view.older === undefined ? "Loading your conversations…" : "None yet.");
  return (
    <FlatList
      role="list"
      aria-label="Conversations"
      data={conversations}
      keyExtractor={({ id }) => id}
      renderItem={({ item }) => <Item conversation={item} />}
      ListEmptyComponent={
        <Text kind="quiet" style={styles.note}>
          {note}
        </Text>
      }
      ListFooterComponent={
        view.older ? (
          <Button
            label="Older conversations"
            busyLabel="Loading…"
            onPress={() => attempt(() => chat.loadConversations())}
          />
        ) : null
      }
      style={styles.list}
      contentContainerStyle={styles.content}
    />
  );
}

/** Whenever a snapshot has replaced everything, the list begins anew. */
function useFirstPage(): string {
  const { chat, view, state } = useLive();
  const [problem, setProblem] = useState("");
  const isNeeded = view.loaded && view.older === undefined && (state === "live" || state === "polling");
  useEffect(() => {
    if (!isNeeded) return;
    chat.loadConversations().then(
      () => setProblem(""),
      (error) => setProblem(messageOf(error)),
    );
  }, [chat, isNeeded]);
  return problem;
}

function Item({ conversation }: { conversation: Conversation }) {
  const styles = useStyles();
  const { good } = useColors();
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
          {isCurrent && isFresh(state) && (
            <View style={styles.live}>
              <Icon name="live" size={16} color={good} />
              <Text style={styles.now}>now</Text>
            </View>
          )}
        </View>
      </Link>
    </View>
  );
}

const useStyles = themed(({ mine, good }) => ({
  list: { flex: 1 },
  content: { paddingHorizontal: 12, paddingBottom: 12, gap: 2 },
  note: { padding: 8 },
  item: { minHeight: 56, justifyContent: "center", paddingVertical: 8, paddingHorizontal: 10, borderRadius: 12 },
  open: { backgroundColor: mine },
  facts: { flexDirection: "row", justifyContent: "space-between", alignItems: "center", gap: 10 },
  live: { flexDirection: "row", alignItems: "center", gap: 4 },
  now: { color: good, fontSize: 13.5, fontWeight: "600" },
}));
