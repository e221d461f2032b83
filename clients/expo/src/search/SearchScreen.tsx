import { peopleOf } from "omilink";
import { wearableOf } from "omilink/screens";
import { useEffect, useRef, useState } from "react";
import { View, type TextInput } from "react-native";

import { isCaughtUp, useLive } from "../live/LiveProvider";
import { OfflineLine } from "../live/OfflineLine";
import { useSessions } from "../sessions/SessionsProvider";
import { Button } from "../ui/Button";
import { Choice } from "../ui/Choice";
import { Column } from "../ui/Column";
import { DayField } from "../ui/DayField";
import { Field } from "../ui/Field";
import { Fold } from "../ui/Fold";
import { takeFocus } from "../ui/focus";
import { Problem } from "../ui/Problem";
import { ScreenHeader } from "../ui/ScreenHeader";
import { Select } from "../ui/Select";
import { Text } from "../ui/Text";
import { themed, useIsDesktop } from "../ui/theme";
import { count } from "../words";
import { HitRow } from "./HitRow";
import { SEARCH_BOX } from "./searchKeys";
import { useSearch, type Asked } from "./SearchProvider";

/** As long as the server takes it. */
const LONGEST = 1_000;
const UNFILTERED = { from: "", to: "", person: "", session: "" };
const ORDERS = { best: "Best first", newest: "Newest first" };

/** Finds what was said, as one types. */
export function SearchScreen() {
  const styles = useStyles();
  const isDesktop = useIsDesktop();
  const { found, more, again } = useSearch();
  const isOnline = isCaughtUp(useLive().state);

  useEffect(() => {
    if (isOnline) again(); // what failed for want of a connection
    // eslint-disable-next-line react-hooks/exhaustive-deps -- not after every letter
  }, [isOnline]);

  return (
    <View style={{ flex: 1 }}>
      <ScreenHeader
        title="Search"
        below={<OfflineLine />}
        back={isDesktop ? undefined : { to: { screen: "conversations" }, label: "Back to conversations" }}
      />
      <Column>
        <Question />
        <View role="list" aria-label="Search results" aria-busy={found.is === "searching"}>
          {found.hits.map((hit) => (
            <HitRow key={`${hit.conversation.id} ${hit.field} ${hit.message?.id} ${hit.snippet}`} hit={hit} />
          ))}
        </View>
        {found.isMore && <Button label="More results" onPress={more} style={styles.start} />}
      </Column>
    </View>
  );
}

/** What is searched for, where, and how that went. */
function Question() {
  const styles = useStyles();
  const { asked, found, ask, again } = useSearch();
  const [isNarrow, setNarrow] = useState(filtersIn(asked) > 0);
  const { view } = useLive();
  const { sessions = [] } = useSessions();
  // One id may come in at two addresses.
  const wearables = new Map(sessions.map(({ id, name }) => [id, wearableOf({ omiSessionKey: id, sessionName: name })]));
  const box = useRef<TextInput>(null);
  useEffect(() => takeFocus(box), []);
  return (
    <View role={"search" as "group"} style={styles.question}>
      <Field
        ref={box}
        nativeID={SEARCH_BOX}
        label="Words, titles, summaries and things to do"
        rule="Put words in “quotes” to find them one after the other."
        value={asked.q}
        onChangeText={(q) => ask({ q })}
        onSubmitEditing={() => ask({}, { now: true })}
        inputMode="search"
        enterKeyHint="search"
        autoCapitalize="none"
        autoComplete="off"
        maxLength={LONGEST}
      />
      <Choice label="Order" choices={ORDERS} chosen={asked.order} onChoose={(order) => ask({ order }, { now: true })} />
      <Fold title="Filters" facts={factsOf(asked)} isOpen={isNarrow} onPress={() => setNarrow(!isNarrow)}>
        <View style={styles.days}>
          <DayField label="From" value={asked.from} onChange={(from) => ask({ from }, { now: true })} />
          <DayField label="To" value={asked.to} onChange={(to) => ask({ to }, { now: true })} />
          <Select
            label="Said by"
            choices={[["", "Anybody"], ...peopleOf(view).map(({ id, name }) => [id, name ?? ""] as const)]}
            chosen={asked.person}
            onChoose={(person) => ask({ person }, { now: true })}
          />
          <Select
            label="Wearable"
            choices={[["", "Any"], ...wearables]}
            chosen={asked.session}
            onChoose={(session) => ask({ session }, { now: true })}
          />
          {filtersIn(asked) > 0 && (
            <Button kind="link" label="Clear filters" onPress={() => ask(UNFILTERED, { now: true })} />
          )}
        </View>
      </Fold>
      <View role="status">
        <Text kind="quiet">{resultOf(found)}</Text>
      </View>
      <Problem text={found.problem} />
      {found.is === "failed" && <Button label="Try again" onPress={again} style={styles.start} />}
    </View>
  );
}

/** How many filters are set. */
function filtersIn({ from, to, person, session }: Asked): number {
  return [from, to, person, session].filter(Boolean).length;
}

function factsOf(asked: Asked): string {
  const number = filtersIn(asked);
  return number > 0 ? `${number} set` : "";
}

function resultOf({ is, hits, isMore }: ReturnType<typeof useSearch>["found"]): string {
  if (is === "searching") return "Searching…";
  if (is !== "found") return "";
  if (hits.length === 0) return isMore ? "Nothing found so far." : "Nothing found. Fewer or shorter words find more.";
  return isMore ? `The first ${count(hits.length, "result")}` : count(hits.length, "result");
}

const useStyles = themed(() => ({
  question: { gap: 10 },
  days: { flexDirection: "row", flexWrap: "wrap", alignItems: "flex-end", gap: 12 },
  start: { alignSelf: "flex-start" },
}));
