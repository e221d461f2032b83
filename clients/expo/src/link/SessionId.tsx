import { OmilinkError, apiLinkSession, generateSessionId } from "omilink";
import { useState } from "react";
import { View } from "react-native";

import { useLive } from "../live/LiveProvider";
import { rememberSession } from "../live/rememberedSession";
import { useSessions } from "../sessions/SessionsProvider";
import { Button } from "../ui/Button";
import { AS_TYPED, Field } from "../ui/Field";
import { LinkButton } from "../ui/LinkButton";
import { messageOf } from "../ui/Notice";
import { Problem } from "../ui/Problem";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";
import { Arrival } from "./Arrival";
import { ScanCode } from "./ScanCode";

/** Links a session by its id: typed, scanned, or made for a device that one programs oneself. */
export function SessionId() {
  const styles = useStyles();
  const [typed, setTyped] = useState("");
  const { linkedId, problem, needsProof, link } = useLinking();
  const id = typed.trim();
  return (
    <>
      <Field
        label="Session id"
        value={typed}
        onChangeText={setTyped}
        onSubmitEditing={() => link(id)}
        maxLength={128}
        {...AS_TYPED}
      >
        <Button kind="primary" label="Link" busyLabel="Linking…" onPress={() => link(id)} />
      </Field>
      <Problem text={problem} />
      {needsProof && <LinkButton to={{ screen: "link", uid: id }} label="Link it by saying a sentence" />}
      {linkedId !== "" && (
        <Arrival hasArrived>{`“${linkedId}” is linked to you. What it says appears under Live.`}</Arrival>
      )}
      <Text kind="quiet">
        The id that your wearable sends as “session_id” with everything it hears. Whoever gave you the device has it,
        often as a QR code; in a device that you programmed, you chose it. You can link it before its first word.
      </Text>
      <View style={styles.others}>
        <ScanCode
          onScanned={(scanned) => {
            setTyped(scanned);
            link(scanned);
          }}
        />
        <Button label="Make an id" onPress={() => setTyped(generateSessionId())} />
      </View>
    </>
  );
}

function useLinking() {
  const { user } = useLive();
  const { refresh } = useSessions();
  const [linkedId, setLinkedId] = useState("");
  const [problem, setProblem] = useState("");
  const [needsProof, setNeedsProof] = useState(false);

  async function link(id: string) {
    setLinkedId("");
    setProblem("");
    setNeedsProof(false);
    try {
      if (!id) throw new Error("Enter the session id of your wearable.");
      await apiLinkSession(id);
      setLinkedId(id);
      await Promise.all([rememberSession(user.id, id), refresh()]);
    } catch (error) {
      const needsProof = error instanceof OmilinkError && error.code === "proof_required";
      setNeedsProof(needsProof);
      setProblem(needsProof ? PROOF : messageOf(error));
    }
  }

  return { linkedId, problem, needsProof, link };
}

const PROOF = "Whoever knows this id could claim it, so it takes a proof that it is yours.";

const useStyles = themed(() => ({
  others: { flexDirection: "row", flexWrap: "wrap", gap: 10 },
}));
