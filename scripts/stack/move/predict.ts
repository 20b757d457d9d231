/** An iteration as AdSuite has it. `createdAt` is RFC 3339 in UTC with six digits, so texts compare as instants. */
export interface KnownIteration {
  readonly id: string;
  readonly createdAt: string;
}

export interface Outcome {
  readonly status: string;
  readonly iterationId: string | null;
}

/**
 * Where a click on a strategy's offer belongs, found by looking through its iterations: a second way to the answer, which
 * shares nothing with the SQL of the models.
 *
 * @param asOf where the open window ends.
 */
export function predict(clickedAt: string, iterations: readonly KnownIteration[], asOf: string): Outcome {
  const none = (status: string): Outcome => ({ status, iterationId: null });
  const ordered = iterations.toSorted(byStart);
  if (ordered.length === 0) return none('NO_ITERATIONS');
  const live = ordered.findLastIndex(({ createdAt }) => createdAt <= clickedAt);
  if (live === -1) return none('BEFORE_FIRST_ITERATION');
  if (live === ordered.length - 1 && clickedAt >= asOf) return none('CLICK_AFTER_BUILD');
  return { status: 'ATTRIBUTED', iterationId: ordered[live]?.id ?? null };
}

function byStart(a: KnownIteration, b: KnownIteration): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? -1 : 1;
  return BigInt(a.id) < BigInt(b.id) ? -1 : 1;
}

/** That much of what the API says of a conversion; null if it doesn't know it. */
export function outcomeOf(conversion: Outcome | undefined): Outcome | null {
  return conversion === undefined ? null : { status: conversion.status, iterationId: conversion.iterationId };
}
