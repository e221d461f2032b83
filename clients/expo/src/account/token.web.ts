/** In a browser the cookie signs in, which no script can read. So there is no token to keep. */
export async function readToken(): Promise<string | null> {
  return null;
}

export async function keepToken(): Promise<void> {}

export async function dropToken(): Promise<void> {}
