import { OmilinkError, apiGetWebhookUrl, apiLinkSession, generateSessionId, type Session } from "omilink";
import { trialCommand } from "omilink/screens";
import { useRef, useState } from "react";
import { View, type TextInput } from "react-native";

import { useLive } from "../live/LiveProvider";
import { rememberSession } from "../live/rememberedSession";
import { useSessions } from "../sessions/SessionsProvider";
import { announce } from "../ui/announce";
import { Button } from "../ui/Button";
import { AS_TYPED, Field } from "../ui/Field";
import { LinkButton } from "../ui/LinkButton";
import { messageOf } from "../ui/Notice";
import { Problem } from "../ui/Problem";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";
import { Arrival } from "./Arrival";
import { CopyButton } from "./CopyButton";
import { ScanCode } from "./ScanCode";

const ORIGINS = {
  typed: "",
  scanned: "Read from the code. Press Link if it is yours.",
  made: "Put it into your device, then press Link.",
};

/** Links a session by its id: typed, scanned, or made to try or for a device that one programs oneself. */
export function SessionId({ onProofNeeded }: { onProofNeeded: (id: string) => void }) {
  const styles = useStyles();
  const field = useRef<TextInput>(null);
  const [typed, setTyped] = useState("");
  const [origin, setOrigin] = useState<keyof typeof ORIGINS>("typed");
  const [command, setCommand] = useState("");
  const { linkedId, refusedId, problem, attempt, link } = useLinking();
  const id = typed.trim();

  /** Fills the field in. What a code says is the user's to look at before it is linked. */
  function fill(found: string, how: "scanned" | "made") {
    setTyped(found);
    setOrigin(how);
    announce(ORIGINS[how]);
  }

  async function submit() {
    if (!(await link(id))) field.current?.focus();
  }

  const make = () =>
    attempt(async () => {
      const made = generateSessionId();
      setCommand(trialCommand((await apiGetWebhookUrl()).url, made));
      fill(made, "made");
    });

  return (
    <>
      <Field
        ref={field}
        label="The device's id"
        value={typed}
        onChangeText={(text) => {
          setTyped(text);
          setOrigin("typed");
        }}
        onSubmitEditing={submit}
        maxLength={128}
        {...AS_TYPED}
      >
        <Button kind="primary" label="Link" busyLabel="Linking…" onPress={submit} />
      </Field>
      <Problem text={problem} />
      {refusedId !== "" && <Button label="Say a sentence instead" onPress={() => onProofNeeded(refusedId)} />}
      {linkedId === "" && origin !== "typed" && <Text>{ORIGINS[origin]}</Text>}
      {linkedId !== "" && (
        <>
          <Arrival hasArrived>{`“${linkedId}” is linked to you. Its words appear under Live.`}</Arrival>
          <LinkButton kind="primary" to={{ screen: "live" }} label="See what it hears" style={styles.first} />
        </>
      )}
      {origin === "made" && (
        <>
          <View style={styles.row}>
            <Text selectable testID="made-id" style={styles.id}>
              {id}
            </Text>
            <CopyButton text={id} />
          </View>
          <Text>
            Or run this command in a terminal. It posts to your personal webhook address; the words appear under Live:
          </Text>
          <Text selectable testID="trial-command" style={styles.command}>
            {command}
          </Text>
          <View style={styles.row}>
            <CopyButton text={command} />
            <Text kind="quiet">Do not share the address in it.</Text>
          </View>
        </>
      )}
      <Text kind="quiet">
        You got the id with the device, often as a QR code. A device that you programmed sends it as “session_id”. You
        can link the device before its first words.
      </Text>
      <View style={styles.row}>
        <ScanCode onScanned={(scanned) => attempt(async () => fill(scanned, "scanned"))} />
        <Text kind="quiet">No wearable at hand?</Text>
        <Button label="Make an id to try" busyLabel="Making an id…" onPress={make} />
      </View>
    </>
  );
}

function useLinking() {
  const { user } = useLive();
  const { sessions, refresh } = useSessions();
  const [linked, setLinked] = useState<{ id: string; before?: Session[] }>();
  /** The id that needs a proof. */
  const [refusedId, setRefusedId] = useState("");
  const [problem, setProblem] = useState("");
  // A link may end while it is said to be there.
  const isLinked = sessions === linked?.before || sessions?.some((known) => known.id === linked?.id && known.linked);

  async function attempt(task: () => Promise<void>): Promise<boolean> {
    setLinked(undefined);
    setRefusedId("");
    setProblem("");
    try {
      await task();
      return true;
    } catch (error) {
      setProblem(messageOf(error).replace(/^session_id /, "The device's id "));
      return false;
    }
  }

  const link = (id: string) =>
    attempt(async () => {
      if (!id) throw new Error("Enter the id of your device.");
      try {
        await apiLinkSession(id);
      } catch (error) {
        if (!(error instanceof OmilinkError && error.code === "proof_required")) throw error;
        setRefusedId(id);
        throw new Error("Other people can know this id, so you have to prove that the wearable is yours.");
      }
      setLinked({ id, before: sessions });
      await Promise.all([rememberSession(user.id, id), refresh()]);
    });

  return { linkedId: linked && isLinked ? linked.id : "", refusedId, problem, attempt, link };
}

const useStyles = themed(({ line }) => ({
  row: { flexDirection: "row", flexWrap: "wrap", alignItems: "center", gap: 10 },
  id: { flexGrow: 1, flexBasis: 180, minWidth: 0, fontWeight: "600" },
  command: { padding: 12, borderWidth: 1, borderColor: line, borderRadius: 12, fontFamily: "monospace", fontSize: 13 },
  first: { alignSelf: "flex-start" },
}));
