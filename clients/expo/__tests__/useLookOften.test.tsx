import { act, renderHook } from "@testing-library/react-native";

import { bring, mockServer } from "./support/phone";
import { configureClient } from "../src/client";
import { useLookOften } from "../src/link/useLookOften";
import { SessionsProvider } from "../src/sessions/SessionsProvider";

beforeEach(() => {
  configureClient();
  jest.useFakeTimers();
});

afterEach(() => jest.useRealTimers());

test("whoever waits is told of news every three seconds, and no longer", async () => {
  const { rerender } = await renderHook(useLookOften, { initialProps: true, wrapper: SessionsProvider });
  expect(await looksWithin(2_999)).toBe(0);
  expect(await looksWithin(1)).toBe(1);
  expect(await looksWithin(3_000)).toBe(1);
  await rerender(false);
  expect(await looksWithin(6_000)).toBe(0);
});

test("an app that is put away does not ask", async () => {
  await renderHook(useLookOften, { initialProps: true, wrapper: SessionsProvider });
  await bring("background");
  expect(await looksWithin(6_000)).toBe(0);
  await bring("active");
  expect(await looksWithin(3_000)).toBe(1);
});

/** How often the server is asked in that time. Every 15 s it is asked anyway, so look less far. */
async function looksWithin(milliseconds: number): Promise<number> {
  await act(async () => {}); // what was asked until now
  const asked = () => mockServer.askedFor("GET", "/sessions").length;
  const before = asked();
  await act(() => jest.advanceTimersByTimeAsync(milliseconds));
  return asked() - before;
}
