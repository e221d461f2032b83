import type { Ref } from "react";
import type { StyleProp, View, ViewStyle } from "react-native";

import { Link } from "../Navigation";
import type { Route } from "../route";
import { Text } from "./Text";
import { TARGET, themed } from "./theme";

type Props = {
  ref?: Ref<View>;
  to: Route;
  label: string;
  kind?: "primary" | "plain" | "link";
  "aria-label"?: string;
  style?: StyleProp<ViewStyle>;
};

/** A link that looks like a button, or like a link within text. */
export function LinkButton({ to, label, kind = "plain", style, ...props }: Props) {
  const styles = useStyles();
  return (
    <Link to={to} style={[styles.button, styles[kind], style]} {...props}>
      <Text style={[styles.label, styles[`${kind}Label`]]}>{label}</Text>
    </Link>
  );
}

const useStyles = themed(({ surface, outline, ink, accent, onAccent }) => ({
  button: {
    minHeight: TARGET,
    alignItems: "center",
    justifyContent: "center",
    paddingHorizontal: 18,
    borderRadius: 12,
    borderWidth: 1,
    borderColor: "transparent",
  },
  plain: { borderColor: outline, backgroundColor: surface },
  primary: { backgroundColor: accent },
  link: { paddingHorizontal: 0, alignItems: "flex-start" },
  label: { fontWeight: "600" },
  plainLabel: { color: ink },
  primaryLabel: { color: onAccent },
  linkLabel: { color: accent, fontSize: 15, textDecorationLine: "underline" },
}));
