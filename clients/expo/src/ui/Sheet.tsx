import type { ReactNode } from "react";
import { Modal, ScrollView, View } from "react-native";

import { Button } from "./Button";
import { Text } from "./Text";
import { themed } from "./theme";
import { useReducedMotion } from "./useReducedMotion";

/** Something that is done in front of the screen. */
export function Sheet({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const styles = useStyles();
  const isStill = useReducedMotion();
  return (
    <Modal transparent animationType={isStill ? "none" : "fade"} onRequestClose={onClose} aria-label={title}>
      <View style={styles.veil}>
        <View // and no Pressable, which would take the first focus
          style={styles.outside}
          onStartShouldSetResponder={() => true}
          onResponderRelease={onClose}
          aria-hidden
        />
        <View style={styles.sheet} aria-modal accessibilityViewIsModal>
          <ScrollView contentContainerStyle={styles.content} keyboardShouldPersistTaps="handled">
            <Text kind="heading">{title}</Text>
            {children}
            <Button label="Close" onPress={onClose} style={styles.close} />
          </ScrollView>
        </View>
      </View>
    </Modal>
  );
}

const useStyles = themed(({ surface, veil }) => ({
  veil: { flex: 1, alignItems: "center", justifyContent: "center", padding: 20, backgroundColor: veil },
  outside: { position: "absolute", top: 0, bottom: 0, left: 0, right: 0, cursor: "auto" },
  sheet: { width: "100%", maxWidth: 480, maxHeight: "100%", borderRadius: 20, backgroundColor: surface },
  content: { gap: 14, padding: 24 },
  close: { alignSelf: "flex-end" },
}));
