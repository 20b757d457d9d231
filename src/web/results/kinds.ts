/** What a column holds. Numbers may be exact decimals, as texts. */
export type ColumnKind = 'number' | 'day' | 'instant' | 'boolean' | 'text';

export type Cell = string | number | boolean | null;

/** Of values of the schema's scalars; all others are texts. */
export const kindsOfTypes: Readonly<Record<string, ColumnKind>> = {
  Int: 'number',
  Float: 'number',
  Decimal: 'number',
  Seconds: 'number',
  Microseconds: 'number',
  Boolean: 'boolean',
  Day: 'day',
  DateTime: 'instant',
};

/** The forms of the API's scalars that are texts in JSON. Ids of digits are texts. */
const formsOfKinds: readonly (readonly [RegExp, ColumnKind])[] = [
  [/^-?\d+\.\d+$/, 'number'],
  [/^\d{4}-\d\d-\d\d$/, 'day'],
  [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, 'instant'],
];

/** Without a schema. Null: any, as the value is null. */
export function kindOf(cell: Cell): ColumnKind | null {
  if (cell === null) return null;
  if (typeof cell === 'number') return 'number';
  if (typeof cell === 'boolean') return 'boolean';
  return formsOfKinds.find(([form]) => form.test(cell))?.[1] ?? 'text';
}
