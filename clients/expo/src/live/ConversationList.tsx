import { conversationsOf, type Conversation } from "omilink";
import { byDay, isGoingOn } from "omilink/screens";
import { useMemo } from "react";
import { FlatList, View } from "react-native";

import { Link, useNavigation } from "../Navigation";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { useNotices } from "../ui/Notice";
import { Text } from "../ui/Text";
import { themed, useColors, useIsDesktop } from "../ui/theme";
import { useNow, useToday } from "../useNow";
import { dayHeading } from "../words";
import { isCaughtUp, isFresh, useLive } from "./LiveProvider";
import { beganAt, briefFactsOf, titleOf } from "./titles";
import { useRetried } from "./useRetried";

/** With the day that it is the first of. */
type Row = { conversation: Conversation; day?: number };

/** All conversations by day, newest first. */
export function ConversationList() {
  const styles = useStyles();
  const { chat, view } = useLive();
  const { attempt } = useNotices();
  const rows = useMemo(() => rowsOf(conversationsOf(view)), [view]);
  return (
    <FlatList
      role="list"
      aria-label="Conversations"
      data={rows}
      keyExtractor={({ conversation }) => conversation.id}
      renderItem={({ item }) => <Item {...item} />}
      ListFooterComponent={
        view.older ? (
          <Button
            label="Older conversations"
            busyLabel="Loading…"
            onPress={() => attempt(() => chat.loadConversations())}
          />
        ) : (
          <Note isEmpty={rows.length === 0} />
        )
      }
      style={styles.list}
      contentContainerStyle={styles.content}
    />
  );
}

function rowsOf(conversations: readonly Conversation[]): Row[] {
  return byDay(conversations, beganAt).flatMap(({ day, items }) =>
    items.map((conversation, index) => (index === 0 ? { conversation, day } : { conversation })),
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

function Item({ conversation, day }: Row) {
  const styles = useStyles();
  const { view, state } = useLive();
  const { route } = useNavigation();
  const { id } = conversation;
  const isCurrent = id === view.current;
  const isOpen = isCurrent ? route.screen === "live" : route.screen === "conversation" && route.id === id;
  return (
    <View role="listitem">
      {day !== undefined && <DayHeading day={day} />}
      <Link
        to={isCurrent ? { screen: "live" } : { screen: "conversation", id }}
        aria-current={isOpen ? "page" : undefined}
        style={[styles.item, isOpen && styles.open]}
      >
        <View style={styles.titles}>
          <Text kind="strong" numberOfLines={1} style={styles.title}>
            {titleOf(conversation)}
          </Text>
          {conversation.starred && <Star />}
        </View>
        <View style={styles.facts}>
          <Text kind="quiet" numberOfLines={1} style={styles.brief}>
            {briefFactsOf(conversation)}
          </Text>
          {isCurrent && isFresh(state) && <Now conversation={conversation} />}
        </View>
      </Link>
    </View>
  );
}

function DayHeading({ day }: { day: number }) {
  const styles = useStyles();
  const level = useIsDesktop() ? 3 : 2; // in the sidebar the list has a heading of its own
  return (
    <Text kind="subheading" aria-level={level} style={styles.day}>
      {dayHeading(day, useToday())}
    </Text>
  );
}

function Star() {
  return (
    <View role="img" aria-label="Starred">
      <Icon name="starred" size={16} color={useColors().warn} />
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

const useStyles = themed(({ mine, good, quiet }) => ({
  list: { flex: 1 },
  content: { padding: 12, gap: 2 },
  note: { padding: 8 },
  retry: { alignSelf: "flex-start" },
  item: { minHeight: 56, justifyContent: "center", paddingVertical: 8, paddingHorizontal: 10, borderRadius: 12 },
  open: { backgroundColor: mine },
  day: { paddingTop: 12, paddingBottom: 2, paddingHorizontal: 10, color: quiet, fontSize: 14 },
  titles: { flexDirection: "row", alignItems: "center", gap: 6 },
  title: { flexGrow: 1, flexShrink: 1, minWidth: 0 },
  brief: { flexShrink: 1, minWidth: 0 },
  facts: { flexDirection: "row", justifyContent: "space-between", alignItems: "center", gap: 10 },
  live: { flexDirection: "row", alignItems: "center", gap: 4 },
  now: { color: good, fontSize: 13.5, fontWeight: "600" },
}));
