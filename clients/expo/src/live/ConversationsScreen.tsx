import { View } from "react-native";

import { Link } from "../Navigation";
import { Icon } from "../ui/Icon";
import { ScreenHeader } from "../ui/ScreenHeader";
import { Text } from "../ui/Text";
import { TARGET, themed, useColors } from "../ui/theme";
import { ConversationList } from "./ConversationList";
import { OfflineLine } from "./OfflineLine";

export function ConversationsScreen() {
  const styles = useStyles();
  const { quiet } = useColors();
  return (
    <View style={{ flex: 1 }}>
      <ScreenHeader title="Conversations" below={<OfflineLine />}>
        <Link to={{ screen: "people" }} aria-label="People" style={styles.people}>
          <Icon name="people" color={quiet} />
        </Link>
        <Link to={{ screen: "search" }} style={styles.search}>
          <Icon name="search" color={quiet} />
          <Text style={styles.label}>Search</Text>
        </Link>
      </ScreenHeader>
      <ConversationList />
    </View>
  );
}

const useStyles = themed(({ outline, quiet }) => ({
  people: { width: TARGET, height: TARGET, alignItems: "center", justifyContent: "center", borderRadius: 12 },
  search: {
    minHeight: TARGET,
    flexDirection: "row",
    alignItems: "center",
    gap: 8,
    paddingLeft: 12,
    paddingRight: 18,
    borderWidth: 1,
    borderColor: outline,
    borderRadius: TARGET / 2,
  },
  label: { color: quiet, fontWeight: "600" },
}));
