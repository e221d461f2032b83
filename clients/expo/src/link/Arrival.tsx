import { View } from "react-native";

import { Text } from "../ui/Text";
import { themed } from "../ui/theme";

/** Whether what was waited for is there. Read out when it changes. */
export function Arrival({ hasArrived, children }: { hasArrived: boolean; children: string }) {
  const styles = useStyles();
  return (
    <View style={styles.line} role="status" aria-live="polite">
      <View style={[styles.dot, hasArrived && styles.arrived]} aria-hidden />
      <Text style={[styles.text, hasArrived && styles.good]}>{children}</Text>
    </View>
  );
}

const useStyles = themed(({ good, quiet }) => ({
  line: { flexDirection: "row", alignItems: "center", gap: 10 },
  dot: { width: 10, height: 10, borderRadius: 5, borderWidth: 2, borderColor: quiet },
  arrived: { borderColor: good, backgroundColor: good },
  text: { flexShrink: 1, color: quiet },
  good: { color: good, fontWeight: "600" },
}));
