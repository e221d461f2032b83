import type { ReactNode } from "react";
import { ScrollView } from "react-native";

import { Text } from "./Text";
import { themed } from "./theme";
import { Waves } from "./Waves";

type Props = { title: string; text?: string | null; moving?: boolean; children?: ReactNode };

/** What a screen says while it has nothing to show: why, and what to do. */
export function Quiet({ title, text, moving = false, children }: Props) {
  const styles = useStyles();
  return (
    <ScrollView style={styles.scroller} contentContainerStyle={styles.middle}>
      <Waves moving={moving} />
      <Text kind="heading">{title}</Text>
      {text ? (
        <Text kind="quiet" style={styles.text}>
          {text}
        </Text>
      ) : null}
      {children}
    </ScrollView>
  );
}

const useStyles = themed(() => ({
  scroller: { flex: 1 },
  middle: { flexGrow: 1, alignItems: "center", justifyContent: "center", gap: 10, padding: 24 },
  text: { maxWidth: 440, fontSize: 16, lineHeight: 24, textAlign: "center" },
}));
