import { apiGetWebhookUrl, apiRotateWebhookUrl, type PersonalUrl } from "omilink";
import { useCallback, useEffect, useState } from "react";
import { View } from "react-native";

import { serverAddress } from "../server";
import { useSessions } from "../sessions/SessionsProvider";
import { Button } from "../ui/Button";
import { useChoice } from "../ui/Confirm";
import { AS_TYPED, Field } from "../ui/Field";
import { LinkButton } from "../ui/LinkButton";
import { messageOf, useNotices } from "../ui/Notice";
import { Problem } from "../ui/Problem";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";
import { useNow } from "../useNow";
import { ago, dayAndTime } from "../words";
import { Arrival } from "./Arrival";
import { CopyButton } from "./CopyButton";
import { Step } from "./Step";
import { useLookOften } from "./useLookOften";

/** Links by the user's own webhook address: what to do with it, and whether words arrive there. */
export function OwnAddress() {
  const styles = useStyles();
  const now = useNow();
  const { address, problem, load, replace } = useAddress();
  const { hasArrived, text, lastSeenAt } = useArrival();
  // Until it is known the server's is the best guess: what comes later moves what somebody wants to press.
  const isReachable = isOnTheInternet(address?.url ?? serverAddress());
  useLookOften(!hasArrived);
  return (
    <>
      <Step number={1}>
        <Field
          label="Copy your personal webhook address"
          value={address?.url ?? (problem ? "" : "Fetching your address…")}
          readOnly
          selectTextOnFocus
          {...AS_TYPED}
        >
          {address && <CopyButton text={address.url} />}
        </Field>
        <Problem text={problem} />
        {problem !== "" && (
          <Button kind="link" label="Try again" busyLabel="Fetching…" onPress={load} style={styles.first} />
        )}
        <Text kind="quiet">What arrives there is yours, so keep the address to yourself.</Text>
      </Step>
      <Step number={2}>
        <Text kind="strong">Paste it into the OMI app</Text>
        <Text kind="quiet">Settings → Developer → webhook URL for “Real-time transcript”.</Text>
        {!hasArrived && !isReachable && (
          <Text style={styles.hint}>
            OMI’s cloud reaches only https addresses on the internet, and this server is not at one yet. A device or a
            program in your own network can use the address as it is.
          </Text>
        )}
      </Step>
      <Step number={3}>
        <Text kind="strong">Say something</Text>
        <Arrival hasArrived={hasArrived}>{text}</Arrival>
        {hasArrived ? (
          <LinkButton kind="primary" to={{ screen: "live" }} label="See what it hears" style={styles.first} />
        ) : (
          lastSeenAt && <Text kind="quiet">{`Last words there ${ago(lastSeenAt, now)}.`}</Text>
        )}
      </Step>
      <View style={styles.foot}>
        <Text kind="quiet" style={styles.previous}>
          {address?.previousValidUntil
            ? `The address before works until ${dayAndTime(address.previousValidUntil)}.`
            : ""}
        </Text>
        <Button kind="link" label="Replace address" busyLabel="Replacing…" onPress={replace} />
      </View>
    </>
  );
}

function useAddress() {
  const choose = useChoice();
  const { say, attempt } = useNotices();
  const [address, setAddress] = useState<PersonalUrl>();
  const [problem, setProblem] = useState("");

  const load = useCallback(
    () =>
      apiGetWebhookUrl().then(
        (found) => {
          setAddress(found);
          setProblem("");
        },
        (error) => setProblem(messageOf(error)),
      ),
    [],
  );

  useEffect(() => {
    load();
  }, [load]);

  async function replace() {
    const choice = await choose({
      title: "Replace your webhook address?",
      consequences: [
        "You get a new one. The address you have now works for another 24 hours: paste the new one into the OMI app by " +
          "then. One that was replaced before stops at once.",
      ],
      actions: { replace: "Replace" },
    });
    if (!choice) return;
    await attempt(async () => {
      setAddress(await apiRotateWebhookUrl());
      say("This is your new address. Paste it into the OMI app.");
    });
  }

  return { address, problem, load, replace };
}

/** What has come in at the address since the screen opened, and when words last came there before. */
function useArrival(): { hasArrived: boolean; text: string; lastSeenAt?: string | null } {
  const { sessions } = useSessions();
  const mine = sessions?.filter(({ method }) => method === "personal") ?? [];
  const speaking = mine.filter(({ messagesSaved }) => messagesSaved);
  const saved = mine.reduce((sum, { messagesSaved = 0 }) => sum + messagesSaved, 0);
  const [known, setKnown] = useState<number>();
  if (sessions && (known === undefined || saved < known)) setKnown(saved); // fewer when some were deleted
  if (known !== undefined && saved > known)
    return { hasArrived: true, text: "Words are arriving. Your wearable is linked." };
  if (speaking[0]) return { hasArrived: false, text: "Waiting for new words…", lastSeenAt: speaking[0].lastSeenAt };
  const called = mine.length > 0 ? "Your wearable has called. " : "";
  return { hasArrived: false, text: `${called}Waiting for the first words…` };
}

function isOnTheInternet(url: string): boolean {
  return /^https:/.test(url) && !/^https:\/\/(localhost|127\.|10\.|192\.168\.)/.test(url);
}

const useStyles = themed(({ warnTint }) => ({
  hint: { padding: 14, borderRadius: 12, overflow: "hidden", backgroundColor: warnTint, fontSize: 15, lineHeight: 22 },
  foot: { flexDirection: "row", alignItems: "center", gap: 10 },
  previous: { flex: 1 },
  first: { alignSelf: "flex-start" },
}));
