import { createContext, useCallback, useContext, useEffect, useId, useRef, useState, type ReactNode } from "react";
import { Modal, View, type TextInput } from "react-native";

import { PASSWORD_MISSING } from "../words";
import { Button } from "./Button";
import { Field, PASSWORD } from "./Field";
import { messageOf } from "./Notice";
import { Problem } from "./Problem";
import { Text } from "./Text";
import { themed } from "./theme";
import { useReducedMotion } from "./useReducedMotion";

type Question<Name extends string> = {
  title: string;
  consequences: string[];
  /** What can be done, by name; the last one is the gravest. */
  actions: Record<Name, string>;
  /** Nothing is lost by any of them. */
  isHarmless?: boolean;
  /** What is done with the user's password, and said meanwhile. What goes wrong is said in the dialog, which stays. */
  withPassword?: { task: (password: string) => Promise<void>; busyLabel: string };
};

/** Says the consequences before something grave is done. Resolves to the chosen action's name, or null. */
type Choose = <Name extends string>(question: Question<Name>) => Promise<Name | null>;
type Open = { question: Question<string>; resolve: (name: string | null) => void };

const Context = createContext<Choose>(async () => null);
export const useChoice = () => useContext(Context);

export function ConfirmProvider({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState<Open | null>(null);
  const isStill = useReducedMotion(); // asked before the first dialog opens

  const choose = useCallback<Choose>(
    (question) =>
      new Promise((resolve) => {
        setOpen({ question, resolve: (name) => resolve(name as Parameters<typeof resolve>[0]) });
      }),
    [],
  );

  // What is still open when another question comes, or when its user goes, is answered with null.
  useEffect(() => () => open?.resolve(null), [open]);

  function answer(name: string | null) {
    open?.resolve(name);
    setOpen(null);
  }

  return (
    <Context value={choose}>
      {children}
      {open && <Dialog question={open.question} isStill={isStill} answer={answer} />}
    </Context>
  );
}

type DialogProps = { question: Question<string>; isStill: boolean; answer: (name: string | null) => void };

function Dialog({ question, isStill, answer }: DialogProps) {
  const styles = useStyles();
  const { title, consequences, actions, isHarmless, withPassword } = question;
  const gravest = isHarmless ? "primary" : "danger";
  const id = useId();
  const names = Object.keys(actions);
  const cancel = () => answer(null);
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState("");
  const passwordInput = useRef<TextInput>(null);

  async function act(name: string) {
    setProblem("");
    try {
      if (withPassword && !password) throw new Error(PASSWORD_MISSING);
      await withPassword?.task(password);
      answer(name);
    } catch (error) {
      setProblem(messageOf(error));
      passwordInput.current?.focus();
    }
  }

  return (
    <Modal
      transparent
      animationType={isStill ? "none" : "fade"}
      onRequestClose={cancel}
      aria-label={title}
      {...{ "aria-describedby": id }} // which React Native does not know
    >
      <View style={styles.veil}>
        <View // and no Pressable, which would take the dialog's first focus
          style={styles.outside}
          onStartShouldSetResponder={() => true}
          onResponderRelease={cancel}
          aria-hidden
        />
        <View style={styles.dialog} aria-modal accessibilityViewIsModal>
          <Text kind="heading">{title}</Text>
          <View nativeID={id} style={styles.consequences}>
            {consequences.map((consequence) => (
              <Text key={consequence}>{consequence}</Text>
            ))}
          </View>
          {withPassword && (
            <>
              <Field
                ref={passwordInput}
                label="Your password"
                value={password}
                onChangeText={setPassword}
                autoFocus
                onSubmitEditing={() => act(names.at(-1)!)}
                {...PASSWORD}
              />
              <Problem text={problem} />
            </>
          )}
          <View style={styles.actions}>
            <Button label="Cancel" onPress={cancel} />
            {names.map((name) => (
              <Button
                key={name}
                label={actions[name]!}
                busyLabel={withPassword?.busyLabel}
                kind={name === names.at(-1) ? gravest : "plain"}
                onPress={() => act(name)}
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
  consequences: { gap: 12 },
  actions: { flexDirection: "row", flexWrap: "wrap", justifyContent: "flex-end", gap: 10, marginTop: 8 },
}));
