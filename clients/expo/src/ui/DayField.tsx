import { Field } from "./Field";

export type DayFieldProps = {
  label: string;
  /** Such as "2026-11-24"; empty for none. */
  value: string;
  onChange: (day: string) => void;
};

export function DayField({ label, value, onChange }: DayFieldProps) {
  return (
    <Field
      label={label}
      value={value}
      onChangeText={onChange}
      placeholder="2026-11-24"
      inputMode="numeric"
      keyboardType="numbers-and-punctuation"
      maxLength={10}
    />
  );
}
