import { personOf, speakerName } from "omilink";
import { piecesOf, startOfDay, type Hit } from "omilink/screens";
import { memo, useContext } from "react";
import { View } from "react-native";

import { People } from "../live/messageActions";
import { titleOf } from "../live/titles";
import { Link } from "../Navigation";
import type { Route } from "../route";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";
import { useToday } from "../useNow";
import { clockTime, dayHeading } from "../words";

const FIELDS = { words: "", title: "", summary: "Summary", action_item: "To do" };

/** A place where the words were found, which leads there. */
export const HitRow = memo(function HitRow({ hit }: { hit: Hit }) {
  const styles = useStyles();
  const { conversation, field, message } = hit;
  const people = useContext(People);
  const speaker = message && speakerName(message, personOf(people, message));
  const when = useWhen(message?.spokenAt ?? conversation.startedAt);
  const isTitle = field === "title";
  return (
    <View role="listitem">
      <Link to={placeOf(hit)} style={styles.hit}>
        <Text kind="strong" numberOfLines={2}>
          {isTitle ? <Snippet hit={hit} /> : titleOf({ ...conversation, emoji: null })}
        </Text>
        {!isTitle && (
          <Text numberOfLines={4}>
            <Snippet hit={hit} />
          </Text>
        )}
        <Text kind="quiet">{[FIELDS[field], speaker, when].filter(Boolean).join(" · ")}</Text>
      </Link>
    </View>
  );
});

function placeOf({ conversation: { id }, message }: Hit): Route {
  return { screen: "conversation", id, message: message?.id };
}

/** What was found, in its place. */
function Snippet({ hit }: { hit: Hit }) {
  const styles = useStyles();
  return piecesOf(hit).map(({ text, isHit }, index) => (
    <Text key={index} testID={isHit ? "highlight" : undefined} style={isHit && styles.highlight}>
      {text}
    </Text>
  ));
}

function useWhen(time: string): string {
  return `${dayHeading(startOfDay(time), useToday())}, ${clockTime(time)}`;
}

const useStyles = themed(({ highlight }) => ({
  hit: {
    minHeight: 56,
    justifyContent: "center",
    gap: 2,
    paddingVertical: 10,
    paddingHorizontal: 10,
    borderRadius: 12,
  },
  highlight: { backgroundColor: highlight, fontWeight: "700" },
}));
