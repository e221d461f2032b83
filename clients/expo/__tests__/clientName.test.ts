import { clientName } from "../src/account/clientName";

const CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0";

test.each([
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME} Safari/537.36 Edg/140.0.0.0`, "Edge on Windows"],
  [`Mozilla/5.0 (Linux; Android 10; K) ${CHROME} Mobile Safari/537.36`, "Chrome on Android"],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) Version/18.6 Mobile/15E148 Safari/604.1",
    "Safari on iPhone",
  ],
  ["omilink/1 CFNetwork/3826.500.131 Darwin/24.5.0", "omilink"],
  ["okhttp/4.12.0", "An Android app"],
  ["curl/8.5.0", "curl"],
  [null, "An app without a name"],
])("%s is %s", (client, name) => {
  expect(clientName(client)).toBe(name);
});
