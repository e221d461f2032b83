import { apiDeleteAccount } from "omilink";
import { useRef, useState } from "react";
import type { TextInput } from "react-native";

import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { useChoice } from "../ui/Confirm";
import { Field } from "../ui/Field";
import { messageOf } from "../ui/Notice";
import { Problem } from "../ui/Problem";
import { Text } from "../ui/Text";
import { useAccount } from "./AccountProvider";

/** The way out for good: whoever can sign up in an app must be able to leave there, too. */
export function DeleteAccount() {
  const { leave } = useAccount();
  const choose = useChoice();
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState("");
  const passwordInput = useRef<TextInput>(null);

  async function remove() {
    setProblem("");
    if (!password) return refuse(new Error("Enter your password."));
    const choice = await choose({
      title: "Delete your account for ever?",
      consequences: [
        "All your conversations, and every word in them, are removed from this server.",
        "Your sessions become nobody’s. Whoever knows a session’s id could link it.",
        "Your webhook address stops working, and everything that shows your words signs out.",
      ],
      actions: { delete: "Delete for ever" },
    });
    if (!choice) return;
    try {
      await apiDeleteAccount({ password });
      await leave("Your account has been deleted.");
    } catch (error) {
      refuse(error);
    }
  }

  function refuse(error: unknown) {
    setProblem(messageOf(error));
    passwordInput.current?.focus();
  }

  return (
    <Card>
      <Text kind="heading">Delete your account</Text>
      <Text kind="quiet">
        Every conversation and every word is removed for ever, your sessions are unlinked, and your webhook address
        stops working. Nobody can undo it.
      </Text>
      <Problem text={problem} />
      <Field
        ref={passwordInput}
        label="Your password, to delete everything"
        value={password}
        onChangeText={setPassword}
        autoCapitalize="none"
        autoComplete="current-password"
        secureTextEntry
      >
        <Button label="Delete" aria-label="Delete account" busyLabel="Deleting…" onPress={remove} />
      </Field>
    </Card>
  );
}
