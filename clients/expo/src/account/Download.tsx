/** A phone's browser downloads what the app has no place for. */
export function Download() {
  return null;
}
