import { apiDeleteAccount } from "omilink";
import { View } from "react-native";

import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { useChoice } from "../ui/Confirm";
import { Text } from "../ui/Text";
import { useAccount } from "./AccountProvider";

/** The way out for good: whoever can sign up in an app must be able to leave there, too. */
export function DeleteAccount() {
  const { leave } = useAccount();
  const choose = useChoice();

  async function remove() {
    const choice = await choose({
      title: "Delete your account for ever?",
      consequences: [
        "All your conversations, and every word in them, are removed from this server.",
        "Your sessions are unlinked. Whoever knows the id of a device could link it.",
        "Your webhook address stops working, and everything that shows your words signs out.",
      ],
      actions: { delete: "Delete for ever" },
      withPassword: { task: (password) => apiDeleteAccount({ password }), busyLabel: "Deleting…" },
    });
    if (choice) await leave("Your account has been deleted.");
  }

  return (
    <Card>
      <Text kind="heading">Delete your account</Text>
      <Text>
        Every conversation and every word is removed for ever, your sessions are unlinked, and your webhook address
        stops working. Nobody can undo it.
      </Text>
      <View style={{ alignItems: "flex-end" }}>
        <Button kind="risky" label="Delete account" onPress={remove} />
      </View>
    </Card>
  );
}
