import { View } from "react-native";

import { ScreenHeader } from "../ui/ScreenHeader";
import { ConversationList } from "./ConversationList";

export function ConversationsScreen() {
  return (
    <View style={{ flex: 1 }}>
      <ScreenHeader title="Conversations" />
      <ConversationList />
    </View>
  );
}
