import { apiTickActionItem, type Conversation } from "omilink";
import { tickedItems, unsettledTicks } from "omilink/screens";
import { useState } from "react";
import { View } from "react-native";

import { Checkbox } from "../ui/Checkbox";
import { useNotices } from "../ui/Notice";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";
import { dayAndTime } from "../words";

type Item = Conversation["actionItems"][number];
/** What the user wants of items, by their ids. */
type Ticks = Readonly<Record<string, boolean>>;

/** What is to be done, to be ticked. */
export function ActionItems({ conversation: { id, actionItems } }: { conversation: Conversation }) {
  const { attempt } = useNotices();
  const [wanted, setWanted] = useState<Ticks>({});
  const unsettled = unsettledTicks(actionItems, wanted);
  if (unsettled !== wanted) setWanted(unsettled);

  async function tick(itemId: string, done: boolean) {
    setWanted((ticks) => ({ ...ticks, [itemId]: done }));
    const isDone = await attempt(() => apiTickActionItem(id, itemId, done));
    if (!isDone) setWanted((ticks) => without(ticks, itemId));
  }

  return (
    <View role="list" aria-label="To do">
      {tickedItems(actionItems, unsettled).map((item) => (
        <View role="listitem" key={item.id}>
          <Checkbox isChecked={item.done} onChange={(done) => tick(item.id, done)}>
            <ItemWords item={item} />
          </Checkbox>
        </View>
      ))}
    </View>
  );
}

function without(ticks: Ticks, itemId: string): Ticks {
  return Object.fromEntries(Object.entries(ticks).filter(([id]) => id !== itemId));
}

/** What is to be done, by whom and until when. */
export function ItemWords({ item: { text, done, owner, dueAt } }: { item: Item }) {
  const styles = useStyles();
  const facts = [owner, dueAt && `due ${dayAndTime(dueAt)}`].filter(Boolean).join(" · ");
  return (
    <View style={styles.words}>
      <Text style={done && styles.done}>{text}</Text>
      {facts !== "" && <Text kind="quiet">{facts}</Text>}
    </View>
  );
}

const useStyles = themed(({ quiet }) => ({
  words: { flex: 1 },
  done: { color: quiet, textDecorationLine: "line-through" },
}));
