import { START, hashOf, routeOf, type Route } from "../src/route";

test.each<Route>([{ screen: "conversation", id: "a/b c" }, { screen: "link", uid: "ü" }, { screen: "sessions" }])(
  "%j has an address that leads back to it",
  (route) => expect(routeOf(hashOf(route))).toEqual(route),
);

test.each(["", "#/nowhere", "#/conversations/%E0", "#/link/%"])("the address %j leads to the start", (hash) => {
  expect(routeOf(hash)).toEqual(START);
});
