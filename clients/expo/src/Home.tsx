import { View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";

import { AccountScreen } from "./account/AccountScreen";
import { ConversationScreen } from "./live/ConversationScreen";
import { ConversationsScreen } from "./live/ConversationsScreen";
import { LiveScreen } from "./live/LiveScreen";
import { LinkScreen } from "./link/LinkScreen";
import { useNavigation } from "./Navigation";
import { SessionsScreen } from "./sessions/SessionsScreen";
import { Sidebar } from "./Sidebar";
import { Tabs } from "./Tabs";
import { SkipLink } from "./ui/SkipLink";
import { useIsDesktop } from "./ui/theme";

/** On a phone one screen above the tabs, on a desktop a sidebar beside it. */
export function Home() {
  const insets = useSafeAreaInsets();
  const isDesktop = useIsDesktop();
  return (
    <View style={{ flex: 1, flexDirection: isDesktop ? "row" : "column", paddingTop: insets.top }}>
      <SkipLink />
      {isDesktop && <Sidebar />}
      <View role="main" style={{ flex: 1, minWidth: 0, minHeight: 0 }}>
        <Screen isDesktop={isDesktop} />
      </View>
      {!isDesktop && <Tabs />}
    </View>
  );
}

function Screen({ isDesktop }: { isDesktop: boolean }) {
  const { route } = useNavigation();
  switch (route.screen) {
    case "live":
      return <LiveScreen />;
    case "conversations":
      return isDesktop ? <LiveScreen /> : <ConversationsScreen />; // the sidebar has the list
    case "conversation":
      return <ConversationScreen key={route.id} id={route.id} />;
    case "sessions":
      return <SessionsScreen />;
    case "link":
      return <LinkScreen uid={route.uid} />;
    case "account":
      return <AccountScreen />;
  }
}
