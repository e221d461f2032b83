import { apiUnlinkSession, type Session } from "omilink";
import { useState } from "react";
import { View } from "react-native";

import { useLive } from "../live/LiveProvider";
import { forgetSession } from "../live/rememberedSession";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { useChoice } from "../ui/Confirm";
import { LinkButton } from "../ui/LinkButton";
import { useNotices } from "../ui/Notice";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";
import { useNow } from "../useNow";
import { ago, count, linkedHow } from "../words";
import { HealthBadge } from "./HealthBadge";
import { useSessions } from "./SessionsProvider";

/** How a session is linked, how it is doing, and what can be done. */
export function SessionCard({ session }: { session: Session }) {
  const styles = useStyles();
  const now = useNow();
  const { user } = useLive();
  const { refresh } = useSessions();
  const { attempt } = useNotices();
  const choose = useChoice();
  const { id, linked, method, health } = session;

  async function unlink() {
    const choice = await choose({
      title: "Unlink this session?",
      consequences: consequencesOf(session),
      actions: { unlink: "Unlink" },
    });
    if (choice) await remove();
  }

  const remove = () =>
    attempt(async () => {
      const personal = method === "personal"; // the same id may be linked by hand, too, which stays
      await apiUnlinkSession(id, { personal });
      if (!personal) await forgetSession(user.id, id);
      await refresh();
    });

  return (
    <Card role="article" aria-label={`Session ${id}`} style={styles.card}>
      <View style={styles.row}>
        <Text kind="subheading" style={styles.id}>
          {id}
        </Text>
        <HealthBadge status={health?.status ?? "waiting"} />
      </View>
      {health && <Text>{health.message}</Text>}
      {health?.nextStep ? <Advice health={health} /> : null}
      <View style={styles.row}>
        {linked ? (
          <>
            <View style={styles.facts}>
              <Text kind="quiet">{linkedHow(session)}</Text>
              <Text kind="quiet">{heardOf(session, now)}</Text>
            </View>
            <Button label="Unlink" aria-label={`Unlink ${id}`} onPress={unlink} />
          </>
        ) : (
          // It takes a proof, and shows nothing that only its owner may know.
          <View style={styles.choice}>
            <Button label="Remove" busyLabel="Removing…" aria-label={`Remove ${id}`} onPress={remove} />
            <LinkButton label="Prove it" aria-label={`Prove that ${id} is yours`} to={{ screen: "link", uid: id }} />
          </View>
        )}
      </View>
    </Card>
  );
}

/** What is to be done at once is said; other advice is there for whoever asks. */
function Advice({ health: { status, nextStep } }: { health: NonNullable<Session["health"]> }) {
  const styles = useStyles();
  const [isAskedFor, setAskedFor] = useState(false);
  const isUrgent = status === "failing" || status === "suspended";
  return isUrgent || isAskedFor ? (
    <Text style={styles.nextStep}>{nextStep}</Text>
  ) : (
    <Button kind="link" label="Are words missing?" onPress={() => setAskedFor(true)} style={styles.ask} />
  );
}

function heardOf({ lastSeenAt, messagesSaved = 0 }: Session, now: number): string {
  const heard = lastSeenAt ? `Last heard ${ago(lastSeenAt, now)}` : "Not heard yet";
  return messagesSaved > 0 ? `${heard} · ${count(messagesSaved, "message")}` : heard;
}

function consequencesOf({ id, method }: Session): string[] {
  const saved = "What was saved stays yours.";
  if (method === "personal")
    return [
      `“${id}” comes back with its next words, because your webhook address links by itself. To be rid of it, take the ` +
        "address out of the device, or replace it.",
      saved,
    ];
  if (method === "uid")
    return [
      `“${id}” comes back with its next words, because your OMI account links it. To stop that, unlink the OMI account: ` +
        "new words are nobody’s then.",
      saved,
    ];
  return [`New words of “${id}” no longer reach you. They are nobody’s, and somebody else could link it.`, saved];
}

const useStyles = themed(({ warnTint }) => ({
  card: { gap: 10 },
  row: { flexDirection: "row", flexWrap: "wrap", alignItems: "center", justifyContent: "space-between", gap: 10 },
  id: { flexGrow: 1, flexBasis: 180, minWidth: 0 },
  nextStep: {
    padding: 12,
    borderRadius: 12,
    overflow: "hidden",
    backgroundColor: warnTint,
    fontSize: 15,
    lineHeight: 22,
  },
  ask: { alignSelf: "flex-start", marginLeft: -5, marginVertical: -8 },
  facts: { flexGrow: 1, flexBasis: 180, minWidth: 0 },
  choice: { flexDirection: "row", flexWrap: "wrap", gap: 10, marginLeft: "auto" },
}));
