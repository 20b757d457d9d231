import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Condition } from '../conditions.ts';
import type { ParentColumn, ParentKey } from '../list-query.ts';
import { allOf, anyOf, comparedText, equalsOrBothNull, isIn, padded, paddedKeys } from '../sql.ts';

/** The dimensions of metrics. Days and hours are those of the conversion, in UTC. */
export const metricDimensions = [
  'STRATEGY',
  'ITERATION',
  'CAMPAIGN',
  'OFFER',
  'GOAL',
  'STATUS',
  'DAY',
  'HOUR',
] as const;

export type MetricDimension = (typeof metricDimensions)[number];

/** The dimensions of the counts per status. */
export const summaryDimensions = ['STRATEGY', 'CAMPAIGN', 'DAY'] as const satisfies readonly MetricDimension[];

export type SummaryDimensionName = (typeof summaryDimensions)[number];

/** Each dimension's expression on `goal_complete_events_attributed`. */
const onConversions: Record<MetricDimension, RawBuilder<string | null>> = {
  STRATEGY: sql.ref('strategy_id'),
  ITERATION: sql.ref('iteration_id'),
  CAMPAIGN: sql.ref('campaign_id'),
  OFFER: sql.ref('campaign_offer_id'),
  GOAL: comparedText('goal_reference_id'),
  STATUS: sql.ref('attribution_status'),
  // Truncated as a timestamp without time zone: independent of the session's time zone, and within Redshift's
  // two-argument date_trunc.
  DAY: sql`cast(converted_at at time zone 'UTC' as date)`,
  HOUR: sql`date_trunc('hour', converted_at at time zone 'UTC') at time zone 'UTC'`,
};

export function conversionDimensions(dimensions: readonly MetricDimension[]): RawBuilder<string | null>[] {
  return dimensions.map((dimension) => onConversions[dimension]);
}

/** The same as what identifies the parent of a list of conversions. */
export function conversionParent(dimensions: readonly MetricDimension[]): ParentColumn[] {
  return dimensions.map((name) => ({ name, expression: onConversions[name] }));
}

/**
 * The rows of any of these groups. A key has one value per dimension; null matches rows without a value.
 *
 * @param expressions of the dimensions.
 */
export function isInGroups(
  dimensions: readonly MetricDimension[],
  expressions: readonly RawBuilder<unknown>[],
  keys: readonly ParentKey[],
): Condition {
  const [only, ...rest] = expressions;
  // Without dimensions there is one group of all rows.
  if (only === undefined) return { shape: 'of all', values: [], build: () => allOf([]) };
  if (rest.length === 0) {
    const values = keys.flatMap((key) => key[0] ?? []);
    const all = padded(values);
    const isComplete = values.length === keys.length;
    const shape = `${dimensions} in ${all.length}${isComplete ? '' : ' or null'}`;
    const named = () => isIn(only, values);
    return {
      shape,
      values: all,
      build: () => (isComplete ? named() : anyOf([named(), sql<SqlBool>`${only} is null`])),
    };
  }
  // Keys are grouped by which of their values are null, because that determines the SQL. So the statement's shape
  // depends on the number of keys of each kind, not on their order.
  const byNulls = Map.groupBy(keys, (key) =>
    expressions.map((_, index) => (isMissing(key, index) ? '-' : '+')).join(''),
  );
  const inOrder = [...byNulls]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([nulls, alike]) => ({ nulls, alike: paddedKeys(alike) }));
  return {
    shape: `${dimensions} in ${inOrder.map(({ nulls, alike }) => `${nulls} ${alike.length}`)}`,
    values: inOrder.flatMap(({ alike }) => alike.flatMap((key) => key.filter((value) => value !== null))),
    build: () =>
      anyOf(
        inOrder.map(({ alike }) =>
          anyOf(
            alike.map((key) =>
              allOf(expressions.map((expression, index) => equalsOrBothNull(expression, key[index] ?? null))),
            ),
          ),
        ),
      ),
  };
}

const isMissing = (key: ParentKey, index: number): boolean => (key[index] ?? null) === null;
