import { personOf, speakerName, type Message } from "omilink";
import { follows, initialOf, isSameMinute, spokenAt, voiceOf } from "omilink/screens";
import { memo, useContext, useEffect, useState } from "react";
import { Platform, Pressable, View } from "react-native";

import { Icon } from "../ui/Icon";
import { FOCUSABLE, Text } from "../ui/Text";
import { RADIUS, TARGET, themed, useColors } from "../ui/theme";
import { clockTime } from "../words";
import { MessageActions, People } from "./messageActions";

const ACTIONS = [{ name: "activate", label: "More about this message" }];

/** The row of the message that was looked for, by its name in the page. */
export const FOUND = "found-message";

type Props = { message: Message; before: Message | undefined; isFound?: boolean };

/** One segment of speech. A speaker who goes on is not named again, and each minute has its time once. */
export const MessageRow = memo(function MessageRow({ message, before, isFound = false }: Props) {
  const styles = useStyles();
  const { accent, voices } = useColors();
  const people = useContext(People);
  const nameOf = (one: Message) => speakerName(one, personOf(people, one));
  const name = nameOf(message);
  const time = clockTime(spokenAt(message));
  const [voice, tint] = voices[voiceOf(name)]!;
  const isMine = message.isUser;
  const isFollowing = follows(before, message, nameOf);
  const open = useContext(MessageActions);
  const isFilled = message.source === "omi_record";
  const notes = notesOf(message, isFilled && !(isFollowing && before?.source === message.source));
  const isMarked = useMark(isFound);
  const isTimely = !isSameMinute(before, message);
  return (
    <View
      role="article"
      accessible={Platform.OS !== "web"}
      aria-label={Platform.OS === "web" ? `${name}, ${time}` : `${name}, ${time}: ${message.text}`}
      testID="message"
      accessibilityActions={open ? ACTIONS : undefined}
      onAccessibilityAction={() => open?.({ message, what: "message" })}
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
            <View style={[styles.by, isMine && styles.mineBy]}>
              {!isFollowing && (
                <Name
                  name={name}
                  color={isMine ? accent : voice}
                  onPress={open && message.speaker ? () => open({ message, what: "speaker" }) : undefined}
                />
              )}
              {(isTimely || Platform.OS === "web") && (
                <Text
                  testID={isTimely ? "time" : "time-on-demand"}
                  style={styles.time}
                  aria-hidden={Platform.OS === "web"}
                >
                  {time}
                </Text>
              )}
            </View>
          )}
          <View style={[styles.said, isMine && styles.mineSaid]}>
            <View style={[styles.bubble, isMine && styles.mineBubble, isFilled && styles.filled]}>
              <Text selectable testID="words" style={styles.words}>
                {message.text}
              </Text>
            </View>
            {open && <More onPress={() => open({ message, what: "message" })} />}
          </View>
          {notes !== "" && (
            <Text testID="notes" style={styles.time}>
              {notes}
            </Text>
          )}
        </View>
      </View>
    </View>
  );
});

/** What is to be known of the words, besides who said them and when. Of filled-in ones it stands at the first. */
function notesOf({ edited }: Message, isFirstFilled: boolean): string {
  return [isFirstFilled && "not heard live, from OMI’s record", edited && "corrected"].filter(Boolean).join(" · ");
}

/** Who speaks; pressed, it asks for the name. */
function Name({ name, color, onPress }: { name: string; color: string; onPress?: () => void }) {
  const styles = useStyles();
  const words = <Text style={[styles.name, { color }]}>{name}</Text>;
  if (!onPress) return words;
  return (
    <Pressable role="button" aria-label={`${name}: who is this?`} onPress={onPress} style={styles.pressable}>
      {words}
    </Pressable>
  );
}

/** On a phone's screen reader a message is one thing, whose action this is. */
function More({ onPress }: { onPress: () => void }) {
  const styles = useStyles();
  const { quiet } = useColors();
  return (
    <Pressable role="button" aria-label="More about this message" testID="more" onPress={onPress} style={styles.more}>
      <Icon name="dots" color={quiet} size={18} />
    </Pressable>
  );
}

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
  by: { flexDirection: "row", alignItems: "center", gap: 8, paddingHorizontal: 2, paddingBottom: 2 },
  mineBy: { flexDirection: "row-reverse" },
  name: { fontSize: 13.5, lineHeight: 20, fontWeight: "700" },
  time: { color: quiet, fontSize: 13, lineHeight: 20 },
  bubble: {
    flexShrink: 1,
    paddingVertical: 8,
    paddingHorizontal: 14,
    borderWidth: 1,
    borderColor: line,
    borderRadius: RADIUS,
    borderTopLeftRadius: 5,
    backgroundColor: surface,
  },
  mineBubble: { borderColor: mine, borderTopLeftRadius: RADIUS, borderTopRightRadius: 5, backgroundColor: mine },
  pressable: { minHeight: TARGET, minWidth: TARGET, marginVertical: -12, justifyContent: "center" },
  filled: { borderStyle: "dashed", borderColor: quiet },
  said: { maxWidth: "100%", flexDirection: "row", alignItems: "center" },
  mineSaid: { flexDirection: "row-reverse" },
  more: {
    width: TARGET,
    height: TARGET,
    marginVertical: -3,
    alignItems: "center",
    justifyContent: "center",
    borderRadius: 12,
  },
  words: { fontSize: 16, lineHeight: 23 },
}));
