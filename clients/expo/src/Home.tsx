import { View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";

import { AccountScreen } from "./account/AccountScreen";
import { ConversationScreen } from "./live/ConversationScreen";
import { ConversationsScreen } from "./live/ConversationsScreen";
import { DaysScreen } from "./days/DaysScreen";
import { LiveScreen } from "./live/LiveScreen";
import { LinkScreen } from "./link/LinkScreen";
import { useNavigation } from "./Navigation";
import { hashOf } from "./route";
import { PeopleScreen } from "./people/PeopleScreen";
import { useSearchKeys } from "./search/searchKeys";
import { SearchScreen } from "./search/SearchScreen";
import { SessionsScreen } from "./sessions/SessionsScreen";
import { Sidebar } from "./Sidebar";
import { Tabs } from "./Tabs";
import { ToDoScreen } from "./todo/ToDoScreen";
import { SkipLink } from "./ui/SkipLink";
import { useIsDesktop } from "./ui/theme";

/** On a phone one screen above the tabs, on a desktop a sidebar beside it. */
export function Home() {
  const insets = useSafeAreaInsets();
  const isDesktop = useIsDesktop();
  useSearchKeys();
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
      return <ConversationScreen key={hashOf(route)} id={route.id} message={route.message} />;
    case "search":
      return <SearchScreen />;
    case "people":
      return <PeopleScreen />;
    case "to-do":
      return <ToDoScreen />;
    case "days":
      return <DaysScreen />;
    case "sessions":
      return <SessionsScreen />;
    case "link":
      return <LinkScreen uid={route.uid} />;
    case "account":
      return <AccountScreen />;
  }
}
