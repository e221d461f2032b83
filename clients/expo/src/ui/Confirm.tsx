import { createContext, useCallback, useContext, useState, type ReactNode } from "react";
import { Modal, Pressable, View } from "react-native";

import { Button } from "./Button";
import { Text } from "./Text";
import { themed } from "./theme";

type Question<Name extends string> = {
  title: string;
  consequences: string[];
  /** What can be done, by name; the last one is the gravest. */
  actions: Record<Name, string>;
};

/** Says the consequences before something that cannot be taken back. Resolves to the chosen action's name, or null. */
type Choose = <Name extends string>(question: Question<Name>) => Promise<Name | null>;
type Open = { question: Question<string>; answer: (name: string | null) => void };

const Context = createContext<Choose>(async () => null);
export const useChoice = () => useContext(Context);

export function ConfirmProvider({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState<Open | null>(null);

  const choose = useCallback<Choose>(
    (question) =>
      new Promise((resolve) => {
        const answer = (name: string | null) => {
          setOpen(null);
          resolve(name as Parameters<typeof resolve>[0]);
        };
        setOpen({ question, answer });
      }),
    [],
  );

  return (
    <Context value={choose}>
      {children}
      {open && <Dialog {...open} />}
    </Context>
  );
}

function Dialog({ question: { title, consequences, actions }, answer }: Open) {
  const styles = useStyles();
  const names = Object.keys(actions);
  const cancel = () => answer(null);
  return (
    <Modal transparent animationType="fade" onRequestClose={cancel} aria-label={title}>
      <View style={styles.veil}>
        <Pressable style={styles.outside} onPress={cancel} tabIndex={-1} aria-hidden />
        <View style={styles.dialog} aria-modal accessibilityViewIsModal>
          <Text kind="heading">{title}</Text>
          {consequences.map((consequence) => (
            <Text key={consequence}>{consequence}</Text>
          ))}
          <View style={styles.actions}>
            <Button label="Cancel" onPress={cancel} />
            {names.map((name) => (
              <Button
                key={name}
                label={actions[name]!}
                kind={name === names.at(-1) ? "danger" : "plain"}
                onPress={() => answer(name)}
              />
            ))}
          </View>
        </View>
      </View>
    </Modal>
  );
}

const useStyles = themed(({ surface, veil }) => ({
  veil: { flex: 1, alignItems: "center", justifyContent: "center", padding: 20, backgroundColor: veil },
  outside: { position: "absolute", top: 0, bottom: 0, left: 0, right: 0, cursor: "auto" },
  dialog: { width: "100%", maxWidth: 440, gap: 12, padding: 24, borderRadius: 20, backgroundColor: surface },
  actions: { flexDirection: "row", flexWrap: "wrap", justifyContent: "flex-end", gap: 10, marginTop: 8 },
}));
