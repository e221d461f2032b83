import type { Message } from "omilink";

import { cut } from "../src/live/chunks";

const talk = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => ({ id: String(from + index) }) as Message);

test("every message is in one chunk, in order", () => {
  const messages = talk(0, 173);
  expect(cut(messages, 17).flatMap(({ messages }) => messages)).toEqual(messages);
});

test("a chunk is full and knows the message before it", () => {
  const chunks = cut(talk(0, 50), 0);
  expect(chunks.map(({ messages }) => messages.length)).toEqual([20, 20, 10]);
  expect(chunks.map(({ before }) => before?.id)).toEqual([undefined, "19", "39"]);
});

test("older messages make chunks of their own and leave the others as they were", () => {
  const before = cut(talk(100, 200), 0);
  const after = cut(talk(30, 200), 70);
  expect(after.slice(-5).map(({ key, messages }) => [key, messages])).toEqual(
    before.map(({ key, messages }) => [key, messages]),
  );
  expect(after.map(({ key }) => key)).toEqual([-4, -3, -2, -1, 0, 1, 2, 3, 4]);
});

test("nothing makes no chunk", () => {
  expect(cut([], 0)).toEqual([]);
});
