import { View } from "react-native";

import { ConversationList } from "./live/ConversationList";
import { Link, useNavigation } from "./Navigation";
import { TABS, tabOf } from "./route";
import { Icon, Logo } from "./ui/Icon";
import { Text } from "./ui/Text";
import { TARGET, themed, useColors } from "./ui/theme";

/** On a desktop: where to go, and all conversations. */
export function Sidebar() {
  const styles = useStyles();
  return (
    <View style={styles.sidebar}>
      <View style={styles.brand}>
        <Logo />
        <Text style={styles.name}>omilink</Text>
      </View>
      <View role="navigation" aria-label="Main" style={styles.tabs}>
        {TABS.filter(({ tab }) => tab !== "conversations").map((item) => (
          <TabLink key={item.tab} {...item} />
        ))}
      </View>
      <Text kind="heading" style={styles.heading}>
        Conversations
      </Text>
      <ConversationList />
    </View>
  );
}

function TabLink({ tab, label }: (typeof TABS)[number]) {
  const styles = useStyles();
  const { ink, quiet } = useColors();
  const { route } = useNavigation();
  const isHere = tabOf(route) === tab;
  return (
    <Link
      to={{ screen: tab }}
      aria-current={isHere ? "page" : undefined}
      aria-label={label}
      style={[styles.tab, isHere && styles.here]}
    >
      <Icon name={tab} color={isHere ? ink : quiet} />
      <Text style={[styles.label, { color: isHere ? ink : quiet }]}>{label}</Text>
    </Link>
  );
}

const useStyles = themed(({ surface, line, mine }) => ({
  sidebar: { width: 320, borderRightWidth: 1, borderRightColor: line, backgroundColor: surface },
  brand: {
    flexDirection: "row",
    alignItems: "center",
    gap: 12,
    paddingTop: 18,
    paddingHorizontal: 20,
    paddingBottom: 10,
  },
  name: { fontSize: 19, fontWeight: "700", letterSpacing: -0.2 },
  tabs: { gap: 2, paddingHorizontal: 12, paddingVertical: 4 },
  tab: {
    minHeight: TARGET,
    flexDirection: "row",
    alignItems: "center",
    gap: 12,
    paddingHorizontal: 10,
    borderRadius: 12,
  },
  here: { backgroundColor: mine },
  label: { fontSize: 15, fontWeight: "600" },
  heading: { paddingTop: 18, paddingBottom: 8, paddingHorizontal: 20 },
}));
