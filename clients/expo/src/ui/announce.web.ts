const OUT_OF_SIGHT = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)";
const KEPT_FOR = 5_000;

const region = makeRegion(); // at the start: nobody is read a region that comes together with its first words

/** Has a screen reader say something that happened: it reads whatever comes into a live region. */
export function announce(text: string): void {
  const words = region.appendChild(document.createElement("div"));
  words.textContent = text;
  setTimeout(() => words.remove(), KEPT_FOR);
}

/** A browser reads what comes into a live region by itself. */
export function readOut(): void {}

/** Leaves nothing of what was said in the page. */
export function silence(): void {
  region.replaceChildren();
}

function makeRegion(): HTMLElement {
  const element = document.createElement("div");
  element.setAttribute("aria-live", "polite");
  element.style.cssText = OUT_OF_SIGHT;
  return document.body.appendChild(element);
}
