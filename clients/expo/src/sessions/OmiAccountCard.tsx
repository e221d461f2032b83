import { apiUnlinkOmiLink, type OmiAccount } from "omilink";
import { View } from "react-native";

import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { useChoice } from "../ui/Confirm";
import { useNotices } from "../ui/Notice";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";
import { provenHow } from "../words";
import { EarlierWords } from "./EarlierWords";
import { useSessions } from "./SessionsProvider";

/** An OMI account of the user's: how it was proven, and what was heard before. */
export function OmiAccountCard({ account }: { account: OmiAccount }) {
  const styles = useStyles();
  const choose = useChoice();
  const { attempt } = useNotices();
  const { refresh } = useSessions();
  const uid = account.omiUserId;

  async function unlink() {
    const choice = await choose({
      title: "Unlink this OMI account?",
      consequences: [
        "What it hears from now on is nobody’s, until somebody proves again that the account is theirs.",
        "The sessions that it linked are unlinked with it.",
        "What was saved stays yours.",
      ],
      actions: { unlink: "Unlink" },
    });
    if (!choice) return;
    await attempt(async () => {
      await apiUnlinkOmiLink(uid);
      await refresh();
    });
  }

  return (
    <Card role="article" aria-label={`OMI account ${uid}`}>
      <Text kind="subheading">{uid}</Text>
      <EarlierWords account={account} />
      <View style={styles.row}>
        <Text kind="quiet" style={styles.proof}>
          {provenHow(account)}
        </Text>
        <Button label="Unlink" aria-label={`Unlink OMI account ${uid}`} onPress={unlink} />
      </View>
    </Card>
  );
}

const useStyles = themed(() => ({
  row: { flexDirection: "row", flexWrap: "wrap", alignItems: "center", gap: 10 },
  proof: { flexGrow: 1, flexBasis: 180, minWidth: 0 },
}));
