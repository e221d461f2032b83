import type { ReactNode } from "react";
import { View } from "react-native";

import { Text } from "../ui/Text";
import { themed } from "../ui/theme";

export function Step({ number, children }: { number: number; children: ReactNode }) {
  const styles = useStyles();
  return (
    <View style={styles.step}>
      <Text style={styles.number} aria-hidden>
        {number}
      </Text>
      <View style={styles.content}>{children}</View>
    </View>
  );
}

const useStyles = themed(({ mine, accent }) => ({
  step: { flexDirection: "row", gap: 14 },
  number: {
    width: 28,
    height: 28,
    borderRadius: 14,
    overflow: "hidden",
    backgroundColor: mine,
    color: accent,
    fontSize: 14,
    lineHeight: 28,
    fontWeight: "700",
    textAlign: "center",
  },
  content: { flex: 1, minWidth: 0, gap: 6, paddingTop: 2 },
}));
