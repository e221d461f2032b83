import { useEffect, useRef } from "react";
import { View } from "react-native";

import { readOut } from "../ui/announce";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";

type Props = {
  hasArrived: boolean;
  /** It only tells how old something is, every second anew. */
  isTicking?: boolean;
  children: string;
};

/** Whether what is waited for is there. Read out when it is, and when it changes. */
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
