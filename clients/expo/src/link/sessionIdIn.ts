/**
 * The session id that a QR code holds: as it is, or as `session_id` in an address or in JSON. Null for a code of
 * something else, like the address of a shop.
 */
export function sessionIdIn(code: string): string | null {
  const id = idOfJson(code) ?? idOfAddress(code) ?? code.trim();
  return /^[^\s/]{1,128}$/.test(id) ? id : null;
}

function idOfJson(code: string): string | undefined {
  return /"session_id"\s*:\s*"([^"]+)"/.exec(code)?.[1];
}

function idOfAddress(code: string): string | null | undefined {
  const query = /[?&](session_id=[^&#]+)/.exec(code)?.[1];
  return query && new URLSearchParams(query).get("session_id");
}
