/** A phone shows no code of what it can copy itself. */
export function AddressCode() {
  return null;
}
