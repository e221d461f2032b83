import { apiGetWebhookUrl, apiRotateWebhookUrl, type PersonalUrl } from "omilink";
import { arrivalAt, isOnTheInternet, lastWordsAt, replacedAt } from "omilink/screens";
import { useCallback, useEffect, useRef, useState } from "react";
import { View, type TextInput } from "react-native";

import { isCaughtUp, useIsOffline, useLive } from "../live/LiveProvider";
import { serverAddress } from "../server";
import { useSessions } from "../sessions/SessionsProvider";
import { Button } from "../ui/Button";
import { useChoice } from "../ui/Confirm";
import { AS_TYPED, Field } from "../ui/Field";
import { takeFocus } from "../ui/focus";
import { LinkButton } from "../ui/LinkButton";
import { messageOf, useNotices } from "../ui/Notice";
import { Problem } from "../ui/Problem";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";
import { useNow } from "../useNow";
import { OFFLINE, ago, dayAndTime } from "../words";
import { AddressCode } from "./AddressCode";
import { Arrival } from "./Arrival";
import { CopyButton } from "./CopyButton";
import { Step } from "./Step";
import { useLookOften } from "./useLookOften";

/** Links by the user's own webhook address: what to do with it, and whether words arrive there. */
export function OwnAddress() {
  const styles = useStyles();
  const addressInput = useRef<TextInput>(null);
  const { address, problem, load, replace } = useAddress(() => takeFocus(addressInput));
  const { is, text } = useArrival(replacedAt(address));
  const isHere = is === "heard" || is === "arrived";
  // Until it is known the server's is the best guess: what comes later moves what somebody wants to press.
  const isReachable = isOnTheInternet(address?.url ?? serverAddress());
  useLookOften(is !== "arrived");
  return (
    <>
      <Step number={1}>
        <Field
          ref={addressInput}
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
        <Text kind="quiet">Words that are sent to this address become yours, so do not share it.</Text>
        <AddressCode version={address?.createdAt ?? ""} />
      </Step>
      <Step number={2}>
        <Text kind="strong">Paste it into the OMI app</Text>
        <Text kind="quiet">
          Settings → Developer → webhook URL for “Real-time transcript”. Paste it for created conversations and for day
          summaries too: titles, summaries and words that did not come live arrive there.
        </Text>
        {!isHere && !isReachable && (
          <Text style={styles.hint}>
            OMI’s cloud reaches only https addresses on the internet, and this server does not have one yet. Ask its
            operator. A device or a program in your own network can use the address.
          </Text>
        )}
      </Step>
      <Step number={3}>
        <Text kind="strong">Say something</Text>
        <Arrival hasArrived={is === "arrived"} isTicking={is === "heard"}>
          {text}
        </Arrival>
        {isHere && <LinkButton to={{ screen: "live" }} label="See what it hears" style={styles.first} />}
      </Step>
      <View style={styles.foot}>
        <Text kind="quiet" style={styles.previous}>
          {address?.previousValidUntil
            ? `The previous address works until ${dayAndTime(address.previousValidUntil)}.`
            : ""}
        </Text>
        <Button kind="link" label="Replace address" busyLabel="Replacing…" onPress={replace} />
      </View>
    </>
  );
}

function useAddress(onReplaced: () => void) {
  const choose = useChoice();
  const { say, attempt } = useNotices();
  const isOnline = isCaughtUp(useLive().state);
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
  }, [load, isOnline]);

  async function replace() {
    const choice = await choose({
      title: "Replace your webhook address?",
      consequences: [
        "You get a new address. The present one works for another 24 hours: paste the new one into the OMI app by then. " +
          "An address that was replaced earlier stops at once.",
      ],
      actions: { replace: "Replace" },
    });
    if (!choice) return;
    await attempt(async () => {
      setAddress(await apiRotateWebhookUrl());
      say("This is your new address. Paste it into the OMI app.");
      onReplaced();
    });
  }

  return { address, problem, load, replace };
}

/** Whether words come in at the address, in words. */
function useArrival(replaced: number): { is: ReturnType<typeof arrivalAt>["is"]; text: string } {
  const now = useNow();
  const { sessions } = useSessions();
  const isOffline = useIsOffline();
  const [before, setBefore] = useState<number>();
  if (sessions && before === undefined) setBefore(lastWordsAt(sessions));
  const { is, last } = arrivalAt(sessions ?? [], { before: before ?? 0, replaced });
  const text = {
    waiting: replaced ? "Waiting for the first words at the new address…" : "Waiting for the first words…",
    called: "Your wearable has called. Waiting for the first words…",
    heard: `Last words ${ago(last, now)}.`,
    arrived: replaced
      ? "Words are arriving, at this address or the previous one."
      : "Words are arriving. Your wearable is linked.",
  }[is];
  return { is, text: isOffline && is !== "arrived" ? OFFLINE : text };
}

const useStyles = themed(({ warnTint }) => ({
  hint: { padding: 14, borderRadius: 12, overflow: "hidden", backgroundColor: warnTint, fontSize: 15, lineHeight: 22 },
  foot: { flexDirection: "row", alignItems: "center", gap: 10 },
  previous: { flex: 1 },
  first: { alignSelf: "flex-start" },
}));
