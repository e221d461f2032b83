/** The server's address: of the page's meta element, else of the build's setting, else the folder of the page. */
export function serverAddress(): string {
  const named = document.querySelector<HTMLMetaElement>("meta[name=omilink-server]")?.content;
  return named || process.env.EXPO_PUBLIC_OMILINK_URL || new URL(".", document.baseURI).href;
}
