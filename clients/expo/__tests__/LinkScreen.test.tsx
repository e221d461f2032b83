import { fireEvent, screen, waitFor } from "@testing-library/react-native";
import * as Clipboard from "expo-clipboard";
import { AccessibilityInfo } from "react-native";

import { bring, mockServer, startSignedIn, tell, theStream } from "./support/phone";
import { refusal, snapshot } from "./support/omilinkServer";

jest.mock("expo-clipboard");

const UID = "qNd8XkFzB1TkqZ5hVw3sYb7mPa12";
const ADDRESS = "https://omilink.example.org/omi-webhook/me_secret";
const NONE = { conversations: 0, since: null };

let sentences: string[];

beforeEach(() => {
  sentences = ["Seven foxes count the stars", "Two owls read the paper"];
  mockServer.answers["GET /me/webhook-url"] = () => ({ ok: true, url: ADDRESS, previousValidUntil: null });
  mockServer.answers["POST /link/omi/start"] = () => ({ ok: true, pushed: false, say: sentences.shift() });
});

describe("with one's own address", () => {
  test("copying it says so", async () => {
    jest.mocked(Clipboard.setStringAsync).mockResolvedValue(true);
    await openLinkScreen();
    await fireEvent.press(screen.getByRole("button", { name: "Copy" }));
    expect(await screen.findByRole("button", { name: "Copied" })).toBeOnTheScreen();
    expect(Clipboard.setStringAsync).toHaveBeenCalledWith(ADDRESS);
  });

  test("an address that could not be had is asked for again, and the reason is read out", async () => {
    const announced = jest.spyOn(AccessibilityInfo, "announceForAccessibilityWithOptions").mockClear();
    const { "GET /me/webhook-url": answer } = mockServer.answers;
    mockServer.answers["GET /me/webhook-url"] = () => refusal(503, "busy", "The server is busy.");
    await goToLinkScreen();
    expect(await screen.findByText("The server is busy.")).toBeOnTheScreen();
    expect(announced.mock.calls.join()).toContain("The server is busy.");
    mockServer.answers["GET /me/webhook-url"] = answer!;
    await fireEvent.press(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByDisplayValue(ADDRESS)).toBeOnTheScreen();
    expect(screen.queryByText("The server is busy.")).toBeNull();
  });

  test("what came there long ago is no arrival; what comes now is, and leads to it", async () => {
    const lastSeenAt = new Date(Date.now() - 180_000).toISOString();
    const session = { id: "pendant", linked: true, method: "personal", lastSeenAt, messagesSaved: 2 };
    mockServer.answers["GET /sessions"] = () => ({ ok: true, sessions: [session] });
    await openLinkScreen();
    expect(await screen.findByText("Last words 3 min ago.")).toBeOnTheScreen();
    expect(screen.queryByText(/Words are arriving/)).toBeNull();
    session.messagesSaved += 1;
    session.lastSeenAt = new Date().toISOString();
    expect(await screen.findByText(/Words are arriving/)).toBeOnTheScreen();
    await fireEvent.press(screen.getByRole("link", { name: "See what it hears" }));
    expect(await screen.findByText("Nothing has been said yet")).toBeOnTheScreen();
  });

  test("a clipboard that fails says so", async () => {
    jest.mocked(Clipboard.setStringAsync).mockRejectedValue(new Error("The clipboard cannot be had."));
    await openLinkScreen();
    await fireEvent.press(screen.getByRole("button", { name: "Copy" }));
    expect(await screen.findByText("The clipboard cannot be had.")).toBeOnTheScreen();
    expect(screen.queryByText("Copied")).toBeNull();
  });
});

