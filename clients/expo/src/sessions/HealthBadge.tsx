import type { Session } from "omilink";

import { Text } from "../ui/Text";
import { themed, useColors } from "../ui/theme";

type Status = NonNullable<Session["health"]>["status"];

const WORDS: Record<Status, { word: string; color: "good" | "warn" | "bad" | "quiet" }> = {
  ok: { word: "Working", color: "good" },
  waiting: { word: "Linked", color: "quiet" },
  quiet: { word: "Quiet", color: "quiet" },
  failing: { word: "Problem", color: "bad" },
  suspended: { word: "Needs proof", color: "warn" },
};

export function HealthBadge({ status }: { status: Status }) {
  const styles = useStyles();
  const colors = useColors();
  const { word, color } = WORDS[status];
  return <Text style={[styles.badge, { color: colors[color], borderColor: colors[color] }]}>{word}</Text>;
}

const useStyles = themed(() => ({
  badge: {
    paddingHorizontal: 10,
    paddingVertical: 1,
    borderWidth: 1,
    borderRadius: 12,
    fontSize: 13,
    lineHeight: 20,
    fontWeight: "600",
  },
}));
