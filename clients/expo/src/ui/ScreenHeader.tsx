import { useEffect, type ReactNode } from "react";
import { Platform, View } from "react-native";

import { useNavigation } from "../Navigation";
import type { Route } from "../route";
import { IconButton } from "./Button";
import { Text } from "./Text";
import { themed } from "./theme";

type Props = { title: string; below?: ReactNode; back?: { to: Route; label: string }; children?: ReactNode };

/** A screen's name, what is said about it, and what can be done with all of it. */
export function ScreenHeader({ title, below, back, children }: Props) {
  const styles = useStyles();
  const { go } = useNavigation();
  usePageTitle(title);
  return (
    <View style={[styles.header, back && styles.withBack]}>
      {back && <IconButton icon="back" label={back.label} onPress={() => go(back.to)} />}
      <View style={styles.titles}>
        <Text kind="title" numberOfLines={1}>
          {title}
        </Text>
        {below}
      </View>
      {children}
    </View>
  );
}

function usePageTitle(title: string): void {
  useEffect(() => {
    if (Platform.OS !== "web") return;
    document.title = `${title} · omilink`;
    return () => {
      document.title = "omilink";
    };
  }, [title]);
}

const useStyles = themed(({ surface, line }) => ({
  header: {
    minHeight: 68,
    flexDirection: "row",
    flexWrap: "wrap",
    alignItems: "center",
    alignContent: "center",
    gap: 6,
    paddingVertical: 10,
    paddingLeft: 16,
    paddingRight: 12,
    borderBottomWidth: 1,
    borderBottomColor: line,
    backgroundColor: surface,
  },
  withBack: { paddingLeft: 5 },
  titles: { flexGrow: 1, flexShrink: 1, flexBasis: 180, minWidth: 0 },
}));
