import { useEffect } from "react";
import { View } from "react-native";

import { readOut } from "../ui/announce";
import { Text } from "../ui/Text";
import { OFFLINE } from "../words";
import { useIsOffline } from "./LiveProvider";

/** For screens that say nothing else about the connection: a line that is there while the server is not. */
export function OfflineLine() {
  const isOffline = useIsOffline();
  useEffect(() => {
    if (isOffline) readOut(OFFLINE);
  }, [isOffline]);
  return <View role="status">{isOffline && <Text kind="problem">{OFFLINE}</Text>}</View>;
}
