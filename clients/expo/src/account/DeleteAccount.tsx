import { apiDeleteAccount } from "omilink";
import { View } from "react-native";

import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { useChoice } from "../ui/Confirm";
import { Text } from "../ui/Text";
import { signedOutBecause } from "../words";
import { useAccount } from "./AccountProvider";

/** Deletes the account. App stores ask for this wherever an account can be made. */
export function DeleteAccount() {
  const { leave } = useAccount();
  const choose = useChoice();

  async function remove() {
    const choice = await choose({
      title: "Delete your account for ever?",
      consequences: [
        "All your conversations are removed, with every word in them.",
        "Your sessions are unlinked. Whoever knows the id of a device could link it.",
        "Your webhook address stops working, and everything that shows your words signs out.",
      ],
      actions: { delete: "Delete for ever" },
      withPassword: { task: (password) => apiDeleteAccount({ password }), busyLabel: "Deleting…" },
    });
    if (choice) await leave(signedOutBecause("account_deleted"));
  }

  return (
    <Card>
      <Text kind="heading">Delete your account</Text>
      <Text>This removes everything of yours from this server. It cannot be undone.</Text>
      <View style={{ alignItems: "flex-end" }}>
        <Button kind="risky" label="Delete account" onPress={remove} />
      </View>
    </Card>
  );
}
