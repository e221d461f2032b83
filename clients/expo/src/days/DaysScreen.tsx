import { apiListDaySummaries } from "omilink";
import { dateOf, listDays, type DaySummary } from "omilink/screens";
import { useState } from "react";
import { StyleSheet, View } from "react-native";

import { OfflineLine } from "../live/OfflineLine";
import { titleOf } from "../live/titles";
import { useConversation } from "../live/useConversation";
import { usePages } from "../live/usePages";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { Column } from "../ui/Column";
import { Fold } from "../ui/Fold";
import { LinkButton } from "../ui/LinkButton";
import { Markdown } from "../ui/Markdown";
import { useNotices } from "../ui/Notice";
import { Problem } from "../ui/Problem";
import { ScreenHeader } from "../ui/ScreenHeader";
import { Text } from "../ui/Text";
import { useToday } from "../useNow";
import { count, dayHeading } from "../words";

const LIST = {
  ask: (cursor: string | null) => apiListDaySummaries({ cursor }),
  apply: listDays,
  keyOf: ({ date }: DaySummary) => date,
};

/** OMI's summaries of the user's days, the latest first. */
export function DaysScreen() {
  const { attempt } = useNotices();
  const { items, next, problem, load } = usePages(LIST);
  return (
    <View style={{ flex: 1 }}>
      <ScreenHeader title="Days" below={<OfflineLine />} />
      <Column>
        <View role="list" aria-label="Days" style={styles.days}>
          {items.map((day) => (
            <Day key={day.date} day={day} />
          ))}
        </View>
        <Problem text={problem} />
        {next === undefined && items.length === 0 && !problem && <Text kind="quiet">Loading…</Text>}
        {next === null && items.length === 0 && <NoneYet />}
        {next && (
          <Button label="Earlier days" busyLabel="Loading…" onPress={() => attempt(load)} style={styles.start} />
        )}
      </Column>
    </View>
  );
}

function NoneYet() {
  return (
    <>
      <Text kind="quiet">
        No summary of a day yet. OMI sends one in the evening, to the webhook URL for “Day summary” in its developer
        settings.
      </Text>
      <LinkButton kind="link" to={{ screen: "link" }} label="See which address to paste there" />
    </>
  );
}

function Day({ day }: { day: DaySummary }) {
  const { date, headline, overview, emoji, highlights, actionItems, decisions, conversationIds } = day;
  const name = dayHeading(dateOf(date)?.getTime() ?? 0, useToday());
  return (
    <View role="listitem" style={styles.day}>
      <Text kind="subheading" aria-level={2}>
        {name}
      </Text>
      <Card>
        {headline ? <Text kind="strong">{[emoji, headline].filter(Boolean).join(" ")}</Text> : null}
        {overview ? <Markdown text={overview} /> : null}
        <Part title="Highlights" texts={highlights.map(highlightOf)} />
        <Part title="Decisions" texts={decisions} />
        <Part title="To do" texts={actionItems.map(({ text, done }) => (done ? `${text} (done)` : text))} />
        {conversationIds.length > 0 && <Conversations ids={conversationIds} />}
      </Card>
    </View>
  );
}

function highlightOf({ emoji, topic, text }: DaySummary["highlights"][number]): string {
  return [emoji, topic && `${topic}:`, text].filter(Boolean).join(" ");
}

function Part({ title, texts }: { title: string; texts: readonly string[] }) {
  if (texts.length === 0) return null;
  return (
    <View>
      <Text kind="subheading">{title}</Text>
      {texts.map((text, index) => (
        <Text key={index} selectable>{`•  ${text}`}</Text>
      ))}
    </View>
  );
}

function Conversations({ ids }: { ids: readonly string[] }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <View>
      <Fold title={count(ids.length, "conversation")} isOpen={isOpen} onPress={() => setOpen(!isOpen)}>
        {ids.map((id) => (
          <ConversationLink key={id} id={id} />
        ))}
      </Fold>
    </View>
  );
}

function ConversationLink({ id }: { id: string }) {
  const conversation = useConversation(id);
  return (
    <LinkButton
      kind="link"
      to={{ screen: "conversation", id }}
      label={conversation ? titleOf(conversation) : "Loading…"}
    />
  );
}

const styles = StyleSheet.create({
  days: { gap: 20 },
  day: { gap: 6 },
  start: { alignSelf: "flex-start" },
});
