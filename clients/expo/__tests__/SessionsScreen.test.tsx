import { mockServer, startSignedIn, theStream } from "./support/phone";
import AsyncStorage from "@react-native-async-storage/async-storage";
import { fireEvent, screen } from "@testing-library/react-native";

test("OMI accounts that cannot be had hide no sessions", async () => {
  delete mockServer.answers["GET /link/omi"];
  await startSignedIn();
  await theStream();
  await fireEvent.press(screen.getByRole("link", { name: "Sessions" }));
  expect(await screen.findByText(/Nothing yet. With its first words/)).toBeOnTheScreen();
  expect(screen.getByText("Sign in.")).toBeOnTheScreen();
  expect(screen.queryByText("Loading…")).toBeNull();
});

test("advice is there for whoever asks, and is given at once when something is wrong", async () => {
  const quiet = { status: "quiet", message: "Quiet while nobody talks.", nextStep: "Check its connection." };
  const failing = { status: "failing", message: "A call was not saved.", nextStep: "Ask the operator." };
  mockServer.answers["GET /sessions"] = () => ({
    ok: true,
    sessions: [
      { id: "kitchen", linked: true, method: "manual", health: quiet },
      { id: "garden", linked: true, method: "manual", health: failing },
    ],
  });
  await startSignedIn();
  await theStream();
  await fireEvent.press(screen.getByRole("link", { name: "Sessions" }));
  expect(await screen.findByText("Ask the operator.")).toBeOnTheScreen();
  expect(screen.queryByText("Check its connection.")).toBeNull();
  await fireEvent.press(screen.getByRole("button", { name: "Are words missing?" }));
  expect(screen.getByText("Check its connection.")).toBeOnTheScreen();
});

test("a session that takes a proof can be removed instead", async () => {
  const health = { status: "suspended", message: "Show that it is yours.", nextStep: null };
  mockServer.answers["GET /sessions"] = () => ({ ok: true, sessions: [{ id: "kitchen", linked: false, health }] });
  mockServer.answers["DELETE /sessions/kitchen/link"] = () => {
    mockServer.answers["GET /sessions"] = () => ({ ok: true, sessions: [] });
    return { ok: true, session: { id: "kitchen", linked: false } };
  };
  await AsyncStorage.setItem("omilink.session.u1", "kitchen");
  await startSignedIn();
  await theStream();
  await fireEvent.press(screen.getByRole("link", { name: "Sessions" }));
  expect(await screen.findByText("Prove it")).toBeOnTheScreen();
  await fireEvent.press(screen.getByRole("button", { name: "Remove kitchen" }));
  expect(await screen.findByText(/Nothing yet. With its first words/)).toBeOnTheScreen();
  expect(await AsyncStorage.getItem("omilink.session.u1")).toBeNull();
});
