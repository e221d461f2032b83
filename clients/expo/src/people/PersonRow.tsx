import { apiDeletePerson, apiMergePeople, apiRenamePerson, apiUndoPerson, type Person } from "omilink";
import { useState } from "react";
import { View } from "react-native";

import { Button, IconButton } from "../ui/Button";
import { useChoice } from "../ui/Confirm";
import { Field } from "../ui/Field";
import { focusHeading } from "../ui/focus";
import { messageOf, useNotices } from "../ui/Notice";
import { Problem } from "../ui/Problem";
import { Select } from "../ui/Select";
import { Sheet } from "../ui/Sheet";
import { Text } from "../ui/Text";
import { TARGET, themed } from "../ui/theme";

type Props = { person: Person; others: readonly Person[] };

/** A person's name, which can be changed, given to another person's words too, or deleted. */
export function PersonRow({ person, others }: Props) {
  const styles = useStyles();
  const [isOpen, setOpen] = useState(false);
  const remove = useDeletePerson();
  return (
    <View role="listitem" style={styles.line}>
      <Text kind="strong" style={styles.name}>
        {person.name}
      </Text>
      <IconButton icon="edit" label={`Change ${person.name}`} onPress={() => setOpen(true)} />
      <IconButton icon="delete" label={`Delete ${person.name}`} onPress={() => remove(person)} />
      {isOpen && <PersonSheet person={person} others={others} onClose={() => setOpen(false)} />}
    </View>
  );
}

function useDeletePerson(): (person: Person) => Promise<void> {
  const choose = useChoice();
  const { attempt } = useNotices();
  const sayDone = useSayDone();
  return async ({ id, name }) => {
    const choice = await choose({
      title: `Delete ${name}?`,
      consequences: ["The words stay, without the name. You can undo this."],
      actions: { delete: "Delete" },
    });
    if (!choice) return;
    await attempt(async () => {
      await apiDeletePerson(id);
      sayDone(`${name} is deleted. The words stay.`, id);
    });
  };
}

/** Says what was done to a person, with the way to undo it. The row may be gone, and the focus with it. */
function useSayDone(): (text: string, personId: string) => void {
  const { say, attempt } = useNotices();
  return (text, personId) => {
    focusHeading();
    say(text, { label: "Undo", onPress: () => attempt(() => apiUndoPerson(personId)) });
  };
}

/** As long as the server takes it. */
const LONGEST = 100;

function PersonSheet({ person: { id, name }, others, onClose }: Props & { onClose: () => void }) {
  const styles = useStyles();
  const sayDone = useSayDone();
  const [newName, setNewName] = useState(name ?? "");
  const [into, setInto] = useState("");
  const [problem, setProblem] = useState("");

  async function change(task: () => Promise<unknown>, done: string) {
    try {
      await task();
      onClose();
      setTimeout(() => sayDone(done, id)); // when the dialog has given the focus back
    } catch (error) {
      setProblem(messageOf(error));
    }
  }

  const rename = () => change(() => apiRenamePerson(id, newName.trim()), `${name} is now ${newName.trim()}.`);

  function merge() {
    const other = others.find((one) => one.id === into);
    if (!other) return setProblem("Choose who it is.");
    return change(() => apiMergePeople(id, other.id), `${name} and ${other.name} are one person now.`);
  }

  return (
    <Sheet title={name ?? ""} onClose={onClose}>
      <Field
        label="Name"
        value={newName}
        onChangeText={setNewName}
        onSubmitEditing={rename}
        maxLength={LONGEST}
        autoFocus
      >
        <Button kind="primary" label="Rename" busyLabel="Saving…" onPress={rename} />
      </Field>
      {others.length > 0 && (
        <View style={styles.merge}>
          <Select
            label="The same person as"
            choices={[["", "Choose"], ...others.map((one) => [one.id, one.name ?? ""] as const)]}
            chosen={into}
            onChoose={setInto}
          />
          <Button label="Merge" busyLabel="Merging…" onPress={merge} />
        </View>
      )}
      <Problem text={problem} />
    </Sheet>
  );
}

const useStyles = themed(() => ({
  line: { minHeight: TARGET, flexDirection: "row", alignItems: "center" },
  name: { flexGrow: 1, flexShrink: 1, minWidth: 0 },
  merge: { flexDirection: "row", flexWrap: "wrap", alignItems: "flex-end", gap: 10 },
}));
