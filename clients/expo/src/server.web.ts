/** Where omilink answers: what the page says, what the build was told, or the folder that the page came from. */
export function serverAddress(): string {
  const named = document.querySelector<HTMLMetaElement>("meta[name=omilink-server]")?.content;
  return named || process.env.EXPO_PUBLIC_OMILINK_URL || new URL(".", document.baseURI).href;
}
