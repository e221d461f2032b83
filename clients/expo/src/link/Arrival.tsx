import { useEffect, useRef } from "react";
import { View } from "react-native";

import { readOut } from "../ui/announce";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";

type Props = {
  hasArrived: boolean;
  /** The text is an age that changes every second. */
  isTicking?: boolean;
  children: string;
};

/** Whether what the user waits for has arrived. Changes are read out. */
export function Arrival({ hasArrived, isTicking = false, children }: Props) {
  const styles = useStyles();
  const known = useRef(hasArrived ? "" : children);
  useEffect(() => {
    if (known.current !== children && !isTicking) readOut(children);
    known.current = children;
  }, [children, isTicking]);
  return (
    <View style={styles.line}>
      <View style={[styles.dot, hasArrived && styles.arrived]} aria-hidden />
      <Text role="status" aria-live={isTicking ? "off" : "polite"} style={[styles.text, hasArrived && styles.good]}>
        {children}
      </Text>
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
