/**
 * Keeps the last words, and who was signed in, until the user signs out or closes the tab: other people may use the same
 * browser. Each call is async, because a browser that forbids storage throws when `sessionStorage` is read.
 */
export const storage = {
  getItem: async (key: string) => sessionStorage.getItem(key),
  setItem: async (key: string, value: string) => sessionStorage.setItem(key, value),
  removeItem: async (key: string) => sessionStorage.removeItem(key),
};

/** Earlier versions kept both in the browser for up to 30 days. */
async function removeFromBrowser() {
  for (const key of ["omilink.lastView", "omilink.user"]) localStorage.removeItem(key);
}

removeFromBrowser().catch(() => {});
