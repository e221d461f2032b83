import * as Clipboard from "expo-clipboard";
import { apiGetWebhookUrl, apiRotateWebhookUrl, type PersonalUrl, type Session } from "omilink";
import { useCallback, useEffect, useState } from "react";
import { View } from "react-native";

import { useSessions } from "../sessions/SessionsProvider";
import { Button } from "../ui/Button";
import { useChoice } from "../ui/Confirm";
import { AS_TYPED, Field } from "../ui/Field";
import { messageOf, useNotices } from "../ui/Notice";
import { Problem } from "../ui/Problem";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";
import { dayAndTime } from "../words";
import { Arrival } from "./Arrival";
import { Step } from "./Step";
import { useLookOften } from "./useLookOften";

/** Links by the user's own webhook address: what to do with it, and whether words arrive there. */
export function OwnAddress() {
  const styles = useStyles();
  const { sessions } = useSessions();
  const { address, problem, load, replace } = useAddress();
  const arrival = arrivalOf(sessions);
  useLookOften(!arrival.hasArrived);
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
          <CopyButton text={address?.url} />
        </Field>
        <Problem text={problem} />
        {problem !== "" && <Button kind="link" label="Try again" busyLabel="Fetching…" onPress={load} />}
        <Text kind="quiet">What arrives there is yours, so keep the address to yourself.</Text>
      </Step>
      <Step number={2}>
        <Text kind="strong">Paste it into the OMI app</Text>
        <Text kind="quiet">Settings → Developer → webhook URL for “Real-time transcript”.</Text>
        {address && !arrival.hasArrived && !isOnTheInternet(address.url) && (
          <Text style={styles.hint}>
            OMI’s cloud reaches only https addresses on the internet, and this server is not at one yet. A device or a
            program in your own network can use the address as it is.
          </Text>
        )}
      </Step>
      <Step number={3}>
        <Text kind="strong">Say something</Text>
        <Arrival hasArrived={arrival.hasArrived}>{arrival.text}</Arrival>
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

function CopyButton({ text }: { text?: string }) {
  const { attempt } = useNotices();
  const [isCopied, setCopied] = useState(false);

  useEffect(() => {
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [isCopied]);

  return (
    <Button
      kind="primary"
      label={isCopied ? "Copied" : "Copy"}
      onPress={async () => text && setCopied(await attempt(() => Clipboard.setStringAsync(text)))}
    />
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

/** What has come in at the address so far. */
function arrivalOf(sessions: Session[] = []): { hasArrived: boolean; text: string } {
  const mine = sessions.filter(({ method }) => method === "personal");
  if (mine.some(({ messagesSaved }) => messagesSaved))
    return { hasArrived: true, text: "Words are arriving. Your wearable is linked." };
  if (mine.length > 0) return { hasArrived: false, text: "Your wearable has called. Waiting for the first words…" };
  return { hasArrived: false, text: "Waiting for the first words…" };
}

function isOnTheInternet(url: string): boolean {
  return /^https:/.test(url) && !/^https:\/\/(localhost|127\.|10\.|192\.168\.)/.test(url);
}

const useStyles = themed(({ warnTint }) => ({
  hint: { padding: 14, borderRadius: 12, overflow: "hidden", backgroundColor: warnTint, fontSize: 15, lineHeight: 22 },
  foot: { flexDirection: "row", alignItems: "center", gap: 10 },
  previous: { flex: 1 },
}));
