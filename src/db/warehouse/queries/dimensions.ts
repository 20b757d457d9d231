import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { instantsOfDay, instantsOfHour } from '../../../domain/time-zones.ts';
import { type Condition, every, listIn, plain, within } from '../conditions.ts';
import type { ParentColumn, ParentKey } from '../list-query.ts';
import { localDay, localHour } from '../local-time.ts';
import { allOf, anyOf, comparedText, equalsOrBothNull, type InstantRange, paddedKeys, paddedTexts } from '../sql.ts';

/** The dimensions of metrics. Days and hours are those of the conversion, in the time zone of the query. */
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

/**
 * The dimensions as expressions on conversions.
 *
 * @param zone of days and hours; null: UTC.
 * @param range of the conversions, if it is known.
 */
export function conversionDimensions(
  dimensions: readonly MetricDimension[],
  zone: string | null = null,
  range: InstantRange = {},
): RawBuilder<string | null>[] {
  return dimensions.map((dimension) => localPeriod(dimension, 'converted_at', zone, range) ?? onConversions[dimension]);
}

/** The same as what identifies the parent of a list of conversions. */
export function conversionParent(
  dimensions: readonly MetricDimension[],
  zone: string | null = null,
  range: InstantRange = {},
): ParentColumn[] {
  const expressions = conversionDimensions(dimensions, zone, range);
  return dimensions.map((dimension, index) => ({
    // The text of a local day or hour depends on the zone and on the range.
    name: zone !== null && isPeriod(dimension) ? `${dimension} in ${zone} ${range.from} ${range.to}` : dimension,
    expression: expressions[index] as RawBuilder<string | null>,
  }));
}

/** A local day or hour of a column; null: the dimension is no period, or the zone is UTC. */
export function localPeriod(
  dimension: MetricDimension,
  column: string,
  zone: string | null,
  range: InstantRange,
): RawBuilder<string> | null {
  if (zone === null) return null;
  if (dimension === 'DAY') return localDay(column, zone, range);
  return dimension === 'HOUR' ? localHour(column, zone, range) : null;
}

/** The conversions of any of these groups. */
export const areInGroups = (
  dimensions: readonly MetricDimension[],
  zone: string | null,
  keys: readonly ParentKey[],
): Condition => {
  const expressions = conversionDimensions(dimensions);
  // In UTC, groups may have days outside of those of the models, which have no bounds.
  return zone === null
    ? isInGroups(dimensions, expressions, keys)
    : isInPeriods(dimensions, expressions, 'converted_at', zone, keys);
};

/**
 * The same for any table. A day or hour is compared by its bounds, which are short, and by which a warehouse finds rows.
 *
 * @param expressions of the dimensions; those of days and hours are not used.
 * @param column of instants.
 * @param zone of days and hours; null: UTC.
 */
export function isInPeriods(
  dimensions: readonly MetricDimension[],
  expressions: readonly RawBuilder<unknown>[],
  column: string,
  zone: string | null,
  keys: readonly ParentKey[],
): Condition {
  if (!dimensions.some(isPeriod)) return isInGroups(dimensions, expressions, keys);
  const ofKey = (key: ParentKey): Condition =>
    every(
      dimensions.flatMap((dimension, index) => {
        const value = key[index] ?? null;
        // The hour has its day.
        if (dimension === 'DAY' && dimensions.includes('HOUR')) return [];
        if (value === null || !isPeriod(dimension))
          return [equalOrBothNull(dimension, expressions[index] as RawBuilder<unknown>, value)];
        const range = (dimension === 'DAY' ? instantsOfDay : instantsOfHour)(zone, value);
        return [range ? within(column, range) : plain('never', () => sql<SqlBool>`1 = 0`)];
      }),
    );
  // As in `isInGroups`: by their shape.
  const byShape = Map.groupBy(keys, (key) => ofKey(key).shape);
  const alike = [...byShape]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([shape, ofShape]) => ({ shape, conditions: paddedKeys(ofShape).map(ofKey) }));
  return {
    shape: `any of ${alike.map(({ shape, conditions }) => `(${shape}) ${conditions.length}`)}`,
    values: alike.flatMap(({ conditions }) => conditions.flatMap(({ values }) => values)),
    build: () => anyOf(alike.map(({ conditions }) => anyOf(conditions.map(({ build }) => build())))),
  };
}

const equalOrBothNull = (name: string, expression: RawBuilder<unknown>, value: string | null): Condition => ({
  shape: value === null ? `${name} is null` : `${name} =`,
  values: value === null ? [] : [value],
  build: () => equalsOrBothNull(expression, value),
});

const isPeriod = (dimension: MetricDimension): boolean => dimension === 'DAY' || dimension === 'HOUR';

/** The zone of a query's groups; null: UTC, or the groups have no days and hours. */
export const zoneOf = (dimensions: readonly MetricDimension[], timeZone: string | null | undefined): string | null =>
  dimensions.some(isPeriod) ? (timeZone ?? null) : null;

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
    const named = listIn(`${dimensions}`, paddedTexts(values), () => only);
    if (values.length === keys.length) return named;
    return {
      ...named,
      shape: `${named.shape} or null`,
      build: () => anyOf([named.build(), sql<SqlBool>`${only} is null`]),
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
