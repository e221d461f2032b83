import { useEffect, useRef } from "react";
import { View } from "react-native";

import { announce } from "../ui/announce";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";

/** Whether what is waited for is there. Read out when it is, and when it changes. */
export function Arrival({ hasArrived, children }: { hasArrived: boolean; children: string }) {
  const styles = useStyles();
  const known = useRef(hasArrived ? "" : children);
  useEffect(() => {
    if (known.current !== children) announce(children);
    known.current = children;
  }, [children]);
  return (
    <View style={styles.line}>
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
