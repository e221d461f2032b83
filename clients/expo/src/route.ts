/** Which screen is shown. A link proposes an OMI account that is to be proven. */
export type Route =
  | { screen: Tab | "search" | "people" }
  | { screen: "conversation"; id: string; message?: string }
  | { screen: "link"; uid?: string };

/** Leads to another screen; with `replace` instead of the one that is left, which the way back then skips. */
export type Go = (route: Route, options?: { replace: boolean }) => void;

export type Tab = "live" | "conversations" | "to-do" | "days" | "sessions" | "account";

export const TABS: readonly { tab: Tab; label: string }[] = [
  { tab: "live", label: "Live" },
  { tab: "conversations", label: "Conversations" },
  { tab: "to-do", label: "To do" },
  { tab: "days", label: "Days" },
  { tab: "sessions", label: "Sessions" },
  { tab: "account", label: "Account" },
];

export const START: Route = { screen: "live" };

/** What a screen is called in the browser's tab. */
export function nameOf(route: Route): string {
  if (route.screen === "conversation") return "Conversation";
  if (route.screen === "link") return "Link your wearable";
  if (route.screen === "search") return "Search";
  if (route.screen === "people") return "People";
  return TABS.find(({ tab }) => tab === route.screen)!.label;
}

/** The tab that a screen belongs to. */
export function tabOf({ screen }: Route): Tab {
  if (screen === "conversation" || screen === "search" || screen === "people") return "conversations";
  if (screen === "link") return "sessions";
  return screen;
}

/** As the address of a page has it: "#/conversations/42". */
export function hashOf(route: Route): string {
  if (route.screen === "conversation")
    return `#/conversations/${[route.id, route.message]
      .filter(Boolean)
      .map((id) => encodeURIComponent(id!))
      .join("/")}`;
  if (route.screen === "link" && route.uid) return `#/link/${encodeURIComponent(route.uid)}`;
  return `#/${route.screen}`;
}

export function routeOf(hash: string): Route {
  try {
    return read(hash);
  } catch {
    return START; // a broken address, like "#/link/%E0"
  }
}

function read(hash: string): Route {
  const [, screen = "", ...details] = hash.split("/");
  const [id, message] = details.map(decodeURIComponent);
  if (screen === "conversations" && id) return isId(id) ? { screen: "conversation", id, message } : START;
  if (screen === "link") return { screen, uid: id };
  if (screen === "search" || screen === "people") return { screen };
  return TABS.some(({ tab }) => tab === screen) ? { screen: screen as Tab } : START;
}

/** Conversations are looked up by their ids, and every object has a "constructor". */
function isId(text: string): boolean {
  return /^[a-z\d-]+$/i.test(text) && !(text in {});
}
