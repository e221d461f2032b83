import type { UnlinkReason } from "omilink";

import { ago, count, minutesUntil, signedOutBecause, unlinkedBecause } from "../src/words";

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
