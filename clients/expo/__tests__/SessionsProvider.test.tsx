import { act, render, screen } from "@testing-library/react-native";
import type { ReactNode } from "react";

import { bring, mockServer } from "./support/phone";
import { refusal } from "./support/omilinkServer";
import { configureClient } from "../src/client";
import { SessionsProvider, useSessions } from "../src/sessions/SessionsProvider";
import { SessionsScreen } from "../src/sessions/SessionsScreen";
import { Text } from "../src/ui/Text";

const NOTHING = "Nothing yet. With its first words your wearable appears here.";

/** The answers that are still to be given, in the order in which they were asked for. */
let give: ((answer: object) => Promise<void>)[];

beforeEach(() => {
  configureClient();
  give = [];
  mockServer.answers["GET /sessions"] = () =>
    new Promise((resolve) => give.push((answer) => act(async () => resolve(answer))));
});

afterEach(async () => {
  for (const answer of give) await answer(sessions()); // a client that still waits would keep the run from ending
});

test("nothing is called empty before the first answer", async () => {
  await show(<SessionsScreen />);
  expect(screen.getByText("Loading…")).toBeOnTheScreen();
  expect(screen.queryByText(NOTHING)).toBeNull();
  await give[0]!(sessions());
  expect(await screen.findByText(NOTHING)).toBeOnTheScreen();
  expect(screen.queryByText("Loading…")).toBeNull();
});

test("nothing is called empty because the first answer failed", async () => {
  await show(<SessionsScreen />);
  await give[0]!(refusal(503, "busy", "The server is busy."));
  expect(await screen.findByText("The server is busy.")).toBeOnTheScreen();
  expect(screen.queryByText(NOTHING)).toBeNull();
});

test("an older answer that comes last does not take a newer one's place", async () => {
  await show(<Names />);
  await bring("active");
  await give[1]!(sessions("garden"));
  expect(await screen.findByText("garden")).toBeOnTheScreen();
  await give[0]!(sessions("kitchen"));
  expect(screen.getByText("garden")).toBeOnTheScreen();
});

test("an answer counts although a newer question has failed meanwhile", async () => {
  await show(<Names />);
  await bring("active");
  await give[1]!(refusal(503, "busy", "The server is busy."));
  expect(await screen.findByText("The server is busy.")).toBeOnTheScreen();
  await give[0]!(sessions("kitchen"));
  expect(await screen.findByText("kitchen")).toBeOnTheScreen();
});

test("a refresh that fails keeps what is shown", async () => {
  await show(<Names />);
  await give[0]!(sessions("kitchen"));
  expect(await screen.findByText("kitchen")).toBeOnTheScreen();
  await bring("active");
  await give[1]!(refusal(503, "busy", "The server is busy."));
  expect(await screen.findByText("The server is busy.")).toBeOnTheScreen();
  expect(screen.getByText("kitchen")).toBeOnTheScreen();
});

function Names() {
  const { sessions, problem } = useSessions();
  return (
    <>
      <Text>{sessions?.map(({ id }) => id).join()}</Text>
      <Text>{problem}</Text>
    </>
  );
}

function show(content: ReactNode) {
  return render(<SessionsProvider>{content}</SessionsProvider>);
}

function sessions(...ids: string[]) {
  return { ok: true, sessions: ids.map((id) => ({ id })) };
}
