import { useRef, useState, type Ref } from "react";
import { Pressable, type PressableProps, type StyleProp, type View, type ViewStyle } from "react-native";

import { Icon, type IconName } from "./Icon";
import { Text } from "./Text";
import { TARGET, themed, useColors } from "./theme";

type Kind = "plain" | "primary" | "risky" | "danger" | "link";

type Props = Pick<PressableProps, "aria-label" | "aria-expanded" | "testID"> & {
  ref?: Ref<View>;
  label: string;
  onPress: () => unknown;
  kind?: Kind;
  icon?: IconName;
  /** What is written on it until `onPress` is done; meanwhile it cannot be pressed again. */
  busyLabel?: string;
  style?: StyleProp<ViewStyle>;
};

export function Button({ label, onPress, kind = "plain", icon, busyLabel, style, ...props }: Props) {
  const styles = useStyles();
  const [isBusy, setBusy] = useState(false);
  const isUnderWay = useRef(false); // two presses can come before the first one is drawn
  const color = useInkOf(kind);

  async function press() {
    if (isUnderWay.current) return;
    isUnderWay.current = true;
    setBusy(true);
    try {
      await onPress();
    } finally {
      isUnderWay.current = false;
      setBusy(false);
    }
  }

  return (
    <Pressable
      role="button"
      aria-busy={isBusy} // and not disabled, which would take its focus away
      onPress={press}
      style={({ pressed }) => [styles.button, styles[kind], (pressed || isBusy) && styles.pressed, style]}
      {...props}
    >
      {icon && <Icon name={icon} color={color} />}
      <Text style={[styles.label, { color }, kind === "link" && styles.underlined]} numberOfLines={1}>
        {(isBusy && busyLabel) || label}
      </Text>
    </Pressable>
  );
}

type IconButtonProps = Pick<PressableProps, "testID"> & {
  "aria-pressed"?: boolean;
  label: string;
  icon: IconName;
  onPress: () => unknown;
};

/** A button that is only a drawing: its label is for the screen reader. */
export function IconButton({ label, icon, onPress, ...props }: IconButtonProps) {
  const styles = useStyles();
  const { quiet } = useColors();
  return (
    <Pressable
      role="button"
      aria-label={label}
      onPress={onPress}
      style={({ pressed }) => [styles.iconButton, pressed && styles.pressed]}
      {...props}
    >
      <Icon name={icon} color={quiet} />
    </Pressable>
  );
}

function useInkOf(kind: Kind): string {
  const { ink, accent, onAccent, bad, onBad } = useColors();
  return { plain: ink, primary: onAccent, risky: bad, danger: onBad, link: accent }[kind];
}

const useStyles = themed(({ surface, outline, accent, bad }) => ({
  button: {
    minHeight: TARGET,
    flexDirection: "row",
    alignItems: "center",
    justifyContent: "center",
    gap: 8,
    paddingHorizontal: 18,
    borderRadius: 12,
    borderWidth: 1,
    borderColor: "transparent",
  },
  plain: { borderColor: outline, backgroundColor: surface },
  primary: { backgroundColor: accent },
  risky: { borderColor: bad, backgroundColor: surface },
  danger: { backgroundColor: bad },
  link: { paddingHorizontal: 0, borderWidth: 0 },
  pressed: { opacity: 0.65 },
  label: { fontWeight: "600" },
  underlined: { textDecorationLine: "underline" },
  iconButton: { width: TARGET, height: TARGET, alignItems: "center", justifyContent: "center", borderRadius: 12 },
}));
