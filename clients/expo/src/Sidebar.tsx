import { View } from "react-native";

import { useAccount } from "./account/AccountProvider";
import { ConversationList } from "./live/ConversationList";
import { useLive } from "./live/LiveProvider";
import { Link, useNavigation } from "./Navigation";
import { TABS, tabOf, type Tab } from "./route";
import { SEARCH_KEYS } from "./search/searchKeys";
import { Button } from "./ui/Button";
import { Icon, Logo } from "./ui/Icon";
import { useNotices } from "./ui/Notice";
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
        {PLACES.map((item) => (
          <PlaceLink key={item.screen} {...item} />
        ))}
      </View>
      <Text kind="heading" style={styles.heading}>
        Conversations
      </Text>
      <ConversationList />
      <Foot />
    </View>
  );
}

/** Who is signed in, and the way out. */
function Foot() {
  const styles = useStyles();
  const { user } = useLive();
  const { signOut } = useAccount();
  const { attempt } = useNotices();
  return (
    <View style={styles.foot}>
      <Text kind="quiet" numberOfLines={1} style={styles.who}>
        {user.displayName || user.email}
      </Text>
      <Button icon="sign-out" label="Sign out" busyLabel="Signing out…" onPress={() => attempt(signOut)} />
    </View>
  );
}

type Place = { screen: Tab | "search" | "people"; label: string; keys?: string };

/** The conversations stand below them. */
const PLACES = TABS.flatMap(({ tab, label }): Place[] =>
  tab === "conversations"
    ? [
        { screen: "search", label: "Search", keys: SEARCH_KEYS },
        { screen: "people", label: "People" },
      ]
    : [{ screen: tab, label }],
);

function PlaceLink({ screen, label, keys }: Place) {
  const styles = useStyles();
  const { ink, quiet } = useColors();
  const { route } = useNavigation();
  const isHere = route.screen === screen || tabOf(route) === screen;
  return (
    <Link
      to={{ screen }}
      aria-current={isHere ? "page" : undefined}
      aria-label={label}
      style={[styles.tab, isHere && styles.here]}
    >
      <Icon name={screen} color={isHere ? ink : quiet} />
      <Text style={[styles.label, { color: isHere ? ink : quiet }]}>{label}</Text>
      {keys ? <Text kind="quiet">{keys}</Text> : null}
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
  label: { flexGrow: 1, fontSize: 15, fontWeight: "600" },
  heading: { paddingTop: 18, paddingBottom: 8, paddingHorizontal: 20 },
  foot: {
    flexDirection: "row",
    alignItems: "center",
    gap: 10,
    paddingVertical: 10,
    paddingLeft: 20,
    paddingRight: 12,
    borderTopWidth: 1,
    borderTopColor: line,
  },
  who: { flexGrow: 1, flexShrink: 1 },
}));
