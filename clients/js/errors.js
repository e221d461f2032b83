/** An error with a `code` for programs and a `message` for people. */
export class OmilinkError extends Error {
  /**
   * @param {string} code The server's stable code, or `unreachable` when no answer came.
   * @param {string} message
   * @param {{status?: number, retryAfter?: number | null, cause?: unknown}} [details]
   */
  constructor(code, message, { status = 0, retryAfter = null, cause } = {}) {
    super(message, { cause });
    this.name = "OmilinkError";
    this.code = code;
    /** The HTTP status; 0 when no answer came. */
    this.status = status;
    /** Seconds after which another try makes sense, if the server named them. */
    this.retryAfter = retryAfter;
  }

  /** Whether the sign-in is not good, or no longer; a wrong password is another matter. */
  get isSignedOut() {
    return this.code === "not_signed_in";
  }

  /** Whether another try may go well: the server was away, busy or broken, or something stood in front of it. */
  get mayPass() {
    const isNobodys = this.status < 300 && ["unreachable", "unexpected_answer"].includes(this.code);
    return isNobodys || this.status === 429 || this.status >= 500;
  }
}

/**
 * The error that an answer stands for, also when a proxy wrote it and it is no JSON.
 *
 * @param {Response} response
 * @returns {Promise<OmilinkError>}
 */
export async function errorOf(response) {
  const answer = await response.json().catch(() => null);
  return new OmilinkError(
    answer?.error ?? "unexpected_answer",
    answer?.message ?? `The server answered with status ${response.status}. Try again in a moment.`,
    { status: response.status, retryAfter: secondsOf(response.headers.get("Retry-After")) },
  );
}

/** A page of a network that wants a sign-in, or another program's. @param {Response} response */
export function notOmilink({ status }) {
  return new OmilinkError(
    "unexpected_answer",
    "Something that is not omilink answered. Is this network asking you to sign in?",
    { status },
  );
}

/**
 * A browser does not distinguish a lost connection from a server that does not let the page read its answers.
 *
 * @param {string} url
 * @param {unknown} [cause]
 */
export function unreachable(url, cause) {
  const message = isOfAnotherOrigin(url)
    ? "The server cannot be reached from this page. Either there is no connection to it, or it does not answer pages of " +
      `${location.origin}: then its operator has to name this origin in OMILINK_CORS_ORIGINS.`
    : "The server cannot be reached. Check the connection and try again.";
  return new OmilinkError("unreachable", message, { cause });
}

/** @param {string} url */
export function isOfAnotherOrigin(url) {
  return typeof document !== "undefined" && new URL(url, location.href).origin !== location.origin;
}

/**
 * Retry-After is a number of seconds or a date (RFC 9110, section 10.2.3).
 *
 * @param {string | null} value
 */
function secondsOf(value) {
  if (!value) return null;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? null : Math.max(0, seconds);
}
