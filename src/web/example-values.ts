/** Values for the variables of examples, from the data that is served. */
export interface ExampleValues {
  /** The strategy with the most attributed conversions; null if there are none. */
  readonly strategyId: string | null;
  /** The five with the most, that one first: all of them by day would be more than a page. Empty if there are none. */
  readonly strategyIds: readonly string[];
  /** The 30 UTC days up to the last one that has conversions, `toDay`; `to` is the end of it. Null if there are none. */
  readonly lastDays: {
    readonly from: string;
    readonly to: string;
    readonly fromDay: string;
    readonly toDay: string;
  } | null;
  /** The build before the one being served; null if there is none. */
  readonly earlierBuild: string | null;
}

export const exampleValuesQuery = `query ExampleValues {
  metrics(groupBy: [STRATEGY], filter: { status: [ATTRIBUTED] }, orderBy: { field: CONVERSIONS, direction: DESC }, first: 5) {
    nodes { strategyId }
  }
  conversions(orderBy: { field: CONVERTED_AT, direction: DESC }, first: 1) { nodes { convertedAt } }
  builds(first: 2) { nodes { id } }
}`;

interface Nodes<Node> {
  readonly nodes: readonly Node[];
}

interface ExampleValuesData {
  readonly metrics: Nodes<{ readonly strategyId: string | null }>;
  readonly conversions: Nodes<{ readonly convertedAt: string }>;
  readonly builds: Nodes<{ readonly id: string }>;
}

const dayMilliseconds = 86_400_000;

/** @param data the answer to `exampleValuesQuery`. */
export function exampleValues(data: unknown): ExampleValues {
  const { metrics, conversions, builds } = data as ExampleValuesData;
  const latest = conversions.nodes[0]?.convertedAt;
  const end = latest === undefined ? null : (Math.floor(Date.parse(latest) / dayMilliseconds) + 1) * dayMilliseconds;
  const strategyIds = metrics.nodes.flatMap(({ strategyId }) => strategyId ?? []);
  const start = (end ?? 0) - 30 * dayMilliseconds;
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  const instant = (at: number) => new Date(at).toISOString().replace('.000', '');
  return {
    strategyId: strategyIds[0] ?? null,
    strategyIds,
    lastDays:
      end === null ? null : { from: instant(start), to: instant(end), fromDay: day(start), toDay: day(end - 1) },
    earlierBuild: builds.nodes[1]?.id ?? null,
  };
}

/** What examples have instead of the id of an earlier build. */
const buildToChoose = 'id of a build';

/** Whether the user, or `withValues`, must enter the id of an earlier build. */
export function needsBuild(variables: string): boolean {
  if (variables.trim() === '') return false;
  return Object.values(JSON.parse(variables) as Record<string, unknown>).includes(buildToChoose);
}

/** Variables that limit a period together. */
const periods = [
  ['from', 'to'],
  ['fromDay', 'toDay'],
] as const;

/** Whether `withValues` would change anything. */
export function needsValues(variables: string): boolean {
  if (variables.trim() === '') return false;
  const given = JSON.parse(variables) as Record<string, unknown>;
  return (
    'strategyId' in given ||
    given.strategyIds === null ||
    periods.some(([first, last]) => given[first] === null && given[last] === null) ||
    needsBuild(variables)
  );
}

/**
 * The variables of an example with values of the data: `strategyId`, `strategyIds` that are not limited, a period of `from` and `to`, or
 * `fromDay` and `toDay`, that has no limits, and ids of builds. Ids of push runs stay as they are: mutations of a run change nothing until the user enters one.
 *
 * @param variables JSON text; empty if there are none.
 */
export function withValues(
  variables: string,
  { strategyId, strategyIds, lastDays, earlierBuild }: ExampleValues,
): string {
  if (variables.trim() === '') return variables;
  const given = JSON.parse(variables) as Record<string, unknown>;
  const filled = { ...given };
  if (strategyId !== null && 'strategyId' in given) filled.strategyId = strategyId;
  if (strategyIds.length > 0 && given.strategyIds === null) filled.strategyIds = strategyIds;
  if (lastDays)
    for (const [first, last] of periods)
      if (given[first] === null && given[last] === null)
        Object.assign(filled, { [first]: lastDays[first], [last]: lastDays[last] });
  for (const [name, value] of Object.entries(given))
    if (value === buildToChoose && earlierBuild !== null) filled[name] = earlierBuild;
  return JSON.stringify(filled, null, 2);
}
