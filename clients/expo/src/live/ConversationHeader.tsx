import { apiChangeConversation, apiUndoConversation, type Conversation } from "omilink";
import { useState, type ReactNode } from "react";
import { View } from "react-native";

import type { Route } from "../route";
import { Button, IconButton } from "../ui/Button";
import { Field } from "../ui/Field";
import { focusHeading } from "../ui/focus";
import { messageOf, useNotices } from "../ui/Notice";
import { Problem } from "../ui/Problem";
import { ScreenHeader } from "../ui/ScreenHeader";
import { themed } from "../ui/theme";
import { titleOf } from "./titles";
import { useDeleteConversation } from "./useDeleteConversation";

type Props = {
  /** Left out until it can be shown. */
  conversation?: Conversation;
  /** What stands there until then. */
  title: string;
  below: ReactNode;
  back?: { to: Route; label: string };
};

/** What a conversation is called, and what can be done with all of it. */
export function ConversationHeader({ conversation, title, below, back }: Props) {
  const { attempt } = useNotices();
  const deleteConversation = useDeleteConversation();
  const [isRenamed, setRenamed] = useState(false);
  if (!conversation) return <ScreenHeader title={title} below={below} back={back} />;
  const { id, starred } = conversation;
  return (
    <ScreenHeader
      title={titleOf(conversation)}
      editor={isRenamed ? <Rename key={id} conversation={conversation} onClose={() => setRenamed(false)} /> : undefined}
      below={below}
      back={back}
    >
      <IconButton
        icon={starred ? "starred" : "star"}
        label="Star"
        aria-pressed={starred}
        onPress={() => attempt(() => apiChangeConversation(id, { starred: !starred }))}
      />
      {!isRenamed && <IconButton icon="edit" label="Rename this conversation" onPress={() => setRenamed(true)} />}
      <IconButton icon="delete" label="Delete this conversation" onPress={() => deleteConversation(id)} />
    </ScreenHeader>
  );
}

/** As long as the server takes it. */
const LONGEST = 500;

function Rename({ conversation, onClose }: { conversation: Conversation; onClose: () => void }) {
  const styles = useStyles();
  const { id, titleSource } = conversation;
  const { say, attempt } = useNotices();
  const [title, setTitle] = useState(conversation.title ?? "");
  const [problem, setProblem] = useState("");

  function close() {
    onClose();
    setTimeout(focusHeading); // which is drawn by then
  }

  async function save(title: string | null) {
    try {
      await apiChangeConversation(id, { title });
      close();
      say("Renamed.", { label: "Undo", onPress: () => attempt(() => apiUndoConversation(id)) });
    } catch (error) {
      setProblem(messageOf(error));
    }
  }

  return (
    <View style={styles.form}>
      <Field
        label="Title"
        value={title}
        onChangeText={setTitle}
        onSubmitEditing={() => save(title)}
        onKeyPress={({ nativeEvent }) => nativeEvent.key === "Escape" && close()}
        maxLength={LONGEST}
        enterKeyHint="done"
        autoFocus
        selectTextOnFocus
      />
      <Problem text={problem} />
      <View style={styles.actions}>
        <Button kind="primary" label="Save" busyLabel="Saving…" onPress={() => save(title)} />
        <Button label="Cancel" onPress={close} />
        {titleSource === "user" && (
          <Button
            kind="link"
            label="Back to OMI’s title or the first words"
            busyLabel="Saving…"
            onPress={() => save(null)}
          />
        )}
      </View>
    </View>
  );
}

const useStyles = themed(() => ({
  form: { gap: 8, paddingVertical: 4 },
  actions: { flexDirection: "row", flexWrap: "wrap", columnGap: 10, rowGap: 4 },
}));
