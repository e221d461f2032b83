/** The search box, by its name in the page. */
export const SEARCH_BOX = "search-box";

/** What leads to the search on a keyboard, in words; a phone has none. */
export const SEARCH_KEYS = "";

export function useSearchKeys(): void {}
