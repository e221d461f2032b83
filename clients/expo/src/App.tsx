import { StatusBar, View, useColorScheme } from "react-native";
import { SafeAreaProvider, initialWindowMetrics } from "react-native-safe-area-context";

import { AccountProvider, useAccount } from "./account/AccountProvider";
import { NoConnection } from "./account/NoConnection";
import { SignInScreen } from "./account/SignInScreen";
import { Home } from "./Home";
import { LiveProvider } from "./live/LiveProvider";
import { NavigationProvider } from "./Navigation";
import { SearchProvider } from "./search/SearchProvider";
import { SessionsProvider } from "./sessions/SessionsProvider";
import { ConfirmProvider } from "./ui/Confirm";
import { Loading } from "./ui/Loading";
import { NoticeProvider } from "./ui/Notice";
import { themed } from "./ui/theme";

export default function App() {
  const styles = useStyles();
  const isDark = useColorScheme() === "dark";
  return (
    <SafeAreaProvider initialMetrics={initialWindowMetrics} style={styles.paper}>
      <StatusBar barStyle={isDark ? "light-content" : "dark-content"} />
      <NoticeProvider>
        <AccountProvider>
          <View style={styles.paper}>
            <Screens />
          </View>
        </AccountProvider>
      </NoticeProvider>
    </SafeAreaProvider>
  );
}

function Screens() {
  const { account } = useAccount();
  if (account.is === "unknown") return <Loading />;
  if (account.is === "unreachable") return <NoConnection {...account} />;
  if (account.is === "signed out") return <SignInScreen notice={account.notice} />;
  return (
    <NavigationProvider key={account.user.id}>
      <ConfirmProvider>
        <SessionsProvider>
          <LiveProvider user={account.user}>
            <SearchProvider>
              <Home />
            </SearchProvider>
          </LiveProvider>
        </SessionsProvider>
      </ConfirmProvider>
    </NavigationProvider>
  );
}

const useStyles = themed(({ paper }) => ({ paper: { flex: 1, backgroundColor: paper } }));
