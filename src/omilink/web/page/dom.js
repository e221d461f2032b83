const SVG = "http://www.w3.org/2000/svg";

/** Makes an element. Children that are strings become text, never markup; functions become listeners. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `page/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/** Sets text only where it differs, so that a screen reader hears changes and nothing else. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Makes a change. If what had the focus goes with it, what `next` gives takes the focus over. */
export function keepFocus(change, next) {
  const before = document.activeElement;
  change();
  const isGone = before.getClientRects().length === 0;
  if (isGone && [before, document.body].includes(document.activeElement)) next()?.focus({ preventScroll: true });
}

/** A button that shows what it is doing and cannot be pressed twice. */
export async function whileBusy(button, words, task) {
  if (button.getAttribute("aria-disabled") === "true") return;
  const label = button.textContent;
  button.setAttribute("aria-disabled", "true");
  setText(button, words);
  try {
    await task();
  } finally {
    button.removeAttribute("aria-disabled");
    setText(button, label);
  }
}
