import assert from "node:assert/strict";
import test from "node:test";

import { byDay, secondsOf, startOfDay, wearableOf } from "../../clients/js/screens.js";

process.env.TZ = "Europe/Berlin";

test("days are the reader's, the latest first, and keep the order of what is in them", () => {
  const said = (id, at) => ({ id, at });
  const days = byDay(
    [
      said("evening", "2026-03-28T19:00:00Z"),
      said("after midnight", "2026-03-28T23:30:00Z"),
      said("noon", "2026-03-28T11:00:00Z"),
      said("summer time", "2026-03-29T21:59:00Z"),
      said("last year", "2025-03-29T12:00:00Z"),
    ],
    ({ at }) => at,
  );
  assert.deepEqual(
    days.map(({ day, items }) => [new Date(day).toISOString(), items.map(({ id }) => id)]),
    [
      ["2026-03-28T23:00:00.000Z", ["after midnight", "summer time"]],
      ["2026-03-27T23:00:00.000Z", ["evening", "noon"]],
      ["2025-03-28T23:00:00.000Z", ["last year"]],
    ],
  );
  assert.deepEqual(
    byDay([], () => ""),
    [],
  );
  assert.equal(startOfDay("2026-03-29T21:59:00Z"), days[0].day);
});

test("a conversation lasts from its first to its last words, and never less than nothing", () => {
  const lasting = (startedAt, endedAt) => secondsOf({ startedAt, endedAt });
  assert.equal(lasting("2026-01-01T10:00:00Z", "2026-01-01T10:32:00Z"), 1920);
  assert.equal(lasting("2026-01-01T10:00:00Z", "2026-01-01T09:00:00Z"), 0);
  assert.equal(lasting(undefined, undefined), 0, "as an older version has kept it");
});

test("a wearable is called by its name, or by as much of its id as can be read", () => {
  assert.equal(wearableOf({ omiSessionKey: "Kq3vT9wZpLfB6xYhN0sRcU7dJm42", sessionName: "Pendant" }), "Pendant");
  assert.equal(wearableOf({ omiSessionKey: "Kq3vT9wZpLfB6xYhN0sRcU7dJm42", sessionName: null }), "Kq3vT9…Jm42");
  assert.equal(wearableOf({ omiSessionKey: "kitchen-device" }), "kitchen-device");
});
