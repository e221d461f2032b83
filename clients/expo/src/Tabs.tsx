import { View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";

import { Link, useNavigation } from "./Navigation";
import { TABS, tabOf } from "./route";
import { Icon } from "./ui/Icon";
import { Text } from "./ui/Text";
import { themed, useColors } from "./ui/theme";

/** The bar at a phone's lower edge. */
export function Tabs() {
  const styles = useStyles();
  const { bottom } = useSafeAreaInsets();
  const { route } = useNavigation();
  const { accent, quiet } = useColors();
  return (
    <View role="navigation" aria-label="Main" style={[styles.bar, { paddingBottom: bottom + 4 }]}>
      {TABS.map(({ tab, label }) => {
        const isHere = tabOf(route) === tab;
        const color = isHere ? accent : quiet;
        return (
          <Link
            key={tab}
            to={{ screen: tab }}
            aria-current={isHere ? "page" : undefined}
            aria-selected={isHere}
            aria-label={label}
            style={styles.tab}
          >
            <Icon name={tab} color={color} />
            <Text style={[styles.label, { color }]} maxFontSizeMultiplier={1.3} numberOfLines={1} adjustsFontSizeToFit>
              {label}
            </Text>
          </Link>
        );
      })}
    </View>
  );
}

const useStyles = themed(({ surface, line }) => ({
  bar: {
    flexDirection: "row",
    flexWrap: "wrap", // large letters need a second line
    paddingTop: 4,
    paddingHorizontal: 4,
    borderTopWidth: 1,
    borderTopColor: line,
    backgroundColor: surface,
  },
  tab: {
    flexGrow: 1,
    flexShrink: 1,
    flexBasis: "auto", // a long word gets more than its share
    minWidth: 0,
    minHeight: 48,
    alignItems: "center",
    justifyContent: "center",
    gap: 1,
    paddingHorizontal: 2,
    borderRadius: 12,
  },
  label: { fontSize: 12, lineHeight: 16, fontWeight: "600" },
}));
