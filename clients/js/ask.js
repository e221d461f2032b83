import { createDeadline } from "./deadline.js";
import { OmilinkError, errorOf, notOmilink, unreachable } from "./errors.js";

const TIMEOUT = 30_000;

/** The address that paths are put behind. @param {string} baseUrl */
export function baseOf(baseUrl) {
  if (baseUrl && !/^(https?:\/)?\//.test(baseUrl))
    throw new OmilinkError("bad_address", `baseUrl has to begin with http:// or https://, and is “${baseUrl}”.`);
  return baseUrl.replace(/\/+$/, "");
}

/** @param {string} method @param {object} [body] @returns {RequestInit} */
export function requestOf(method, body) {
  const headers = { Accept: "application/json", ...(body && { "Content-Type": "application/json" }) };
  return { method, headers, body: body && JSON.stringify(body) };
}

/**
 * What the server answers, or an OmilinkError.
 *
 * @param {typeof globalThis.fetch} fetch
 * @param {string} url
 * @param {RequestInit} request
 * @returns {Promise<any>}
 */
export async function answerOf(fetch, url, request) {
  const deadline = createDeadline();
  deadline.set(TIMEOUT, new Error("The server did not answer in time."));
  try {
    const response = await deadline.race(fetch(url, { ...request, signal: deadline.signal }));
    if (!response.ok) throw await deadline.race(errorOf(response));
    const text = await deadline.race(response.text());
    try {
      return JSON.parse(text);
    } catch {
      throw notOmilink(response);
    }
  } catch (cause) {
    if (cause instanceof OmilinkError) throw cause;
    throw unreachable(url, cause);
  } finally {
    deadline.end();
  }
}
