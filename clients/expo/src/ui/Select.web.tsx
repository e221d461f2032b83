import type { SelectProps } from "./Select";

/** The browser's own: it is opened, typed into and read out as everywhere else. */
export function Select({ label, choices, chosen, onChoose }: SelectProps) {
  return (
    <label className="control">
      {label}
      <select value={chosen} onChange={({ target }) => onChoose(target.value)}>
        {choices.map(([name, words]) => (
          <option key={name} value={name}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
