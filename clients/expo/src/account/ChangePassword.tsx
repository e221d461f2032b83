import { OmilinkError, apiChangePassword } from "omilink";
import { useRef, useState } from "react";
import type { TextInput } from "react-native";

import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { Field, NEW_PASSWORD, PASSWORD } from "../ui/Field";
import { messageOf, useNotices } from "../ui/Notice";
import { Problem } from "../ui/Problem";
import { Text } from "../ui/Text";
import { PASSWORD_MISSING, PASSWORD_RULE } from "../words";
import { WhosePassword } from "./WhosePassword";

/** Another password, which ends every other sign-in. */
export function ChangePassword({ onChanged }: { onChanged: () => void }) {
  const { say } = useNotices();
  const [password, setPassword] = useState("");
  const [newPassword, setNewPassword] = useState("");
  const [problem, setProblem] = useState("");
  const passwordInput = useRef<TextInput>(null);
  const newPasswordInput = useRef<TextInput>(null);

  async function change() {
    setProblem("");
    try {
      if (!password) throw new Error(PASSWORD_MISSING);
      if (!newPassword) throw new Error("Enter the new password.");
      await apiChangePassword({ password, newPassword });
      setPassword("");
      setNewPassword("");
      say("Your password is changed. You are signed out everywhere else.");
      onChanged();
    } catch (error) {
      setProblem(messageOf(error));
      (password && !isWrong(error) ? newPasswordInput : passwordInput).current?.focus();
    }
  }

  return (
    <Card>
      <Text kind="heading">Change your password</Text>
      <Text kind="quiet">You stay signed in here. Everywhere else you are signed out.</Text>
      <Problem text={problem} />
      <WhosePassword />
      <Field
        ref={passwordInput}
        label="Current password"
        value={password}
        onChangeText={setPassword}
        {...PASSWORD}
        onSubmitEditing={() => newPasswordInput.current?.focus()}
        submitBehavior="submit"
      />
      <Field
        ref={newPasswordInput}
        label="New password"
        rule={PASSWORD_RULE}
        value={newPassword}
        onChangeText={setNewPassword}
        {...NEW_PASSWORD}
        onSubmitEditing={change}
      >
        <Button label="Change" aria-label="Change password" busyLabel="Changing…" onPress={change} />
      </Field>
    </Card>
  );
}

function isWrong(error: unknown): boolean {
  return error instanceof OmilinkError && error.code === "wrong_login";
}
