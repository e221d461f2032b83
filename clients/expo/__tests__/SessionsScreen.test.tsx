import { fireEvent, screen } from "@testing-library/react-native";

import { mockServer, startSignedIn, theStream } from "./support/phone";

test("OMI accounts that cannot be had hide no sessions", async () => {
  delete mockServer.answers["GET /link/omi"];
  await startSignedIn();
  await theStream();
  await fireEvent.press(screen.getByRole("link", { name: "Sessions" }));
  expect(await screen.findByText(/Nothing yet. With its first words/)).toBeOnTheScreen();
  expect(screen.getByText("Sign in.")).toBeOnTheScreen();
  expect(screen.queryByText("Loading…")).toBeNull();
});
