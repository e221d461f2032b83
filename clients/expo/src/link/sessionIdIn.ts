/** What an id may look like that says of itself that it is one. */
const NAMED = /^[^\s/]{1,128}$/;
/** Any other code is text, like the password of a network. */
const BARE = /^[\w.-]{1,128}$/;

/** The session id that a QR code holds: as it is, or as `session_id` in an address or in JSON. Null if it has none. */
export function sessionIdIn(code: string): string | null {
  const named = idOfJson(code) ?? idOfAddress(code);
  const id = named ?? code.trim();
  return (named ? NAMED : BARE).test(id) ? id : null;
}

function idOfJson(code: string): string | undefined {
  return /"session_id"\s*:\s*"([^"]+)"/.exec(code)?.[1];
}

function idOfAddress(code: string): string | null | undefined {
  const query = /[?&](session_id=[^&#]+)/.exec(code)?.[1];
  return query && new URLSearchParams(query).get("session_id");
}
