import { View, type ViewProps } from "react-native";

import { RADIUS, themed } from "./theme";

export function Card({ style, ...props }: ViewProps) {
  const styles = useStyles();
  return <View {...props} style={[styles.card, style]} />;
}

const useStyles = themed(({ surface, line }) => ({
  card: { padding: 20, gap: 12, borderWidth: 1, borderColor: line, borderRadius: RADIUS, backgroundColor: surface },
}));
