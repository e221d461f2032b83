import type { Ref } from "react";
import { Platform, Text as NativeText, type TextProps } from "react-native";

import { themed } from "./theme";

type Props = TextProps & {
  kind?: "title" | "heading" | "subheading" | "body" | "strong" | "quiet" | "problem";
  ref?: Ref<NativeText>;
};

const LEVELS = { title: 1, heading: 2, subheading: 3 };
/** For what takes the focus in a browser without being a stop of the keyboard. */
export const FOCUSABLE = (Platform.OS === "web" ? { tabIndex: -1 } : {}) as object;

/** Words in one of the app's few sizes. Headings are headings to a screen reader, too. */
export function Text({ kind = "body", style, ...props }: Props) {
  const styles = useStyles();
  const level = LEVELS[kind as keyof typeof LEVELS];
  const heading = level ? ({ role: "heading", "aria-level": level } as const) : {};
  return (
    <NativeText {...heading} {...(level === 1 && FOCUSABLE)} {...props} style={[styles.base, styles[kind], style]} />
  );
}

const useStyles = themed(({ ink, quiet, bad }) => ({
  base: { color: ink, fontSize: 16, lineHeight: 24 },
  title: { fontSize: 19, lineHeight: 25, fontWeight: "700" },
  heading: { fontSize: 17, lineHeight: 24, fontWeight: "700" },
  subheading: { fontSize: 15.5, lineHeight: 23, fontWeight: "700" },
  body: {},
  strong: { fontWeight: "600" },
  quiet: { color: quiet, fontSize: 14.5, lineHeight: 21 },
  problem: { color: bad, fontSize: 15, lineHeight: 22, fontWeight: "600" },
}));
