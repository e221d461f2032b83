import { apiConfirmOmiLink, apiResendOmiLink, apiStartOmiLink } from "omilink";
import { goodUntil, linkStep, underWay, type Proof } from "omilink/screens";
import { useEffect, useRef, useState, type Ref } from "react";
import { View, type TextInput, type Text as NativeText } from "react-native";

import { useIsOffline } from "../live/LiveProvider";
import { useNavigation } from "../Navigation";
import { EarlierWords } from "../sessions/EarlierWords";
import { useSessions } from "../sessions/SessionsProvider";
import { readOut } from "../ui/announce";
import { Button } from "../ui/Button";
import { AS_TYPED, Field } from "../ui/Field";
import { focusWhenLost, takeFocus } from "../ui/focus";
import { LinkButton } from "../ui/LinkButton";
import { useNotices } from "../ui/Notice";
import { Problem } from "../ui/Problem";
import { FOCUSABLE, Text } from "../ui/Text";
import { themed } from "../ui/theme";
import { useNow } from "../useNow";
import { OFFLINE, minutesUntil, omiProblem } from "../words";
import { Arrival } from "./Arrival";
import { dismiss, isDismissed } from "./dismissed";
import { useLookOften } from "./useLookOften";

/** Links an OMI account by a sentence that its wearable hears, or by a number on its phone. `uid` is that account. */
export function SpokenSentence({ uid }: { uid?: string }) {
  const styles = useStyles();
  const now = useNow();
  const { go } = useNavigation();
  const { say: tell } = useNotices();
  const { omi, refresh } = useSessions();
  const [named, setNamed] = useState(uid);
  const [typed, setTyped] = useState(uid ?? "");
  const [proof, setProof] = useState<Proof | null>(null);
  const [number, setNumber] = useState("");
  const [problem, setProblem] = useState("");
  const uidInput = useRef<TextInput>(null);
  const numberInput = useRef<TextInput>(null);

  if (uid !== named) {
    setNamed(uid);
    if (uid && uid !== proof?.uid) begin(uid);
  }
  const account = omi?.omi_links.find(({ omiUserId }) => omiUserId === (proof?.uid ?? uid));
  if (account && proof) setProof(null);
  const pending = underWay(omi, { named: uid ?? typed, isDismissed, now }); // since before a reload, or from elsewhere
  if (!account && !proof && pending) {
    setTyped(pending.uid);
    setProof(pending);
  }
  const step = linkStep({ account, until: proof?.until, now });
  const { sentence, again, live, start: started } = useFocus(step, proof, uidInput, uid);
  useLookOften(step === "waiting");

  // The route names the account, so that a page that the phone has unloaded shows it again.
  const about = proof?.uid;
  useEffect(() => {
    if (about && about !== uid) go({ screen: "link", uid: about }, { replace: true });
  }, [about, uid, go]);

  function begin(wanted = "") {
    setTyped(wanted);
    setProof(null);
    setProblem("");
  }

  function startOver() {
    dismiss([...(omi?.pending ?? []), ...(proof ? [proof] : [])].map(({ say }) => say));
    begin();
    go({ screen: "link" }, { replace: true });
  }

  async function attempt(input: { current: TextInput | null }, task: () => Promise<void>) {
    setProblem("");
    try {
      await task();
    } catch (error) {
      setProblem(omiProblem(error as Error));
      takeFocus(input);
    }
  }

  const start = (wanted: string) =>
    attempt(uidInput, async () => {
      if (!wanted) throw new Error("Enter your OMI user id.");
      const { say, pushed, notPushed } = await apiStartOmiLink(wanted, { bringEarlier: false });
      if (!say) {
        go({ screen: "link", uid: wanted }, { replace: true });
        return refresh();
      }
      setNumber("");
      setProof({ uid: wanted, say, until: goodUntil(Date.now()), isPushed: pushed, notPushed });
      readOut(`Say this into your wearable: ${say}`);
      started();
    });
  const confirm = () =>
    attempt(numberInput, async () => {
      if (!/\d/.test(number)) throw new Error("Enter the number from your phone.");
      await apiConfirmOmiLink(proof!.uid, number);
      await refresh();
    });
  const resend = () =>
    attempt(numberInput, async () => {
      const { pushed, notPushed } = await apiResendOmiLink(proof!.uid);
      setNumber("");
      setProof(proof && { ...proof, isPushed: pushed, notPushed });
      if (pushed) tell("A new number is on its way. The previous one no longer counts.");
    });

  return (
    <>
      {step === "asking" && (
        <Field
          ref={uidInput}
          label="Your OMI user id"
          value={typed}
          onChangeText={setTyped}
          onSubmitEditing={() => start(typed.trim())}
          rule="The OMI app shows it as “User ID” under Settings, in your profile or in the developer settings."
          maxLength={128}
          {...AS_TYPED}
        >
          <Button kind="primary" label="Start" busyLabel="Starting…" onPress={() => start(typed.trim())} />
        </Field>
      )}
      {step === "waiting" && proof && <Sentence key={proof.say} ref={sentence} proof={proof} />}
      {step !== "asking" && <News step={step} until={proof?.until ?? now} now={now} />}
      {step === "waiting" && proof?.isPushed && (
        <Field
          ref={numberInput}
          label="Or type the number that the OMI app has just shown on your phone"
          value={number}
          onChangeText={setNumber}
          onSubmitEditing={confirm}
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={12}
        >
          <Button kind="primary" label="Confirm" busyLabel="Checking…" onPress={confirm} />
        </Field>
      )}
      <Problem text={problem} />
      {proof?.notPushed && <Text kind="quiet">{`No number went to your phone. ${proof.notPushed}`}</Text>}
      {proof && (
        <View style={styles.buttons}>
          <Button ref={again} label="New sentence" busyLabel="Starting…" onPress={() => start(proof.uid)} />
          {(proof.isPushed || proof.notPushed) && <Button label="New number" busyLabel="Sending…" onPress={resend} />}
          <Button kind="link" label="Cancel" onPress={startOver} />
        </View>
      )}
      {account && (
        <>
          <EarlierWords account={account} />
          <View style={styles.buttons}>
            <LinkButton ref={live} kind="primary" to={{ screen: "live" }} label="See what it hears" />
            <Button kind="link" label="Link another" onPress={startOver} />
          </View>
        </>
      )}
    </>
  );
}

