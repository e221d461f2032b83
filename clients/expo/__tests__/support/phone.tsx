/** The app on a phone, in front of a server that a test leads. Stands in for what a phone has; import it first. */
import AsyncStorage from "@react-native-async-storage/async-storage";
import { act, render, waitFor } from "@testing-library/react-native";
import type { LiveEvent } from "omilink";
import { AppState, type AppStateStatus } from "react-native";

import { rememberUser } from "../../src/account/rememberedUser";
import { keepToken } from "../../src/account/token";
import App from "../../src/App";
import { ADA, OmilinkServer } from "./omilinkServer";

jest.mock("expo-secure-store", () => ({
  getItemAsync: async (key: string) => mockSafe.get(key) ?? null,
  setItemAsync: async (key: string, value: string) => void mockSafe.set(key, value),
  deleteItemAsync: async (key: string) => void mockSafe.delete(key),
}));
jest.mock("@react-native-async-storage/async-storage", () =>
  jest.requireActual("@react-native-async-storage/async-storage/jest/async-storage-mock"),
);
jest.mock(
  "react-native-safe-area-context",
  () => jest.requireActual<{ default: object }>("react-native-safe-area-context/jest/mock").default,
);
jest.mock("expo/fetch", () => ({ fetch: (...request: [string, RequestInit]) => mockServer.fetch(...request) }));

/** What the phone keeps safe. */
export const mockSafe = new Map<string, string>();
export let mockServer: OmilinkServer;
let listeners: Set<(state: AppStateStatus) => void>;

beforeEach(async () => {
  process.env.EXPO_PUBLIC_OMILINK_URL = "http://omilink.test";
  mockServer = new OmilinkServer();
  listeners = new Set();
  jest.spyOn(AppState, "addEventListener").mockImplementation((_, listener) => {
    listeners.add(listener);
    return { remove: () => listeners.delete(listener) };
  });
  mockSafe.clear();
  await AsyncStorage.clear();
  await keepToken("token-0");
  await bring("active");
});

afterEach(() => jest.restoreAllMocks());

export async function startSignedIn() {
  await rememberUser(ADA);
  return render(<App />);
}

/** Brings the app to the front, or puts it away. */
export async function bring(state: AppStateStatus): Promise<void> {
  AppState.currentState = state;
  await act(async () => listeners.forEach((listener) => listener(state)));
}

export async function theStream(number = 0): Promise<OmilinkServer["streams"][number]> {
  await waitFor(() => expect(mockServer.streams.length).toBeGreaterThan(number));
  return mockServer.streams[number]!;
}

/** What the newest stream tells. */
export async function tell(...events: LiveEvent[]): Promise<void> {
  await act(async () => mockServer.streams.at(-1)!.tell(...events));
}
