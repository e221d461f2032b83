import type { Session } from "omilink";
import { isUrgent } from "omilink/screens";
import { useState, type ReactNode } from "react";
import { View } from "react-native";

import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";

type Health = NonNullable<Session["health"]>;

const WORDS = {
  ok: { word: "Working", color: "good" },
  waiting: { word: "Linked", color: "quiet" },
  quiet: { word: "Quiet", color: "quiet" },
  failing: { word: "Problem", color: "bad" },
  suspended: { word: "Needs proof", color: "warn" },
} as const;

type Props = {
  title: string;
  label: string;
  health: Pick<Health, "status" | "message" | "nextStep">;
  facts?: string;
  /** What can be done. */
  actions: ReactNode;
  children?: ReactNode;
};

/** Something that words come from: how it is doing, what to do about it, and how it is linked. */
export function HealthCard({ title, label, health, facts, actions, children }: Props) {
  const styles = useStyles();
  const { word, color } = WORDS[health.status];
  return (
    <Card role="article" aria-label={label} style={styles.card}>
      <View style={styles.row}>
        <Text kind="subheading" style={styles.what}>
          {title}
        </Text>
        <Badge color={color}>{word}</Badge>
      </View>
      <Text>{health.message}</Text>
      {health.nextStep ? <Advice health={health} /> : null}
      {children}
      <View style={styles.row}>
        {facts ? (
          <Text kind="quiet" style={styles.what}>
            {facts}
          </Text>
        ) : null}
        <View style={styles.actions}>{actions}</View>
      </View>
    </Card>
  );
}

/** What is to be done at once is said; other advice is there for whoever asks. */
function Advice({ health }: { health: Props["health"] }) {
  const styles = useStyles();
  const [isAskedFor, setAskedFor] = useState(false);
  return isUrgent(health) || isAskedFor ? (
    <Text style={styles.nextStep}>{health.nextStep}</Text>
  ) : (
    <Button kind="link" label="Are words missing?" onPress={() => setAskedFor(true)} style={styles.ask} />
  );
}

const useStyles = themed(({ warnTint }) => ({
  card: { gap: 10 },
  row: { flexDirection: "row", flexWrap: "wrap", alignItems: "center", justifyContent: "space-between", gap: 10 },
  what: { flexGrow: 1, flexShrink: 1, flexBasis: 180, minWidth: 0 },
  nextStep: {
    padding: 12,
    borderRadius: 12,
    overflow: "hidden",
    backgroundColor: warnTint,
    fontSize: 15,
    lineHeight: 22,
  },
  ask: { alignSelf: "flex-start", marginVertical: -8 },
  actions: { flexDirection: "row", flexWrap: "wrap", gap: 10, marginLeft: "auto" },
}));
