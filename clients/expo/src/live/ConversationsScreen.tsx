import { View } from "react-native";

import { ScreenHeader } from "../ui/ScreenHeader";
import { ConversationList } from "./ConversationList";
import { OfflineLine } from "./OfflineLine";

export function ConversationsScreen() {
  return (
    <View style={{ flex: 1 }}>
      <ScreenHeader title="Conversations" below={<OfflineLine />} />
      <ConversationList />
    </View>
  );
}
