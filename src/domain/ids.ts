/** Whether a text is a whole number as ids are written: without leading zeros, of at most 19 digits. */
export const isWholeNumber = (text: string): boolean => /^(0|-?[1-9]\d{0,18})$/.test(text);

/** Orders ids as numbers, like a bigint column. Ids are whole numbers without leading zeros. */
export function compareIds(one: string, other: string): number {
  if (one === other) return 0;
  const [isNegative, isOtherNegative] = [one.startsWith('-'), other.startsWith('-')];
  if (isNegative !== isOtherNegative) return isNegative ? -1 : 1;
  const isLess = one.length === other.length ? one < other : one.length < other.length;
  return isLess === isNegative ? 1 : -1;
}

/**
 * A text id as it is compared: without the blanks at its end.
 *
 * Redshift ignores them in comparisons, joins and groups (its guide: Examples with character types), and returns any of the
 * equal texts. PostgreSQL does not ignore them. So no id that comes from a statement may be compared in JavaScript unless
 * the statement or this function has removed them (`comparedText` in src/db/warehouse/sql.ts is the same in SQL). Cursors
 * keep the stored text.
 */
export function textKey(id: string): string {
  let end = id.length;
  while (id.charCodeAt(end - 1) === 32) end -= 1;
  return end === id.length ? id : id.slice(0, end);
}

/** Orders ids of goals, which are texts; null comes last. */
export function compareGoalIds(one: string | null, other: string | null): number {
  if (one === other) return 0;
  if (one === null || other === null) return one === null ? 1 : -1;
  return one < other ? -1 : 1;
}
