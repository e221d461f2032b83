import type { Conversation } from "omilink";
import { hasSummary } from "omilink/screens";
import { useEffect, useRef, useState } from "react";
import { ScrollView, View } from "react-native";

import { announce } from "../ui/announce";
import { Fold } from "../ui/Fold";
import { Markdown } from "../ui/Markdown";
import { themed } from "../ui/theme";
import { ActionItems } from "./ActionItems";

/** What OMI says a conversation was about. It stands above the words, takes half of the place at most, and can be folded. */
export function Summary({ conversation }: { conversation: Conversation }) {
  const styles = useStyles();
  const [isOpen, setOpen] = useState(true);
  const isThere = hasSummary(conversation);
  useNews(isThere);
  if (!isThere) return null;
  const { summary, sections, actionItems } = conversation;
  const open = actionItems.filter(({ done }) => !done).length;
  return (
    <View role="region" aria-label="Summary" style={styles.panel}>
      <View style={styles.column}>
        <Fold title="Summary" facts={open > 0 ? `${open} to do` : ""} isOpen={isOpen} onPress={() => setOpen(!isOpen)}>
          <ScrollView style={styles.scroller} contentContainerStyle={styles.content}>
            {summary ? <Markdown text={summary} /> : null}
            {actionItems.length > 0 && <ActionItems conversation={conversation} />}
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
