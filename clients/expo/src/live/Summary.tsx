import type { Conversation } from "omilink";
import { hasSummary } from "omilink/screens";
import { useEffect, useRef, useState } from "react";
import { ScrollView, View } from "react-native";

import { announce } from "../ui/announce";
import { Fold } from "../ui/Fold";
import { Markdown } from "../ui/Markdown";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";
import { dayAndTime, duration } from "../words";
import { ActionItems } from "./ActionItems";

/** What OMI says a conversation was about. It stands above the words, takes half of the place at most, and can be folded. */
export function Summary({ conversation }: { conversation: Conversation }) {
  const styles = useStyles();
  const [isOpen, setOpen] = useState(true);
  const isThere = hasSummary(conversation);
  useNews(isThere);
  if (!isThere) return null;
  const { summary, sections, actionItems, events = [] } = conversation; // which an older version did not keep
  const open = actionItems.filter(({ done }) => !done).length;
  return (
    <View role="region" aria-label="Summary" style={styles.panel}>
      <View style={styles.column}>
        <Fold title="Summary" facts={open > 0 ? `${open} to do` : ""} isOpen={isOpen} onPress={() => setOpen(!isOpen)}>
          <ScrollView style={styles.scroller} contentContainerStyle={styles.content}>
            {summary ? <Markdown text={summary} /> : null}
            {actionItems.length > 0 && <ActionItems conversation={conversation} />}
            {events.length > 0 && <Appointments events={events} />}
            {sections.map(({ heading, text }, index) => (
              <Section key={index} heading={heading} text={text} />
            ))}
          </ScrollView>
        </Fold>
      </View>
    </View>
  );
}

/** Says that a summary has come before the reader's eyes. */
function useNews(isThere: boolean): void {
  const wasThere = useRef(isThere);
  useEffect(() => {
    if (isThere && !wasThere.current) announce("A summary of this conversation has come.");
    wasThere.current = isThere;
  }, [isThere]);
}

/** What was agreed on to happen, and when. */
function Appointments({ events }: { events: Conversation["events"] }) {
  return (
    <View role="list" aria-label="Appointments">
      {events.map(({ title, description, startsAt, minutes }, index) => (
        <View role="listitem" key={index}>
          <Text kind="strong">{title}</Text>
          <Text kind="quiet">
            {[startsAt && dayAndTime(startsAt), minutes && duration(minutes * 60), description]
              .filter(Boolean)
              .join(" · ")}
          </Text>
        </View>
      ))}
    </View>
  );
}

function Section({ heading, text }: { heading: string; text: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <View>
      <Fold title={heading || "More"} isOpen={isOpen} onPress={() => setOpen(!isOpen)}>
        <Markdown text={text} />
      </Fold>
    </View>
  );
}

const useStyles = themed(({ line, surface }) => ({
  panel: { maxHeight: "50%", borderBottomWidth: 1, borderBottomColor: line, backgroundColor: surface },
  column: {
    width: "100%",
    maxWidth: 704,
    marginHorizontal: "auto",
    paddingHorizontal: 16,
    flexShrink: 1,
    minHeight: 0,
  },
  scroller: { flexGrow: 0, flexShrink: 1 },
  content: { gap: 8, paddingBottom: 12 },
}));
