import { speakerName, type Message } from "omilink";
import { follows, initialOf, isSameMinute, spokenAt, voiceOf } from "omilink/screens";
import { memo, useEffect, useState } from "react";
import { Platform, View } from "react-native";

import { FOCUSABLE, Text } from "../ui/Text";
import { RADIUS, themed, useColors } from "../ui/theme";
import { clockTime } from "../words";

/** The row of the message that was looked for, by its name in the page. */
export const FOUND = "found-message";

type Props = { message: Message; before: Message | undefined; isFound?: boolean };

/** One segment of speech. A speaker who goes on is not named again, and each minute has its time once. */
export const MessageRow = memo(function MessageRow({ message, before, isFound = false }: Props) {
  const styles = useStyles();
  const { accent, voices } = useColors();
  const name = speakerName(message);
  const time = clockTime(spokenAt(message));
  const [voice, tint] = voices[voiceOf(name)]!;
  const isMine = message.isUser;
  const isFollowing = follows(before, message);
  const isMarked = useMark(isFound);
  const isTimely = !isSameMinute(before, message);
  return (
    <View
      role="article"
      accessible={Platform.OS !== "web"}
      aria-label={Platform.OS === "web" ? `${name}, ${time}` : `${name}, ${time}: ${message.text}`}
      testID="message"
      nativeID={isFound ? FOUND : undefined}
      {...(isFound && FOCUSABLE)}
      style={[styles.row, isMarked && styles.marked, isFollowing ? styles.following : styles.first]}
    >
      <View style={[styles.line, isMine && styles.mineLine]}>
        {!isMine && (
          <View style={[styles.avatar, isFollowing ? styles.gone : { backgroundColor: tint }]} aria-hidden>
            {!isFollowing && <Text style={[styles.initial, { color: voice }]}>{initialOf(name)}</Text>}
          </View>
        )}
        <View style={[styles.column, isMine && styles.mineColumn]}>
          {(!isFollowing || isTimely) && (
            <View style={[styles.by, isMine && styles.mineBy]} aria-hidden={Platform.OS === "web"}>
              {!isFollowing && <Text style={[styles.name, { color: isMine ? accent : voice }]}>{name}</Text>}
              {(isTimely || Platform.OS === "web") && (
                <Text testID={isTimely ? "time" : "time-on-demand"} style={styles.time}>
                  {time}
                </Text>
              )}
            </View>
          )}
          <View style={[styles.bubble, isMine && styles.mineBubble]}>
            <Text selectable testID="words" style={styles.words}>
              {message.text}
            </Text>
          </View>
        </View>
      </View>
    </View>
  );
});

/** What was looked for is marked for a moment. */
function useMark(isFound: boolean): boolean {
  const [isMarked, setMarked] = useState(isFound);
  useEffect(() => {
    if (!isFound) return;
    const timer = setTimeout(() => setMarked(false), MARKED_FOR);
    return () => clearTimeout(timer);
  }, [isFound]);
  return isMarked;
}

const MARKED_FOR = 4_000;

const useStyles = themed(({ surface, line, mine, quiet, highlight }) => ({
  row: { width: "100%", maxWidth: 704, marginHorizontal: "auto", paddingHorizontal: 16 },
  marked: { backgroundColor: highlight, borderRadius: RADIUS, paddingBottom: 6 },
  first: { paddingTop: 18 },
  following: { paddingTop: 4 },
  line: { flexDirection: "row", gap: 10 },
  mineLine: { justifyContent: "flex-end" },
  avatar: { width: 32, height: 32, marginTop: 22, borderRadius: 16, alignItems: "center", justifyContent: "center" },
  gone: { height: 0, marginTop: 0 },
  initial: { fontSize: 14, lineHeight: 20, fontWeight: "700" },
  column: { flexShrink: 1, maxWidth: 560, alignItems: "flex-start" },
  mineColumn: { maxWidth: "88%", alignItems: "flex-end" },
  by: { flexDirection: "row", alignItems: "baseline", gap: 8, paddingHorizontal: 2, paddingBottom: 2 },
  mineBy: { flexDirection: "row-reverse" },
  name: { fontSize: 13.5, lineHeight: 20, fontWeight: "700" },
  time: { color: quiet, fontSize: 13, lineHeight: 20 },
  bubble: {
    paddingVertical: 8,
    paddingHorizontal: 14,
    borderWidth: 1,
    borderColor: line,
    borderRadius: RADIUS,
    borderTopLeftRadius: 5,
    backgroundColor: surface,
  },
  mineBubble: { borderColor: mine, borderTopLeftRadius: RADIUS, borderTopRightRadius: 5, backgroundColor: mine },
  words: { fontSize: 16, lineHeight: 23 },
}));
