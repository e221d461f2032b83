import type { ReactNode } from "react";
import { View } from "react-native";

import { Link, useNavigation } from "../Navigation";
import { nameOf, type Route } from "../route";
import { Icon } from "./Icon";
import { Text } from "./Text";
import { TARGET, themed, useColors } from "./theme";
import { useScreenName } from "./tab";

type Props = {
  title: string;
  /** Stands in place of the title while it is changed. */
  editor?: ReactNode;
  below?: ReactNode;
  back?: { to: Route; label: string };
  children?: ReactNode;
};

/** A screen's name, what is said about it, and what can be done with all of it. */
export function ScreenHeader({ title, editor, below, back, children }: Props) {
  const styles = useStyles();
  const { quiet } = useColors();
  useScreenName(nameOf(useNavigation().route));
  return (
    <View style={[styles.header, back && styles.withBack]}>
      {back && (
        <Link to={back.to} aria-label={back.label} style={styles.back}>
          <Icon name="back" color={quiet} />
        </Link>
      )}
      <View style={styles.titles}>
        {editor ?? (
          <Text kind="title" numberOfLines={2}>
            {title}
          </Text>
        )}
        {below}
      </View>
      {children}
    </View>
  );
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
  back: { width: TARGET, height: TARGET, alignItems: "center", justifyContent: "center", borderRadius: 12 },
  titles: { flexGrow: 1, flexShrink: 1, flexBasis: 140, minWidth: 0 },
}));
