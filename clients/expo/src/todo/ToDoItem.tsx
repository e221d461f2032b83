import { apiChangeActionItem, apiDeleteActionItem, type LiveEvent } from "omilink";
import { dayOf, endOf, type ListedItem } from "omilink/screens";
import { useRef, useState } from "react";
import { View, type TextInput } from "react-native";

import { ItemWords } from "../live/ActionItems";
import { Button, IconButton } from "../ui/Button";
import { Checkbox } from "../ui/Checkbox";
import { useChoice } from "../ui/Confirm";
import { DayField } from "../ui/DayField";
import { Field } from "../ui/Field";
import { messageOf, useNotices } from "../ui/Notice";
import { Problem } from "../ui/Problem";
import { themed } from "../ui/theme";

type Props = { item: ListedItem; hear: (event: LiveEvent) => void };

/** Something to do, to be ticked, edited or deleted. */
export function ToDoItem({ item, hear }: Props) {
  const styles = useStyles();
  const choose = useChoice();
  const { attempt } = useNotices();
  const [wanted, setWanted] = useState<boolean>();
  const [isEdited, setEdited] = useState(false);
  if (wanted === item.done) setWanted(undefined);

  async function tick(done: boolean) {
    setWanted(done);
    const isDone = await attempt(async () =>
      hear({ type: "action_item_changed", actionItem: await apiChangeActionItem(item.id, { done }) }),
    );
    if (!isDone) setWanted(undefined);
  }

  async function remove() {
    const choice = await choose({
      title: "Delete this?",
      consequences: [`“${item.text}” disappears from your list and from its conversation.`],
      actions: { delete: "Delete" },
    });
    if (!choice) return;
    await attempt(async () => {
      await apiDeleteActionItem(item.id);
      hear({ type: "action_item_deleted", actionItemId: item.id });
    });
  }

  if (isEdited) return <Edited item={item} hear={hear} onClose={() => setEdited(false)} />;
  return (
    <View style={styles.line}>
      <View style={styles.words}>
        <Checkbox isChecked={wanted ?? item.done} onChange={tick}>
          <ItemWords item={{ ...item, done: wanted ?? item.done }} />
        </Checkbox>
      </View>
      <IconButton icon="edit" label={`Edit “${item.text}”`} onPress={() => setEdited(true)} />
      <IconButton icon="delete" label={`Delete “${item.text}”`} onPress={remove} />
    </View>
  );
}

/** The text and the day of something to do, to be changed. */
function Edited({ item, hear, onClose }: Props & { onClose: () => void }) {
  const styles = useStyles();
  const input = useRef<TextInput>(null);
  const before = dayOf(item.dueAt);
  const [text, setText] = useState(item.text);
  const [day, setDay] = useState(before);
  const [problem, setProblem] = useState("");

  async function save() {
    const due = day === before ? {} : { dueAt: endOf(day) };
    try {
      hear({
        type: "action_item_changed",
        actionItem: await apiChangeActionItem(item.id, { text: text.trim(), ...due }),
      });
      onClose();
    } catch (error) {
      setProblem(messageOf(error));
      input.current?.focus();
    }
  }

  return (
    <View style={styles.form}>
      <Field
        ref={input}
        label="What is to be done"
        value={text}
        onChangeText={setText}
        onSubmitEditing={save}
        maxLength={500}
        autoFocus
      />
      <DayField label="Until" value={day} onChange={setDay} />
      <Problem text={problem} />
      <View style={styles.actions}>
        <Button kind="primary" label="Save" busyLabel="Saving…" onPress={save} />
        <Button label="Cancel" onPress={onClose} />
      </View>
    </View>
  );
}

const useStyles = themed(() => ({
  line: { flexDirection: "row", alignItems: "center" },
  words: { flexGrow: 1, flexShrink: 1, minWidth: 0 },
  form: { gap: 10, paddingVertical: 10 },
  actions: { flexDirection: "row", flexWrap: "wrap", gap: 10 },
}));
