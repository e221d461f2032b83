const OUT_OF_SIGHT = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)";

let region: HTMLElement | undefined;

/** Has a screen reader say something that happened: it reads whatever comes into a live region. */
export function announce(text: string): void {
  region ??= makeRegion();
  region.textContent = text;
}

function makeRegion(): HTMLElement {
  const element = document.createElement("div");
  element.setAttribute("aria-live", "polite");
  element.style.cssText = OUT_OF_SIGHT;
  return document.body.appendChild(element);
}
