import {
  apiCorrectMessage,
  apiSplitConversation,
  apiUndoConversation,
  personOf,
  speakerName,
  type Message,
} from "omilink";
import { spokenAt } from "omilink/screens";
import { useState } from "react";
import { View } from "react-native";

import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { messageOf, useNotices } from "../ui/Notice";
import { Problem } from "../ui/Problem";
import { Sheet } from "../ui/Sheet";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";
import { clockTime } from "../words";
import { useLive } from "./LiveProvider";

type Props = { message: Message; onClose: () => void };

/** What can be done with a message. */
export function MessageSheet({ message, onClose }: Props) {
  return (
    <Sheet
      title={`${speakerName(message, personOf(useLive().view, message))}, ${clockTime(spokenAt(message))}`}
      onClose={onClose}
    >
      <Correction message={message} onClose={onClose} />
      <Split message={message} onClose={onClose} />
    </Sheet>
  );
}

/** As long as the server takes it. */
const LONGEST = 20_000;

function Correction({ message: { id, conversationId, text, edited }, onClose }: Props) {
  const styles = useStyles();
  const [corrected, setCorrected] = useState(text);
  const [problem, setProblem] = useState("");

  async function save(text: string | null) {
    try {
      await apiCorrectMessage(conversationId, id, text);
      onClose();
    } catch (error) {
      setProblem(messageOf(error));
    }
  }

  return (
    <View style={styles.part}>
      <Field label="What was said" value={corrected} onChangeText={setCorrected} maxLength={LONGEST} multiline />
      <Problem text={problem} />
      <View style={styles.actions}>
        <Button kind="primary" label="Correct" busyLabel="Saving…" onPress={() => save(corrected)} />
        {edited && <Button label="Give back what was heard" busyLabel="Saving…" onPress={() => save(null)} />}
      </View>
    </View>
  );
}

function Split({ message: { id, conversationId }, onClose }: Props) {
  const styles = useStyles();
  const { say, attempt } = useNotices();
  const [problem, setProblem] = useState("");

  async function split() {
    try {
      await apiSplitConversation(conversationId, id);
      onClose();
      say("The later words are a conversation of their own.", {
        label: "Undo",
        onPress: () => attempt(() => apiUndoConversation(conversationId)),
      });
    } catch (error) {
      setProblem(messageOf(error));
    }
  }

  return (
    <View style={styles.part}>
      <Text kind="quiet">Did another conversation begin here? This message and all later ones can become one.</Text>
      <Problem text={problem} />
      <Button label="Split here" busyLabel="Splitting…" onPress={split} style={styles.start} />
    </View>
  );
}

const useStyles = themed(() => ({
  part: { gap: 10 },
  actions: { flexDirection: "row", flexWrap: "wrap", gap: 10 },
  start: { alignSelf: "flex-start" },
}));
