import { apiAddActionItem, apiListActionItems } from "omilink";
import { listItems, type ListedItem } from "omilink/screens";
import { useRef, useState } from "react";
import { StyleSheet, View, type TextInput } from "react-native";

import { OfflineLine } from "../live/OfflineLine";
import { useConversation } from "../live/useConversation";
import { usePages } from "../live/usePages";
import { titleOf } from "../live/titles";
import { Button } from "../ui/Button";
import { Choice } from "../ui/Choice";
import { Column } from "../ui/Column";
import { Field } from "../ui/Field";
import { takeFocus } from "../ui/focus";
import { LinkButton } from "../ui/LinkButton";
import { messageOf, useNotices } from "../ui/Notice";
import { Problem } from "../ui/Problem";
import { ScreenHeader } from "../ui/ScreenHeader";
import { Text } from "../ui/Text";
import { ToDoItem } from "./ToDoItem";

const VIEWS = { open: "Open", done: "Done" };
type Shown = keyof typeof VIEWS;

const LISTS = { open: listOf(false), done: listOf(true) };

function listOf(done: boolean) {
  return {
    ask: (cursor: string | null) => apiListActionItems({ done, cursor }),
    apply: listItems(done),
    keyOf: ({ id }: ListedItem) => id,
  };
}

/** What is to be done, over all conversations, and what the user has added. */
export function ToDoScreen() {
  const [shown, setShown] = useState<Shown>("open");
  return (
    <View style={{ flex: 1 }}>
      <ScreenHeader title="To do" below={<OfflineLine />} />
      <Items key={shown} shown={shown} onShow={setShown} />
    </View>
  );
}

function Items({ shown, onShow }: { shown: Shown; onShow: (shown: Shown) => void }) {
  const { attempt } = useNotices();
  const { items, next, problem, load, hear } = usePages(LISTS[shown]);
  const isFirstOf = (index: number) => items[index]!.conversationId !== items[index - 1]?.conversationId;
  return (
    <Column>
      <NewItem onAdded={(actionItem) => hear({ type: "action_item_changed", actionItem })} />
      <Choice label="Which" choices={VIEWS} chosen={shown} onChoose={onShow} />
      <View role="list" aria-label="Things to do">
        {items.map((item, index) => (
          <View key={item.id} role="listitem">
            {item.conversationId !== null && isFirstOf(index) && <FromConversation id={item.conversationId} />}
            <ToDoItem item={item} hear={hear} />
          </View>
        ))}
      </View>
      <Problem text={problem} />
      {next === undefined && items.length === 0 && !problem && <Text kind="quiet">Loading…</Text>}
      {next === null && items.length === 0 && <Text kind="quiet">{EMPTY[shown]}</Text>}
      {next && <Button label="More" busyLabel="Loading…" onPress={() => attempt(load)} style={styles.start} />}
    </Column>
  );
}

const EMPTY = {
  open: "Nothing to do. What is agreed on in a conversation appears here with its summary.",
  done: "Nothing is done yet.",
};

function FromConversation({ id }: { id: string }) {
  const conversation = useConversation(id);
  return (
    <LinkButton
      kind="link"
      to={{ screen: "conversation", id }}
      label={conversation ? titleOf(conversation) : "The conversation"}
    />
  );
}

function NewItem({ onAdded }: { onAdded: (item: ListedItem) => void }) {
  const input = useRef<TextInput>(null);
  const [text, setText] = useState("");
  const [problem, setProblem] = useState("");

  async function add() {
    if (text.trim() === "") return takeFocus(input);
    try {
      onAdded(await apiAddActionItem({ text: text.trim() }));
      setText("");
      setProblem("");
    } catch (error) {
      setProblem(messageOf(error));
    }
    takeFocus(input);
  }

  return (
    <>
      <Field
        ref={input}
        label="Something to do"
        value={text}
        onChangeText={setText}
        onSubmitEditing={add}
        maxLength={500}
        enterKeyHint="done"
      >
        <Button kind="primary" label="Add" busyLabel="Adding…" onPress={add} />
      </Field>
      <Problem text={problem} />
    </>
  );
}

const styles = StyleSheet.create({ start: { alignSelf: "flex-start" } });
