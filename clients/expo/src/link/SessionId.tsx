import { OmilinkError, apiLinkSession, generateSessionId } from "omilink";
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

/** Links a session by its id: typed, scanned, or made for a device that one programs oneself. */
export function SessionId() {
  const styles = useStyles();
  const field = useRef<TextInput>(null);
  const [typed, setTyped] = useState("");
  const [origin, setOrigin] = useState<keyof typeof ORIGINS>("typed");
  const { linkedId, refusedId, problem, clear, link } = useLinking();
  const id = typed.trim();

  /** Fills the field in. What a code says is the user's to look at before it is linked. */
  function fill(found: string, how: "scanned" | "made") {
    clear();
    setTyped(found);
    setOrigin(how);
    announce(ORIGINS[how]);
  }

  function submit() {
    if (!id) field.current?.focus();
    return link(id);
  }

  return (
    <>
      <Field
        ref={field}
        label="Session id"
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
      {refusedId !== "" && <LinkButton to={{ screen: "link", uid: refusedId }} label="Link it by saying a sentence" />}
      {origin === "made" && (
        <View style={styles.made}>
          <Text selectable testID="made-id" style={styles.id}>
            {id}
          </Text>
          <CopyButton text={id} />
        </View>
      )}
      {linkedId === "" && origin !== "typed" && <Text>{ORIGINS[origin]}</Text>}
      {linkedId !== "" && (
        <>
          <Arrival hasArrived>{`“${linkedId}” is linked to you. What it says appears under Live.`}</Arrival>
          <LinkButton kind="primary" to={{ screen: "live" }} label="See what it hears" style={styles.first} />
        </>
      )}
      <Text kind="quiet">
        The id that your wearable sends as “session_id” with everything it hears. Whoever gave you the device has it,
        often as a QR code; in a device that you programmed, you chose it. You can link it before its first word.
      </Text>
      <View style={styles.others}>
        <ScanCode onScanned={(scanned) => fill(scanned, "scanned")} />
        <Button label="Make an id" onPress={() => fill(generateSessionId(), "made")} />
      </View>
    </>
  );
}

function useLinking() {
  const { user } = useLive();
  const { refresh } = useSessions();
  const [linkedId, setLinkedId] = useState("");
  /** What takes a proof. */
  const [refusedId, setRefusedId] = useState("");
  const [problem, setProblem] = useState("");

  function clear() {
    setLinkedId("");
    setRefusedId("");
    setProblem("");
  }

  async function link(id: string) {
    clear();
    try {
      if (!id) throw new Error("Enter the session id of your wearable.");
      await apiLinkSession(id);
      setLinkedId(id);
      await Promise.all([rememberSession(user.id, id), refresh()]);
    } catch (error) {
      const needsProof = error instanceof OmilinkError && error.code === "proof_required";
      if (needsProof) setRefusedId(id);
      setProblem(needsProof ? PROOF : messageOf(error));
    }
  }

  return { linkedId, refusedId, problem, clear, link };
}

const PROOF = "Whoever knows this id could claim it, so it takes a proof that it is yours.";

const useStyles = themed(() => ({
  made: { flexDirection: "row", flexWrap: "wrap", alignItems: "center", gap: 10 },
  id: { flexGrow: 1, flexBasis: 180, minWidth: 0, fontWeight: "600" },
  first: { alignSelf: "flex-start" },
  others: { flexDirection: "row", flexWrap: "wrap", gap: 10 },
}));
