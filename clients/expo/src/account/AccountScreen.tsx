import { View } from "react-native";

import { useLive } from "../live/LiveProvider";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { Column } from "../ui/Column";
import { useNotices } from "../ui/Notice";
import { ScreenHeader } from "../ui/ScreenHeader";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";
import { fullDay } from "../words";
import { useAccount } from "./AccountProvider";
import { DeleteAccount } from "./DeleteAccount";

/** Who is signed in, and the way out. */
export function AccountScreen() {
  const styles = useStyles();
  const { user } = useLive();
  const { signOut } = useAccount();
  const { attempt } = useNotices();
  const { email, displayName, createdAt } = user;
  return (
    <View style={{ flex: 1 }}>
      <ScreenHeader title="Account" />
      <Column>
        <Card style={styles.card}>
          <View style={styles.who}>
            <Text kind="heading">{displayName || email}</Text>
            <Text kind="quiet">
              {[displayName && email, `Account since ${fullDay(createdAt)}`].filter(Boolean).join(" · ")}
            </Text>
          </View>
          <Button icon="sign-out" label="Sign out" busyLabel="Signing out…" onPress={() => attempt(signOut)} />
        </Card>
        <DeleteAccount />
      </Column>
    </View>
  );
}

const useStyles = themed(() => ({
  card: { flexDirection: "row", flexWrap: "wrap", alignItems: "center" },
  who: { flexGrow: 1, flexShrink: 1, flexBasis: 200 },
}));
