import { useLive } from "../live/LiveProvider";

/** A browser's password manager wants to know whose password is changed. */
export function WhosePassword() {
  return <input type="text" autoComplete="username" value={useLive().user.email} readOnly hidden />;
}
