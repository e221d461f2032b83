const BROWSERS = { Edg: "Edge", OPR: "Opera", Firefox: "Firefox", Chrome: "Chrome", Safari: "Safari" };
const SYSTEMS = {
  iPhone: "iPhone",
  iPad: "iPad",
  Android: "Android",
  Windows: "Windows",
  "Mac OS": "macOS",
  Linux: "Linux",
};

/** "Firefox on Windows"; of what is no browser the name that it gives itself. */
export function clientName(client: string | null): string {
  if (!client) return "An app without a name";
  if (client.startsWith("okhttp/")) return "An Android app";
  const browser = nameIn(client, BROWSERS, "/");
  const system = nameIn(client, SYSTEMS);
  return browser && system ? `${browser} on ${system}` : client.split(/[ /]/)[0]!;
}

function nameIn(client: string, names: Record<string, string>, end = ""): string | undefined {
  const mark = Object.keys(names).find((name) => client.includes(name + end));
  return mark && names[mark];
}
