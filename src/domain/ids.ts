/** Orders ids as numbers, like a bigint column. Ids are whole numbers without leading zeros. */
export function compareIds(one: string, other: string): number {
  if (one === other) return 0;
  const [isNegative, isOtherNegative] = [one.startsWith('-'), other.startsWith('-')];
  if (isNegative !== isOtherNegative) return isNegative ? -1 : 1;
  const isLess = one.length === other.length ? one < other : one.length < other.length;
  return isLess === isNegative ? 1 : -1;
}

/** Orders ids of goals, which are texts; null comes last. */
export function compareGoalIds(one: string | null, other: string | null): number {
  if (one === other) return 0;
  if (one === null || other === null) return one === null ? 1 : -1;
  return one < other ? -1 : 1;
}
