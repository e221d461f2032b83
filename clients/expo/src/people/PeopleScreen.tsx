import { peopleOf } from "omilink";
import { View } from "react-native";

import { isCaughtUp, useLive } from "../live/LiveProvider";
import { OfflineLine } from "../live/OfflineLine";
import { useRetried } from "../live/useRetried";
import { Column } from "../ui/Column";
import { Loading } from "../ui/Loading";
import { Quiet } from "../ui/Quiet";
import { ScreenHeader } from "../ui/ScreenHeader";
import { Text } from "../ui/Text";
import { useIsDesktop } from "../ui/theme";
import { PersonRow } from "./PersonRow";

/** Everybody who has a name, and what can be done with the names. */
export function PeopleScreen() {
  const { chat, view, state } = useLive();
  const isDesktop = useIsDesktop();
  const problem = useRetried(chat.loadPeople, !view.hasPeople && isCaughtUp(state));
  const people = peopleOf(view);
  return (
    <View style={{ flex: 1 }}>
      <ScreenHeader
        title="People"
        below={<OfflineLine />}
        back={isDesktop ? undefined : { to: { screen: "conversations" }, label: "Back to conversations" }}
      />
      {people.length > 0 ? (
        <Column>
          <Text kind="quiet">Names that you gave to speakers, or that OMI knows.</Text>
          <View role="list" aria-label="People">
            {people.map((person) => (
              <PersonRow key={person.id} person={person} others={people.filter(({ id }) => id !== person.id)} />
            ))}
          </View>
        </Column>
      ) : view.hasPeople ? (
        <Quiet title="Nobody has a name yet." text="In a conversation, press a speaker’s name to say who it is." />
      ) : (
        <Loading text={problem || "Loading people…"} />
      )}
    </View>
  );
}
