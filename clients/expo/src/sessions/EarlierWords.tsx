import { apiTakeEarlier, type OmiAccount } from "omilink";
import { earlierState } from "omilink/screens";
import { useRef } from "react";
import { View } from "react-native";

import { Button } from "../ui/Button";
import { takeFocus } from "../ui/focus";
import { useNotices } from "../ui/Notice";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";
import { count, dayAndTime } from "../words";
import { useSessions } from "./SessionsProvider";

type Earlier = OmiAccount["earlier"]["waiting"];

/** Conversations from the day before an OMI account was linked: the user adds them, leaves them out, or gives them back. */
export function EarlierWords({ account: { omiUserId, earlier } }: { account: OmiAccount }) {
  const styles = useStyles();
  const { leftOut, leaveOut, refresh } = useSessions();
  const { attempt } = useNotices();
  const first = useRef<View>(null);
  const { waiting, brought } = earlier;
  const state = earlierState(earlier, leftOut.has(omiUserId));
  if (state === "nothing") return null;
  const isAdded = state === "added";
  const text = {
    added: `${some(brought, "is", "are")} yours now.`,
    "left out": `${some(waiting, "stays", "stay")} out.`,
    offered: `${some(waiting, "was", "were")} heard before you linked. Add ${waiting.conversations === 1 ? "it" : "them"}?`,
  }[state];

  const take = () =>
    attempt(async () => {
      await apiTakeEarlier(omiUserId, !isAdded);
      leaveOut(omiUserId, isAdded);
      await refresh();
    });
  const leave = () => {
    leaveOut(omiUserId, true);
    takeFocus(first); // this button goes
  };

  return (
    <View style={styles.earlier}>
      <Text role="status">{text}</Text>
      <View style={styles.buttons}>
        <Button
          ref={first}
          kind={state === "offered" ? "primary" : "plain"}
          label={isAdded ? "Undo" : "Add"}
          busyLabel={isAdded ? "Undoing…" : "Adding…"}
          onPress={take}
        />
        {state === "offered" && <Button label="Leave out" onPress={leave} />}
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
