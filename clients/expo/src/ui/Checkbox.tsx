import type { ReactNode } from "react";
import { Pressable, View } from "react-native";

import { Icon } from "./Icon";
import { TARGET, themed, useColors } from "./theme";

export type CheckboxProps = {
  isChecked: boolean;
  onChange: (isChecked: boolean) => void;
  /** Its label. */
  children: ReactNode;
};

export function Checkbox({ isChecked, onChange, children }: CheckboxProps) {
  const styles = useStyles();
  const { onAccent } = useColors();
  return (
    <Pressable role="checkbox" aria-checked={isChecked} onPress={() => onChange(!isChecked)} style={styles.line}>
      <View style={[styles.box, isChecked && styles.checked]}>
        {isChecked && <Icon name="check" size={16} color={onAccent} />}
      </View>
      {children}
    </Pressable>
  );
}

const useStyles = themed(({ quiet, accent }) => ({
  line: { minHeight: TARGET, flexDirection: "row", alignItems: "center", gap: 12, paddingVertical: 6 },
  box: {
    width: 22,
    height: 22,
    alignItems: "center",
    justifyContent: "center",
    borderWidth: 2,
    borderColor: quiet,
    borderRadius: 6,
  },
  checked: { borderColor: accent, backgroundColor: accent },
}));
