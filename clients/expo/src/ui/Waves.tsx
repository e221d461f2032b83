import { useEffect, useState } from "react";
import { Animated, Platform, View } from "react-native";

import { themed } from "./theme";
import { useReducedMotion } from "./useReducedMotion";

const HEIGHTS = [14, 26, 40, 26, 14];

/** A still line while nothing is said, a breathing one while something is on its way, if motion is wanted. */
export function Waves({ moving }: { moving: boolean }) {
  const styles = useStyles();
  const [opacity] = useState(() => new Animated.Value(0.5));
  const isStill = useReducedMotion() || !moving;

  useEffect(() => {
    if (isStill) return;
    const breath = Animated.loop(
      Animated.sequence([0.9, 0.3].map((toValue) => Animated.timing(opacity, { toValue, ...BREATH }))),
    );
    breath.start();
    return () => breath.reset();
  }, [isStill, opacity]);

  return (
    <View style={styles.waves} aria-hidden>
      {HEIGHTS.map((height, index) => (
        <Animated.View key={index} style={[styles.wave, { height, opacity }]} />
      ))}
    </View>
  );
}

const BREATH = { duration: 700, useNativeDriver: Platform.OS !== "web" };

const useStyles = themed(({ accent }) => ({
  waves: { flexDirection: "row", alignItems: "center", gap: 6, height: 56 },
  wave: { width: 6, borderRadius: 3, backgroundColor: accent },
}));
