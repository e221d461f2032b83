import { useState, type ReactNode } from "react";
import { Platform, Pressable, View } from "react-native";

import { useNavigation } from "../Navigation";
import { useSessions } from "../sessions/SessionsProvider";
import { Card } from "../ui/Card";
import { Column } from "../ui/Column";
import { Icon } from "../ui/Icon";
import { ScreenHeader } from "../ui/ScreenHeader";
import { Text } from "../ui/Text";
import { RADIUS, themed, useColors } from "../ui/theme";
import { isDismissed } from "./dismissed";
import { OwnAddress } from "./OwnAddress";
import { SessionId } from "./SessionId";
import { SpokenSentence } from "./SpokenSentence";

const WAYS = {
  address: { title: "With your own address", hint: "For most wearables: paste one address into the OMI app." },
  sentence: {
    title: "By saying a sentence",
    hint: "If an app at OMI sends your words here, or if you do not want to paste an address.",
  },
  id: { title: "With the device's id", hint: "For a device that you were given or programmed yourself." },
};

type WayName = keyof typeof WAYS;

/** "Link your wearable": three ways, the one that suits most people first. The route may name an OMI account. */
export function LinkScreen({ uid }: { uid?: string }) {
  const { go } = useNavigation();
  const isUnderWay = useSessions().omi?.pending.some(({ say }) => !isDismissed(say));
  const [openWay, setOpenWay] = useState<WayName | null>("address");
  const [isLed, setLed] = useState(false); // once: it is the user's from then on
  if (!isLed && (uid || isUnderWay)) {
    setLed(true);
    setOpenWay("sentence");
  }
  const way = (name: WayName, content: ReactNode) => (
    <Way {...WAYS[name]} isOpen={openWay === name} onPress={() => setOpenWay(openWay === name ? null : name)}>
      {content}
    </Way>
  );

  function prove(id: string) {
    setOpenWay("sentence");
    go({ screen: "link", uid: id }, { replace: true });
  }

  return (
    <View style={{ flex: 1 }}>
      <ScreenHeader title="Link your wearable" back={{ to: { screen: "sessions" }, label: "Back to sessions" }} />
      <Column>
        <Text kind="quiet">Once it is linked, its words are yours, and appear here as they are said.</Text>
        {way("address", <OwnAddress />)}
        {way("sentence", <SpokenSentence uid={uid} />)}
        {way("id", <SessionId onProofNeeded={prove} />)}
      </Column>
    </View>
  );
}

type WayProps = { title: string; hint: string; isOpen: boolean; onPress: () => void; children: ReactNode };

/** One of several, of which one is open. */
function Way({ title, hint, isOpen, onPress, children }: WayProps) {
  const styles = useStyles();
  const { quiet } = useColors();
  return (
    <Card style={styles.way}>
      <Pressable
        role="button"
        aria-expanded={isOpen}
        aria-label={Platform.OS === "web" ? undefined : title} // a browser reads the hint as well
        onPress={onPress}
        style={styles.summary}
      >
        <View style={styles.titles}>
          <Text kind="heading">{title}</Text>
          <Text kind="quiet">{hint}</Text>
        </View>
        <View style={isOpen && styles.turned}>
          <Icon name="more" color={quiet} />
        </View>
      </Pressable>
      {isOpen && <View style={styles.content}>{children}</View>}
    </Card>
  );
}

const useStyles = themed(() => ({
  way: { padding: 0, gap: 0 },
  summary: {
    flexDirection: "row",
    alignItems: "center",
    gap: 10,
    paddingVertical: 16,
    paddingHorizontal: 20,
    borderRadius: RADIUS, // of the ring that shows the focus
  },
  titles: { flex: 1 },
  turned: { transform: [{ rotate: "180deg" }] },
  content: { gap: 14, paddingHorizontal: 20, paddingBottom: 20 },
}));
