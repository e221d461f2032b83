import { apiNameSpeaker, peopleOf, personOf, speakerName, type Message } from "omilink";
import { useState } from "react";
import { View } from "react-native";

import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { messageOf } from "../ui/Notice";
import { Problem } from "../ui/Problem";
import { Sheet } from "../ui/Sheet";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";
import { useLive } from "./LiveProvider";

type Naming = Parameters<typeof apiNameSpeaker>[2];

/** As long as the server takes it. */
const LONGEST = 100;
/** Of more people the user types a part of the name. */
const SUGGESTED = 8;

/** Says who speaks: a known person, a new name, or the user. */
export function SpeakerSheet({ message, onClose }: { message: Message; onClose: () => void }) {
  const styles = useStyles();
  const { view } = useLive();
  const [name, setName] = useState("");
  const [problem, setProblem] = useState("");
  const person = personOf(view, message);
  const known = peopleOf(view).filter((one) => one.name && one.id !== person?.id);
  const sought = name.trim().toLowerCase();
  const suggested = known.filter((one) => one.name!.toLowerCase().includes(sought)).slice(0, SUGGESTED);

  async function choose(naming: Naming) {
    try {
      await apiNameSpeaker(message.conversationId, message.speaker!, naming);
      onClose();
    } catch (error) {
      setProblem(messageOf(error));
    }
  }

  function save() {
    const same = known.find((one) => one.name!.toLowerCase() === sought);
    return choose(same ? { personId: same.id } : { name: name.trim() });
  }

  return (
    <Sheet title={`Who is “${speakerName(message, person)}”?`} onClose={onClose}>
      <Text kind="quiet">The name holds wherever OMI says that it is the same person.</Text>
      <Field label="Name" value={name} onChangeText={setName} onSubmitEditing={save} maxLength={LONGEST} autoFocus>
        <Button kind="primary" label="Save" busyLabel="Saving…" onPress={save} />
      </Field>
      <Problem text={problem} />
      <View style={styles.choices}>
        {suggested.map((one) => (
          <Button key={one.id} label={one.name!} onPress={() => choose({ personId: one.id })} />
        ))}
        {message.isUser ? (
          <Button label="That is not me" onPress={() => choose({ isUser: false })} />
        ) : (
          <Button label="That’s me" onPress={() => choose({ isUser: true })} />
        )}
        {person?.name && <Button label="Take the name back" onPress={() => choose({ personId: null })} />}
      </View>
    </Sheet>
  );
}

const useStyles = themed(() => ({
  choices: { flexDirection: "row", flexWrap: "wrap", gap: 10 },
}));