describe("by a sentence", () => {
  test("the sentence is shown while the wearable is listened to", async () => {
    await startASentence();
    expect(screen.getByTestId("sentence")).toHaveTextContent("Seven foxes count the stars");
    expect(screen.getByText("Listening for your sentence…")).toBeOnTheScreen();
    expect(screen.getByRole("timer")).toHaveTextContent(/^Good for another (10:00|9:5\d)$/);
    expect(mockServer.askedFor("POST", "/link/omi/start")[0]!.body).toMatchObject({ omi_user_id: UID });
  });

  test("the sentence, and that it was heard, are read out", async () => {
    const announced = jest.spyOn(AccessibilityInfo, "announceForAccessibilityWithOptions").mockClear();
    await startASentence();
    expect(announced.mock.calls.join()).toContain("Seven foxes count the stars");
    mockServer.answers["GET /link/omi"] = () => ({ ok: true, omi_links: [OMI_ACCOUNT], pending: [], canPush: false });
    await tell({ type: "session_linked", session: { id: "pendant" } as never });
    await waitFor(() => expect(announced.mock.calls.join()).toContain("Your wearable is linked."));
  });

  test("what the stream tells of the link is enough", async () => {
    await startASentence();
    await bring("inactive"); // so that it does not look by itself
    mockServer.answers["GET /link/omi"] = () => ({ ok: true, omi_links: [OMI_ACCOUNT], pending: [], canPush: false });
    await tell({ type: "session_linked", session: { id: "pendant" } as never });
    expect(await screen.findByText("Your wearable is linked.")).toBeOnTheScreen();
    expect(screen.queryByTestId("sentence")).toBeNull();
  });

  test("one that is under way since before is shown again, with what was heard that is close", async () => {
    const [say, heard] = ["link two owls read paper", "two owls red paper"];
    const expiresAt = new Date(Date.now() + 300_000).toISOString();
    const pending = [{ omiUserId: UID, say, heard, expiresAt }];
    mockServer.answers["GET /link/omi"] = () => ({ ok: true, omi_links: [], pending, canPush: false });
    await goToLinkScreen();
    expect(await screen.findByTestId("sentence")).toHaveTextContent(say);
    expect(screen.getByRole("timer")).toHaveTextContent(/^Good for another (5:00|4:\d\d)$/);
    expect(screen.getByText(new RegExp(heard))).toBeOnTheScreen();
    await fireEvent.press(screen.getByRole("button", { name: "Cancel" }));
    expect(screen.queryByTestId("sentence")).toBeNull();
    expect(screen.getByLabelText("Your OMI user id").props.value).toBe("");
  });

  test("one that is not heard says what that may need", async () => {
    await startASentence();
    const started = Date.now();
    jest.spyOn(Date, "now").mockReturnValue(started + 31_000);
    expect(await screen.findByText(/^Nothing heard yet\. The OMI app has to send its words/)).toBeOnTheScreen();
  });

  test("one that has expired makes room for a new one", async () => {
    await startASentence();
    const started = Date.now();
    jest.spyOn(Date, "now").mockReturnValue(started + 600_000);
    expect(await screen.findByText(/the sentence no longer counts/)).toBeOnTheScreen();
    expect(screen.queryByTestId("sentence")).toBeNull();
    await fireEvent.press(screen.getByRole("button", { name: "New sentence" }));
    expect(await screen.findByText("Two owls read the paper")).toBeOnTheScreen();
    expect(screen.queryByText(/the sentence no longer counts/)).toBeNull();
  });
});

test("the proof that an id takes is of that id, whatever is typed by then", async () => {
  mockServer.answers["POST /sessions/link"] = () => refusal(403, "proof_required");
  await openLinkScreen();
  await fireEvent.press(screen.getByRole("button", { name: "With the device's id" }));
  await fireEvent.changeText(screen.getByLabelText("The device's id"), UID);
  await fireEvent.press(screen.getByRole("button", { name: "Link" }));
  const proof = await screen.findByRole("button", { name: "Say a sentence instead" });
  await fireEvent.changeText(screen.getByLabelText("The device's id"), "kitchen");
  await fireEvent.press(proof);
  expect(screen.getByLabelText("Your OMI user id").props.value).toBe(UID);
});

const OMI_ACCOUNT = {
  omiUserId: UID,
  isVerified: true,
  verifiedAt: "2026-01-01T10:00:00Z",
  proof: "spoken",
  earlier: { waiting: NONE, brought: NONE },
};

async function openLinkScreen(): Promise<void> {
  await goToLinkScreen();
  await screen.findByDisplayValue(ADDRESS);
}

async function goToLinkScreen(): Promise<void> {
  await startSignedIn();
  await theStream();
  await tell(...snapshot());
  await fireEvent.press(screen.getByRole("link", { name: "Sessions" }));
  await fireEvent.press(screen.getByRole("link", { name: "Link a wearable" }));
}

async function startASentence(): Promise<void> {
  await openLinkScreen();
  await fireEvent.press(screen.getByRole("button", { name: "By saying a sentence" }));
  await fireEvent.changeText(screen.getByLabelText("Your OMI user id"), UID);
  await fireEvent.press(screen.getByRole("button", { name: "Start" }));
  await screen.findByTestId("sentence");
}
