import { apiTakeEarlier, type OmiAccount } from "omilink";
import { useState } from "react";
import { View } from "react-native";

import { Button } from "../ui/Button";
import { useNotices } from "../ui/Notice";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";
import { count, dayAndTime } from "../words";
import { useSessions } from "./SessionsProvider";

type Earlier = OmiAccount["earlier"]["waiting"];

/** What an OMI account's wearable heard on the day before the link: to be added, left out, or let go again. */
export function EarlierWords({ account: { omiUserId, earlier } }: { account: OmiAccount }) {
  const styles = useStyles();
  const { refresh } = useSessions();
  const { attempt } = useNotices();
  const [isLeftOut, setLeftOut] = useState(false);
  const { waiting, brought } = earlier;
  if (waiting.conversations + brought.conversations === 0) return null;

  const take = (bring: boolean) =>
    attempt(async () => {
      await apiTakeEarlier(omiUserId, bring);
      setLeftOut(!bring);
      await refresh();
    });

  if (brought.conversations > 0 && (isLeftOut || waiting.conversations === 0))
    return (
      <View style={styles.earlier}>
        <Text role="status">{`${some(brought, "is", "are")} yours now.`}</Text>
        <View style={styles.buttons}>
          <Button label="Undo" busyLabel="Undoing…" onPress={() => take(false)} />
        </View>
      </View>
    );
  const offer = `${some(waiting, "was", "were")} heard before you linked. Add ${waiting.conversations === 1 ? "it" : "them"}?`;
  return (
    <View style={styles.earlier}>
      <Text role="status">{isLeftOut ? `${some(waiting, "stays", "stay")} out.` : offer}</Text>
      <View style={styles.buttons}>
        <Button kind={isLeftOut ? "plain" : "primary"} label="Add" busyLabel="Adding…" onPress={() => take(true)} />
        {!isLeftOut && <Button label="Leave out" onPress={() => setLeftOut(true)} />}
      </View>
    </View>
  );
}

/** "3 conversations since 14:02 were" */
function some({ conversations, since }: Earlier, one: string, many: string): string {
  const when = since ? ` since ${dayAndTime(since)}` : "";
  return `${count(conversations, "conversation")}${when} ${conversations === 1 ? one : many}`;
}

const useStyles = themed(() => ({
  earlier: { gap: 10 },
  buttons: { flexDirection: "row", gap: 10 },
}));
