import { useState } from "react";
import { View } from "react-native";

import { useLive } from "../live/LiveProvider";
import { OfflineLine } from "../live/OfflineLine";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { Column } from "../ui/Column";
import { useNotices } from "../ui/Notice";
import { ScreenHeader } from "../ui/ScreenHeader";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";
import { fullDay } from "../words";
import { useAccount } from "./AccountProvider";
import { ChangePassword } from "./ChangePassword";
import { DeleteAccount } from "./DeleteAccount";
import { Download } from "./Download";
import { Licences } from "./Licences";
import { SignIns } from "./SignIns";

/** Who is signed in and where, another password, and the way out. */
export function AccountScreen() {
  const styles = useStyles();
  const { user } = useLive();
  const { signOut } = useAccount();
  const { attempt } = useNotices();
  const [changes, setChanges] = useState(0);
  const changed = () => setChanges((number) => number + 1);
  const { email, displayName, createdAt } = user;
  return (
    <View style={{ flex: 1 }}>
      <ScreenHeader title="Account" below={<OfflineLine />} />
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
        <Download />
        <SignIns changes={changes} onChanged={changed} />
        <ChangePassword onChanged={changed} />
        <DeleteAccount />
        <Licences />
      </Column>
    </View>
  );
}

const useStyles = themed(() => ({
  card: { flexDirection: "row", flexWrap: "wrap", alignItems: "center" },
  who: { flexGrow: 1, flexShrink: 1, flexBasis: 200 },
}));
