import type { ReactNode } from "react";
import { Modal, View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";

import { Button } from "../ui/Button";
import { Problem } from "../ui/Problem";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";

/** What the camera sees, and what to point it at. */
export function ScanSheet({
  onClose,
  problem = "",
  children,
}: {
  onClose: () => void;
  problem?: string;
  children: ReactNode;
}) {
  const styles = useStyles();
  const { bottom } = useSafeAreaInsets();
  return (
    <Modal animationType="slide" onRequestClose={onClose} aria-label="Scan a QR code">
      <View style={styles.sheet}>
        <View style={styles.picture}>
          {children}
          <View style={styles.frame} aria-hidden />
        </View>
        <View style={[styles.foot, { paddingBottom: bottom + 20 }]}>
          {problem ? (
            <Problem text={problem} />
          ) : (
            <Text style={styles.words}>Point the camera at the QR code of your wearable.</Text>
          )}
          <Button label="Cancel" onPress={onClose} />
        </View>
      </View>
    </Modal>
  );
}

const useStyles = themed(({ paper }) => ({
  sheet: { flex: 1, backgroundColor: paper },
  picture: { flex: 1, alignItems: "center", justifyContent: "center", overflow: "hidden", backgroundColor: "#000" },
  frame: {
    position: "absolute",
    width: 240,
    height: 240,
    borderWidth: 3,
    borderColor: "rgba(255, 255, 255, 0.9)",
    borderRadius: 28,
  },
  foot: { gap: 14, padding: 20, alignItems: "center" },
  words: { textAlign: "center" },
}));
