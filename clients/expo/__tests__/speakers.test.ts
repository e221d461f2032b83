import type { Message } from "omilink";

import { follows, initialOf, isSameMinute, voiceOf } from "../src/live/speakers";

const said = (speaker: string, at: string) => ({ speaker, isUser: false, createdAt: at, spokenAt: at }) as Message;

test("a speaker keeps the colour of their number", () => {
  expect(voiceOf("Speaker 3")).toBe(3);
  expect(voiceOf("Speaker 11")).toBe(3);
  expect(voiceOf("Ada")).toBe(voiceOf("Ada"));
});

test("a number or a letter stands for the speaker", () => {
  expect(initialOf("Speaker 12")).toBe("12");
  expect(initialOf("Ada")).toBe("A");
});

test("the same speaker goes on until a long pause", () => {
  const first = said("SPEAKER_1", "2026-01-01T10:00:00Z");
  expect(follows(first, said("SPEAKER_1", "2026-01-01T10:01:59Z"))).toBe(true);
  expect(follows(first, said("SPEAKER_1", "2026-01-01T10:02:00Z"))).toBe(false);
  expect(follows(first, said("SPEAKER_2", "2026-01-01T10:00:01Z"))).toBe(false);
  expect(follows(undefined, first)).toBe(false);
});

test("each minute begins with its first message, whoever says it", () => {
  const first = said("SPEAKER_1", "2026-01-01T10:00:10Z");
  expect(isSameMinute(undefined, first)).toBe(false);
  expect(isSameMinute(first, said("SPEAKER_2", "2026-01-01T10:00:59Z"))).toBe(true);
  expect(isSameMinute(first, said("SPEAKER_1", "2026-01-01T10:01:00Z"))).toBe(false);
});
