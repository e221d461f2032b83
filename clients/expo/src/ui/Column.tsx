import type { ReactNode } from "react";
import { ScrollView, View } from "react-native";

import { themed } from "./theme";

/** What is read from top to bottom, never wider than reads well. */
export function Column({ children }: { children: ReactNode }) {
  const styles = useStyles();
  return (
    <ScrollView
      style={styles.scroller}
      contentContainerStyle={styles.content}
      keyboardShouldPersistTaps="handled"
      automaticallyAdjustKeyboardInsets
    >
      <View style={styles.column}>{children}</View>
    </ScrollView>
  );
}

const useStyles = themed(() => ({
  scroller: { flex: 1 },
  content: { padding: 16, paddingVertical: 20, alignItems: "center" },
  column: { width: "100%", maxWidth: 704, gap: 14 },
}));
