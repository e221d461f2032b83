import { START, hashOf, routeOf, type Route } from "../src/route";

test.each<Route>([
  { screen: "conversation", id: "0b9e-42" },
  { screen: "conversation", id: "0b9e-42", message: "0b9e-42.7" },
  { screen: "link", uid: "ü" },
  { screen: "sessions" },
  { screen: "search" },
  { screen: "people" },
  { screen: "to-do" },
  { screen: "days" },
])("%j has an address that leads back to it", (route) => expect(routeOf(hashOf(route))).toEqual(route));

test.each(["", "#/nowhere", "#/conversations/%E0", "#/conversations/a%20b", "#/link/%"])(
  "the address %j leads to the start",
  (hash) => {
    expect(routeOf(hash)).toEqual(START);
  },
);

test.each(["__proto__", "constructor", "toString"])("%j is no conversation, though every object has one", (id) => {
  expect(routeOf(`#/conversations/${id}`)).toEqual(START);
});
