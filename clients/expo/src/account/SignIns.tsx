import { apiListSignIns, apiRevokeOtherSignIns, apiRevokeSignIn, type SignIn } from "omilink";
import { useEffect, useState } from "react";
import { Platform, View } from "react-native";

import { isCaughtUp, useLive } from "../live/LiveProvider";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { useChoice } from "../ui/Confirm";
import { messageOf, useNotices } from "../ui/Notice";
import { Problem } from "../ui/Problem";
import { Text } from "../ui/Text";
import { TARGET, themed } from "../ui/theme";
import { dayAndTime } from "../words";
import { clientName } from "./clientName";

/** Undefined until the server has answered; the problem is why it last did not. */
type Known = { signIns?: SignIn[]; problem?: string };

/**
 * Where the user is signed in, and how to end it there. Asks again when the connection is back and when `changes`,
 * which counts what may have changed it, has grown.
 */
export function SignIns({ changes, onChanged }: { changes: number; onChanged: () => void }) {
  const styles = useStyles();
  const choose = useChoice();
  const { attempt } = useNotices();
  const isOnline = isCaughtUp(useLive().state);
  const [{ signIns, problem }, setKnown] = useState<Known>({});

  useEffect(() => {
    let isNewest = true;
    ask().then((answer) => isNewest && setKnown((before) => ({ ...before, ...answer })));
    return () => {
      isNewest = false;
    };
  }, [changes, isOnline]);

  async function end(title: string, consequence: string, action: string, task: () => Promise<unknown>) {
    const choice = await choose({ title, consequences: [consequence], actions: { end: action } });
    if (choice && (await attempt(task))) onChanged();
  }

  const endOne = ({ id, client }: SignIn) =>
    end(
      `Sign out of “${clientName(client)}”?`,
      "It is signed out at once, and no longer shows your words.",
      "Sign out",
      () => apiRevokeSignIn(id),
    );
  const endOthers = () =>
    end(
      "Sign out everywhere else?",
      "All other browsers and apps are signed out at once. You stay signed in here.",
      "Sign out",
      apiRevokeOtherSignIns,
    );

  return (
    <Card>
      <View style={styles.row}>
        <Text kind="heading" style={styles.what}>
          Where you are signed in
        </Text>
        {signIns && signIns.length > 1 && <Button label="Sign out everywhere else" onPress={endOthers} />}
      </View>
      <Problem text={problem} />
      {!signIns && !problem && <Text kind="quiet">Loading…</Text>}
      {thisFirst(signIns).map((signIn) => (
        <View key={signIn.id} role="article" aria-label={clientName(signIn.client)} style={[styles.row, styles.one]}>
          <View style={styles.what}>
            <Text kind="strong">{clientName(signIn.client)}</Text>
            <Text kind="quiet">{`Signed in ${dayAndTime(signIn.createdAt)}`}</Text>
          </View>
          {signIn.current ? (
            <Badge color="good">{HERE}</Badge>
          ) : (
            <Button
              label="Sign out"
              aria-label={`Sign ${clientName(signIn.client)} out`}
              onPress={() => endOne(signIn)}
            />
          )}
        </View>
      ))}
    </Card>
  );
}

const HERE = Platform.OS === "web" ? "This browser" : "This phone";

async function ask(): Promise<Known> {
  try {
    return { signIns: await apiListSignIns(), problem: undefined };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

function thisFirst(signIns: SignIn[] = []): SignIn[] {
  return [...signIns].sort((a, b) => Number(b.current) - Number(a.current));
}

const useStyles = themed(() => ({
  row: { flexDirection: "row", flexWrap: "wrap", alignItems: "center", gap: 10 },
  one: { minHeight: TARGET },
  what: { flexGrow: 1, flexShrink: 1, flexBasis: 150 },
}));
