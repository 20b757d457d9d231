import type { Column } from './result-list.ts';

interface ColumnChoiceProps {
  readonly label: string;
  readonly columns: readonly Column[];
  readonly value: string;
  readonly onChange: (name: string) => void;
}

/** A field that chooses a column. */
export function ColumnChoice({ label, columns, value, onChange }: ColumnChoiceProps) {
  return (
    <label>
      {label}
      <select value={value} onChange={({ target }) => onChange(target.value)}>
        {columns.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}

interface OptionalChoiceProps extends Omit<ColumnChoiceProps, 'value' | 'onChange'> {
  /** What choosing no column is called. */
  readonly none: string;
  readonly value: string | null;
  readonly onChange: (name: string | null) => void;
}

/** A field that chooses a column, or none. */
export function OptionalChoice({ label, none, columns, value, onChange }: OptionalChoiceProps) {
  return (
    <label>
      {label}
      <select value={value ?? ''} onChange={({ target }) => onChange(target.value || null)}>
        <option value="">{none}</option>
        {columns.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}
