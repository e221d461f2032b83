import { Pressable } from "react-native";

import { Icon } from "../ui/Icon";
import { Text } from "../ui/Text";
import { TARGET, themed, useColors } from "../ui/theme";

/** Leads whoever has scrolled up back to the newest words. */
export function NewestPill({ label, onPress }: { label: string; onPress: () => void }) {
  const styles = useStyles();
  const { onAccent } = useColors();
  return (
    <Pressable role="button" onPress={onPress} style={({ pressed }) => [styles.pill, pressed && styles.pressed]}>
      <Icon name="down" color={onAccent} />
      <Text style={styles.label}>{label}</Text>
    </Pressable>
  );
}

const useStyles = themed(({ accent, onAccent }) => ({
  pill: {
    position: "absolute",
    bottom: 16,
    alignSelf: "center",
    minHeight: TARGET,
    flexDirection: "row",
    alignItems: "center",
    gap: 6,
    paddingLeft: 12,
    paddingRight: 18,
    borderRadius: TARGET / 2,
    backgroundColor: accent,
    boxShadow: "0 6px 20px rgba(0, 0, 0, 0.25)",
  },
  pressed: { opacity: 0.8 },
  label: { color: onAccent, fontWeight: "600" },
}));
