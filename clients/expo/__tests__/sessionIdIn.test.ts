import { sessionIdIn } from "../src/link/sessionIdIn";

test.each([
  ["kitchen-pendant", "kitchen-pendant"],
  [" kitchen-pendant\n", "kitchen-pendant"],
  ["https://omilink.example.org/link?session_id=kitchen%20a", null],
  ["https://omilink.example.org/link?session_id=kitchen&from=box", "kitchen"],
  ['{"session_id": "kitchen", "uid": null}', "kitchen"],
  ["https://shop.example.org/offer", null],
  ["two words", null],
  ["WIFI:S:Home;P:my-password;;", null],
  ["dev_aB-3.1", "dev_aB-3.1"],
  ["x".repeat(129), null],
  ["", null],
])("the code %j holds %j", (code, sessionId) => {
  expect(sessionIdIn(code)).toBe(sessionId);
});
