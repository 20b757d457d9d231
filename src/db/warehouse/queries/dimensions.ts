import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { ParentKey } from '../list-query.ts';
import { allOf, anyOf, equalsOrBothNull, isIn, paddedKeys } from '../sql.ts';

/** What conversions can be grouped by. Days and hours are those of the conversion, in UTC. */
export const metricDimensions = ['STRATEGY', 'ITERATION', 'CAMPAIGN', 'GOAL', 'STATUS', 'DAY', 'HOUR'] as const;

export type MetricDimension = (typeof metricDimensions)[number];

/** Each dimension's value in a row of `goal_complete_events_attributed`. */
const onConversions: Record<MetricDimension, RawBuilder<string | null>> = {
  STRATEGY: sql.ref('strategy_id'),
  ITERATION: sql.ref('iteration_id'),
  CAMPAIGN: sql.ref('campaign_id'),
  GOAL: sql.ref('goal_reference_id'),
  STATUS: sql.ref('attribution_status'),
  // Truncated as a time without zone, so that the session's zone has no say and Redshift's two-argument form serves.
  DAY: sql`cast(converted_at at time zone 'UTC' as date)`,
  HOUR: sql`date_trunc('hour', converted_at at time zone 'UTC') at time zone 'UTC'`,
};

export function conversionDimensions(dimensions: readonly MetricDimension[]): RawBuilder<string | null>[] {
  return dimensions.map((dimension) => onConversions[dimension]);
}

/**
 * The rows that belong to any of these groups. Keys hold one value per expression; null is the group of those that
 * have none.
 */
export function isInGroups(
  expressions: readonly RawBuilder<unknown>[],
  keys: readonly ParentKey[],
): RawBuilder<SqlBool> {
  const [only, ...rest] = expressions;
  // No expression: there is one group, and it is everything.
  if (only === undefined) return allOf([]);
  if (rest.length === 0) {
    const values = keys.flatMap((key) => key[0] ?? []);
    const named = isIn(only, values);
    return values.length === keys.length ? named : anyOf([named, sql<SqlBool>`${only} is null`]);
  }
  // Which values of a key are null shows in the statement, so keys that are alike in that stand together: the shape
  // depends on how many there are of each kind, not on their order.
  const kinds = Map.groupBy(keys, (key) => expressions.map((_, index) => (isMissing(key, index) ? '-' : '+')).join(''));
  const inOrder = [...kinds].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return anyOf(
    inOrder.map(([, alike]) =>
      anyOf(
        paddedKeys(alike).map((key) =>
          allOf(expressions.map((expression, index) => equalsOrBothNull(expression, key[index] ?? null))),
        ),
      ),
    ),
  );
}

const isMissing = (key: ParentKey, index: number): boolean => (key[index] ?? null) === null;
