import type { DayFieldProps } from "./DayField";

/** The browser's own: it has a calendar and knows how dates are written where the user is. */
export function DayField({ label, value, onChange }: DayFieldProps) {
  return (
    <label className="control">
      {label}
      <input type="date" value={value} max="9999-12-31" onChange={({ target }) => onChange(target.value)} />
    </label>
  );
}
