import type { UnlinkReason } from "omilink";

import { ago, count, dayHeading, duration, minutesUntil, signedOutBecause, unlinkedBecause } from "../src/words";

test.each([
  [500, "just now"],
  [5_000, "5 s ago"],
  [61_000, "1 min ago"],
  [7_200_000, "2 h ago"],
  [-4_000, "just now"],
])("%d ms are %s", (milliseconds, words) => {
  expect(ago(0, milliseconds)).toBe(words);
});

test("what remains is told in minutes and seconds", () => {
  expect(minutesUntil(581_000, 0)).toBe("9:41");
  expect(minutesUntil(0, 5_000)).toBe("0:00");
});

test("a day is called by its distance, its date, and its year if that is another", () => {
  const today = new Date(2026, 2, 29).getTime();
  const heading = (year: number, month: number, day: number) =>
    dayHeading(new Date(year, month - 1, day).getTime(), today);
  expect(heading(2026, 3, 29)).toBe("Today");
  expect(heading(2026, 3, 28)).toBe("Yesterday");
  expect(heading(2026, 3, 27)).toMatch(/^(27 March|March 27)$/);
  expect(heading(2025, 11, 24)).toMatch(/^(24 November|November 24,) 2025$/);
});

test.each([
  [0, "0 s"],
  [59, "59 s"],
  [60, "1 min"],
  [1_920, "32 min"],
  [3_600, "1 h"],
  [3_960, "1 h 6 min"],
])("%d seconds are %s", (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});

test("one is not many", () => {
  expect(count(1, "message")).toBe("1 message");
  expect(count(2, "message")).toBe("2 messages");
});

test("a reason that this version does not know still makes a sentence", () => {
  expect(signedOutBecause("something_new")).toBe("You were signed out. Sign in again to go on.");
  expect(unlinkedBecause("something_new")).toBe("What was saved stays yours.");
});

test("every reason to lose a session has a sentence of its own", () => {
  const reasons = {
    unlinked: 1,
    proof_required: 1,
    linked_with_proof: 1,
    handed_over: 1,
    device_returned: 1,
    device_lost: 1,
    expired: 1,
  } satisfies Record<UnlinkReason, 1>;
  const sentences = [...Object.keys(reasons), "something_new"].map(unlinkedBecause);
  expect(new Set(sentences).size).toBe(sentences.length);
});
