import { Text } from "./Text";
import { themed, useColors } from "./theme";

type Props = { color: "good" | "warn" | "bad" | "quiet"; children: string };

/** A state in one word. */
export function Badge({ color, children }: Props) {
  const styles = useStyles();
  const ink = useColors()[color];
  return <Text style={[styles.badge, { color: ink, borderColor: ink }]}>{children}</Text>;
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
