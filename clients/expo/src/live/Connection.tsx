import type { StreamStatus, View as ChatView } from "omilink";
import { settledState } from "omilink/screens";
import { View } from "react-native";

import { Button } from "../ui/Button";
import { Text } from "../ui/Text";
import { themed, useColors, type Colors } from "../ui/theme";
import { useNow } from "../useNow";
import { ago } from "../words";
import { useLive } from "./LiveProvider";

const STATES = {
  connecting: "Connecting…",
  catching_up: "Catching up…",
  live: "Live",
  polling: "Updated every few seconds",
  offline: "Offline",
  signed_out: "Signed out",
};
const DOTS: Partial<Record<keyof typeof STATES, keyof Colors>> = { live: "good", polling: "warn", offline: "bad" };

/** How fresh the words on the screen are, in words. */
export function Connection() {
  const styles = useStyles();
  const colors = useColors();
  const now = useNow();
  const { chat, status, view, ...live } = useLive();
  const state = settledState(live.state, live.leftAt, now);
  const isOffline = state === "offline";
  const age = isOffline ? contactAge(status, now) : wordsAge(view, now);
  return (
    <>
      <View style={styles.line}>
        <View style={[styles.dot, { backgroundColor: colors[DOTS[state] ?? "quiet"] as string }]} aria-hidden />
        <Text style={styles.words} numberOfLines={1}>
          <Text testID="connection-state" role="status" style={[styles.state, isOffline && styles.bad]}>
            {STATES[state]}
          </Text>
          <Text testID="connection-age" style={styles.age}>
            {` · ${age}`}
          </Text>
        </Text>
        {isOffline && <Button kind="link" label="Try now" onPress={chat.wake} style={styles.retry} />}
      </View>
      {state === "polling" && status.reason && <Text kind="quiet">{status.reason}</Text>}
    </>
  );
}

function wordsAge({ loaded, current, chats }: ChatView, now: number): string {
  if (!loaded) return "waiting for the first answer";
  return current ? `last words ${ago(chats[current]!.conversation.lastMessageAt, now)}` : "nothing said yet";
}

function contactAge({ lastDataAt, retryAt }: StreamStatus, now: number): string {
  const contact = lastDataAt ? `last contact ${ago(lastDataAt, now)}` : "no contact yet";
  const seconds = Math.ceil(((retryAt ?? 0) - now) / 1000);
  return `${seconds > 0 ? `trying again in ${seconds} s` : "trying again…"} · ${contact}`;
}

const useStyles = themed(({ ink, quiet, bad }) => ({
  line: { flexDirection: "row", alignItems: "center", gap: 8 },
  dot: { width: 9, height: 9, borderRadius: 5 },
  words: { flexShrink: 1, fontSize: 14, lineHeight: 21, fontVariant: ["tabular-nums"] },
  state: { color: ink, fontSize: 14, lineHeight: 21, fontWeight: "600" },
  bad: { color: bad },
  age: { color: quiet, fontSize: 14, lineHeight: 21 },
  retry: { marginVertical: -12 },
}));
