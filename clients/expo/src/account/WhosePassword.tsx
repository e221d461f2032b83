/** Phones know whose password an app asks for. */
export function WhosePassword() {
  return null;
}
