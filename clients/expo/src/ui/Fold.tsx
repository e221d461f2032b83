import type { ReactNode } from "react";
import { Pressable, View } from "react-native";

import { Icon } from "./Icon";
import { Text } from "./Text";
import { TARGET, themed, useColors } from "./theme";

type Props = { title: string; facts?: string; isOpen: boolean; onPress: () => void; children: ReactNode };

/** A title that shows or hides what belongs to it. */
export function Fold({ title, facts, isOpen, onPress, children }: Props) {
  const styles = useStyles();
  const { quiet } = useColors();
  return (
    <>
      <Pressable role="button" aria-expanded={isOpen} onPress={onPress} style={styles.line}>
        <Text kind="strong" style={styles.title}>
          {title}
        </Text>
        {facts ? <Text kind="quiet">{facts}</Text> : null}
        <View style={isOpen && styles.turned}>
          <Icon name="more" color={quiet} />
        </View>
      </Pressable>
      {isOpen && children}
    </>
  );
}

const useStyles = themed(() => ({
  line: { minHeight: TARGET, flexDirection: "row", alignItems: "center", gap: 10, borderRadius: 12 },
  title: { flexShrink: 1, marginRight: "auto" },
  turned: { transform: [{ rotate: "180deg" }] },
}));
