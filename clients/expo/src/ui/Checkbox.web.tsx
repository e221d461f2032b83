import type { CheckboxProps } from "./Checkbox";

/** The browser's own: it knows the keyboard and the colours of the system. */
export function Checkbox({ isChecked, onChange, children }: CheckboxProps) {
  return (
    <label className="checkbox">
      <input type="checkbox" checked={isChecked} onChange={() => onChange(!isChecked)} />
      {children}
    </label>
  );
}