type Step = ReturnType<typeof linkStep>;

/** Leads the keyboard along: to a sentence that was asked for, and on from what goes with the step before. */
function useFocus(step: Step, proof: Proof | null, input: { current: TextInput | null }, uid?: string) {
  const sentence = useRef<NativeText>(null);
  const again = useRef<View>(null);
  const live = useRef<View>(null);
  const hasStarted = useRef(false);
  const place = `${step} ${uid ?? ""}`;
  const before = useRef(uid ? "" : place); // an account that the route names is to be looked at

  useEffect(() => {
    if (place === before.current) return;
    before.current = place;
    if (step === "asking") takeFocus(input);
    if (step === "expired") focusWhenLost(again);
    if (step === "linked") focusWhenLost(live);
  }, [place, step, input]);

  const say = proof?.say;
  useEffect(() => {
    if (say && hasStarted.current) takeFocus(sentence);
    hasStarted.current = false;
  }, [say]);

  return { sentence, again, live, start: () => (hasStarted.current = true) };
}

function Sentence({ ref, proof }: { ref: Ref<NativeText>; proof: Proof }) {
  const now = useNow();
  const styles = useStyles();
  const heard = useSessions().omi?.pending.find(({ say }) => say === proof.say)?.heard;
  return (
    <>
      <Text kind="strong">Say this into your wearable</Text>
      <Text ref={ref} selectable testID="sentence" style={styles.sentence} {...FOCUSABLE}>
        {proof.say}
      </Text>
      <Text kind="quiet">At your usual pace, and as often as you like. The sentence itself is not saved.</Text>
      <Text kind="quiet" role="timer">{`Good for another ${minutesUntil(proof.until, now)}`}</Text>
      <View role="status">
        {heard && <Text style={styles.heard}>{`Heard “${heard}”. That is close: say all six words once more.`}</Text>}
      </View>
    </>
  );
}

/** By then a sentence is heard, if the wearable's words come here at all. */
const HEARD_WITHIN = 30_000;

function News({ step, until, now }: { step: Step; until: number; now: number }) {
  const isOffline = useIsOffline();
  const isLate = until < goodUntil(now) - HEARD_WITHIN;
  const listening = isLate
    ? "Nothing heard yet. The OMI app has to send its words to this server first."
    : "Listening for your sentence…";
  const news = {
    asking: "",
    waiting: isOffline ? OFFLINE : listening,
    expired: "Ten minutes are over, and the sentence no longer counts.",
    linked: "Your wearable is linked.",
  }[step];
  return <Arrival hasArrived={step === "linked"}>{news}</Arrival>;
}

const useStyles = themed(({ mine, ink, warnTint }) => ({
  buttons: { flexDirection: "row", flexWrap: "wrap", alignItems: "center", gap: 14 },
  heard: { padding: 12, borderRadius: 12, overflow: "hidden", backgroundColor: warnTint },
  sentence: {
    padding: 20,
    borderRadius: 14,
    overflow: "hidden",
    backgroundColor: mine,
    color: ink,
    fontSize: 22,
    lineHeight: 32,
    fontWeight: "600",
    textAlign: "center",
  },
}));
