/**
 * Reads an event stream as the HTML standard describes it (section 9.2.6), from pieces cut anywhere.
 *
 * @param {object} handlers
 * @param {(event: {id: string, data: string}) => void} handlers.onEvent
 * @param {(milliseconds: number) => void} [handlers.onRetry]
 * @returns {(text: string) => void} Takes the next piece of text.
 */
export function createEventParser({ onEvent, onRetry }) {
  let unfinishedLine = "";
  let lastCharacterWasCR = false;
  let isFirstLine = true;
  let id = "";
  /** @type {string[]} */
  let data = [];

  return function push(text) {
    if (!text) return;
    // A CR ends a line at once, so an LF that comes in the next piece belongs to it.
    if (lastCharacterWasCR && text.startsWith("\n")) text = text.slice(1);
    lastCharacterWasCR = text.endsWith("\r");
    const lines = text.split(/\r\n|\n|\r/);
    const rest = /** @type {string} */ (lines.pop());
    for (const line of lines) {
      readLine(unfinishedLine + line);
      unfinishedLine = "";
    }
    unfinishedLine += rest;
  };

  /** @param {string} line */
  function readLine(line) {
    if (isFirstLine) line = line.replace(/^\uFEFF/, "");
    isFirstLine = false;
    if (line === "") return dispatch();
    const colon = line.indexOf(":");
    if (colon === -1) readField(line, "");
    else if (colon > 0) readField(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ""));
  }

  /** @param {string} name @param {string} value */
  function readField(name, value) {
    if (name === "data") data.push(value);
    else if (name === "id" && !value.includes("\0")) id = value;
    else if (name === "retry" && /^\d+$/.test(value)) onRetry?.(Number(value));
  }

  function dispatch() {
    const lines = data;
    data = [];
    if (lines.length > 0) onEvent({ id, data: lines.join("\n") });
  }
}
