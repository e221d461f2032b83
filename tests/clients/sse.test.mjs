import assert from "node:assert/strict";
import { test } from "node:test";
import { createEventParser } from "../../clients/js/sse.js";

const CASES = {
  "an event": ["id: 1\ndata: hello\n\n", [["1", "hello"]]],
  "lines ended by CR LF": ["id: 1\r\ndata: hello\r\n\r\n", [["1", "hello"]]],
  "lines ended by CR": [
    "id: 1\rdata: hello\r\rdata: more\r\r",
    [
      ["1", "hello"],
      ["1", "more"],
    ],
  ],
  "a byte order mark": ["\uFEFFdata: hello\n\n", [["", "hello"]]],
  "data over several lines": ["data: one\ndata\ndata:two\n\n", [["", "one\n\ntwo"]]],
  "only the first space is taken": ["data:  two\n\n", [["", " two"]]],
  comments: [": still here\n\ndata: hello\n: more\n\n", [["", "hello"]]],
  "an id that stays until the next one": [
    "id: 1\n\ndata: a\n\nid\ndata: b\n\n",
    [
      ["1", "a"],
      ["", "b"],
    ],
  ],
  "an id with a NUL is ignored": ["id: 1\nid: 2\0\ndata: a\n\n", [["1", "a"]]],
  "fields that nobody knows": ["colour: red\nevent: x\ndata: a\n\n", [["", "a"]]],
  "an event cut off by the end": ["data: whole\n\ndata: half\n", [["", "whole"]]],
  "what ends lines elsewhere is part of the words": [
    "data: a\u0085b\u2028c\u2029d\v\f\x1ce\n\n",
    [["", "a\u0085b\u2028c\u2029d\v\f\x1ce"]],
  ],
  "a byte order mark before CR LF": ["\uFEFF\r\ndata: a\r\n\r\n", [["", "a"]]],
  "only one byte order mark is taken": ["\uFEFFdata: \uFEFFa\n\n", [["", "\uFEFFa"]]],
  "letters of more than one byte": ["data: é😀\n\n", [["", "é😀"]]],
};

for (const [name, [text, expected]] of Object.entries(CASES)) {
  for (const size of [1, 2, 3, 1000]) {
    test(`${name}, in pieces of ${size}`, () => assert.deepEqual(read(text, size).events, expected));
  }
}

test("retry takes digits only", () => {
  assert.deepEqual(read("retry: 250\nretry: soon\nretry: 1.5\nretry:\n\n", 1).retries, [250]);
});

function read(text, size) {
  const events = [];
  const retries = [];
  const push = createEventParser({
    onEvent: ({ id, data }) => events.push([id, data]),
    onRetry: (wait) => retries.push(wait),
  });
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) push(decoder.decode(bytes.slice(at, at + size), { stream: true }));
  return { events, retries };
}
