/** The server's address, from the build's setting. */
export function serverAddress(): string {
  const address = process.env.EXPO_PUBLIC_OMILINK_URL;
  if (!address) throw new Error("Tell the app where omilink answers: EXPO_PUBLIC_OMILINK_URL=http://192.168.1.20:8000");
  return address;
}
