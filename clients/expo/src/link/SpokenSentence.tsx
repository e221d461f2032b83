import { apiConfirmOmiLink, apiResendOmiLink, apiStartOmiLink } from "omilink";
import { useState, type ReactNode } from "react";
import { View } from "react-native";

import { EarlierWords } from "../sessions/EarlierWords";
import { useSessions } from "../sessions/SessionsProvider";
import { announce } from "../ui/announce";
import { Button } from "../ui/Button";
import { AS_TYPED, Field } from "../ui/Field";
import { LinkButton } from "../ui/LinkButton";
import { useNotices } from "../ui/Notice";
import { Problem } from "../ui/Problem";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";
import { useNow } from "../useNow";
import { minutesUntil, omiProblem } from "../words";
import { Arrival } from "./Arrival";
import { useLookOften } from "./useLookOften";

/** As long as the server listens for a sentence. Its clock may differ from ours, so ours counts from the start. */
const GOOD_FOR = 600_000;
/** By then a sentence is heard, if the wearable's words come here at all. */
const HEARD_WITHIN = 30_000;

/** What is under way: the sentence to say, until when it counts, and whether a number went to the phone. */
type Proof = { uid: string; say: string; until: number; isPushed: boolean; notPushed: string | null };

/** Links an OMI account by a sentence that its wearable hears, or by a number on its phone. */
export function SpokenSentence({ proposedUid = "" }: { proposedUid?: string }) {
  const { omi, refresh } = useSessions();
  const now = useNow();
  const [uid, setUid] = useState(proposedUid);
  const [proof, setProof] = useState<Proof | null>(null);
  const [problem, setProblem] = useState("");
  const [startedUid, setStartedUid] = useState("");
  const [cancelled, setCancelled] = useState<string[]>([]);
  const account = omi?.omi_links.find(({ omiUserId }) => omiUserId === startedUid);
  // Under way since before a reload, or asked for elsewhere.
  const pending = omi?.pending.find(({ omiUserId, say }) => !cancelled.includes(say) && (!uid || omiUserId === uid));
  if (!proof && !account && pending) {
    setStartedUid(pending.omiUserId);
    setProof(resumed(pending, omi?.canPush ?? false, now));
  }

  async function attempt(task: () => Promise<void>) {
    setProblem("");
    try {
      await task();
    } catch (error) {
      setProblem(omiProblem(error as Error));
    }
  }

  const start = (wanted: string) =>
    attempt(async () => {
      if (!wanted) throw new Error("Enter your OMI user id.");
      const { say, pushed, notPushed } = await apiStartOmiLink(wanted, { bringEarlier: false });
      setStartedUid(wanted);
      if (!say) return refresh();
      setProof({ uid: wanted, say, until: Date.now() + GOOD_FOR, isPushed: pushed, notPushed });
      announce(`Say this into your wearable: ${say}`);
    });

  function startOver() {
    const known = omi?.pending.map(({ say }) => say) ?? [];
    setCancelled([...cancelled, ...known, ...(proof ? [proof.say] : [])]);
    setProof(null);
    setStartedUid("");
    setUid("");
  }

  if (account)
    return (
      <>
        <Arrival hasArrived>Your wearable is linked.</Arrival>
        <EarlierWords account={account} />
        <Row>
          <LinkButton kind="primary" to={{ screen: "live" }} label="See what it hears" />
          <Button kind="link" label="Link another" onPress={startOver} />
        </Row>
      </>
    );
  return (
    <>
      {proof ? (
        <UnderWay proof={proof} onChange={setProof} attempt={attempt} />
      ) : (
        <AskForUid uid={uid} onChange={setUid} onStart={() => start(uid.trim())} />
      )}
      <Problem text={problem} />
      {proof && (
        <Row>
          <Button label="Another sentence" busyLabel="Starting…" onPress={() => start(proof.uid)} />
          <Button kind="link" label="Cancel" onPress={startOver} />
        </Row>
      )}
    </>
  );
}

type Pending = NonNullable<ReturnType<typeof useSessions>["omi"]>["pending"][number];

/** Good until when the server says; where our clock contradicts it, as long as a new one. */
function resumed({ omiUserId, say, expiresAt }: Pending, isPushed: boolean, now: number): Proof {
  const left = Date.parse(expiresAt) - now;
  const until = now + (left > 0 && left < GOOD_FOR ? left : GOOD_FOR);
  return { uid: omiUserId, say, until, isPushed, notPushed: null };
}

function AskForUid({ uid, onChange, onStart }: { uid: string; onChange: (uid: string) => void; onStart: () => void }) {
  return (
    <>
      <Field
        label="Your OMI user id"
        value={uid}
        onChangeText={onChange}
        onSubmitEditing={onStart}
        maxLength={128}
        {...AS_TYPED}
      >
        <Button kind="primary" label="Start" busyLabel="Starting…" onPress={onStart} />
      </Field>
      <Text kind="quiet">
        In the OMI app it stands under Settings, in your profile or among the developer settings, as “User ID”.
      </Text>
    </>
  );
}

type UnderWayProps = {
  proof: Proof;
  onChange: (proof: Proof) => void;
  attempt: (task: () => Promise<void>) => Promise<void>;
};

function UnderWay({ proof, onChange, attempt }: UnderWayProps) {
  const styles = useStyles();
  const now = useNow();
  const { say } = useNotices();
  const { omi, refresh } = useSessions();
  const heard = omi?.pending.find(({ say }) => say === proof.say)?.heard;
  const [number, setNumber] = useState("");
  const { uid, until, notPushed } = proof;
  const isOver = now >= until;
  useLookOften(!isOver);
  if (isOver) return <Arrival hasArrived={false}>Ten minutes are over, and the sentence no longer counts.</Arrival>;

  const confirm = () =>
    attempt(async () => {
      if (!/\d/.test(number)) throw new Error("Enter the number from your phone.");
      await apiConfirmOmiLink(uid, number);
      await refresh();
    });
  const resend = () =>
    attempt(async () => {
      const { pushed, notPushed } = await apiResendOmiLink(uid);
      onChange({ ...proof, isPushed: pushed, notPushed });
      if (pushed) say("Another number is on its way. The one before no longer counts.");
    });

  return (
    <>
      <Text kind="strong">Say this into your wearable</Text>
      <Text selectable testID="sentence" style={styles.sentence}>
        {proof.say}
      </Text>
      <Text kind="quiet">At your usual pace, and as often as you like. It is no part of what is saved.</Text>
      {heard && <Text style={styles.heard}>{`Heard “${heard}”. That is close: say all six words once more.`}</Text>}
      <Arrival hasArrived={false}>
        {until - now < GOOD_FOR - HEARD_WITHIN
          ? "Nothing heard yet. The OMI app has to send its words to this server first."
          : "Listening for your sentence…"}
      </Arrival>
      <Text kind="quiet" role="timer">{`Good for another ${minutesUntil(until, now)}`}</Text>
      {proof.isPushed && (
        <>
          <Field
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
          <Button kind="link" label="Another number" busyLabel="Sending…" onPress={resend} />
        </>
      )}
      {notPushed && <Text kind="quiet">{`No number went to your phone. ${notPushed} The sentence is enough.`}</Text>}
    </>
  );
}

function Row({ children }: { children: ReactNode }) {
  const styles = useStyles();
  return <View style={styles.buttons}>{children}</View>;
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
