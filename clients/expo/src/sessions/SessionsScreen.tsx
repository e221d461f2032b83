import { groupSessions } from "omilink/screens";
import { useEffect } from "react";
import { View } from "react-native";

import { OfflineLine } from "../live/OfflineLine";
import { Column } from "../ui/Column";
import { LinkButton } from "../ui/LinkButton";
import { Problem } from "../ui/Problem";
import { ScreenHeader } from "../ui/ScreenHeader";
import { Text } from "../ui/Text";
import { OmiAccountCard } from "./OmiAccountCard";
import { SessionCard } from "./SessionCard";
import { useSessions } from "./SessionsProvider";

/** The user's OMI accounts and sessions: how each is linked, how it is doing and what to do about it. */
export function SessionsScreen() {
  const { sessions, omi, problem, refresh } = useSessions();
  const { accounts, others } = groupSessions(omi?.omi_links ?? [], sessions ?? []);

  useEffect(() => {
    refresh(); // what is known may be some seconds old
  }, [refresh]);

  return (
    <View style={{ flex: 1 }}>
      <ScreenHeader title="Sessions" below={<OfflineLine />}>
        <LinkButton kind="primary" to={{ screen: "link" }} label="Link a wearable" />
      </ScreenHeader>
      <Column>
        {accounts.length > 0 && <Text kind="heading">Your OMI accounts</Text>}
        {accounts.map((known) => (
          <OmiAccountCard key={known.account.omiUserId} {...known} />
        ))}
        {(accounts.length === 0 || others.length > 0) && <Text kind="heading">Your sessions</Text>}
        <Problem text={problem} />
        {!(sessions && omi) && !problem && <Text kind="quiet">Loading…</Text>}
        {sessions && accounts.length + others.length === 0 && (
          <Text kind="quiet">Nothing yet. With its first words your wearable appears here.</Text>
        )}
        {others.map((session) => (
          // One id may come in at the user's own address and elsewhere: these are two sessions.
          <SessionCard key={`${session.method === "personal"} ${session.id}`} session={session} />
        ))}
      </Column>
    </View>
  );
}
