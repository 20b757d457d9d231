import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { AttributionCauseName } from '../../../domain/causes.ts';
import { allOf, anyOf, isIn } from '../sql.ts';
import { type ConversionColumn, conversionColumnNames } from '../tables.ts';
import { type ConversionFilter, conversionExpressions, conversionsMatch } from './conversions.ts';
import { type BuildRange, beganIn, causesIn, endedIn } from './history-causes.ts';
import { history } from './history-states.ts';

/** NEW: not in the older build. GONE: not in the newer one. DIFFERENT: in both, with a difference. */
export const changeKinds = ['NEW', 'GONE', 'DIFFERENT'] as const;

export type ChangeKindName = (typeof changeKinds)[number];

/** Conditions on how a conversion changed, combined with AND. An empty list matches nothing. */
export interface ChangeFilter {
  readonly kinds?: readonly ChangeKindName[] | null;
  readonly before?: ConversionFilter | null;
  readonly after?: ConversionFilter | null;
  readonly causes?: readonly AttributionCauseName[] | null;
}

/** The conversions whose states in two builds differ. */
export interface ChangeQuery extends BuildRange {
  /** Matches the state before or the state after. */
  readonly filter: ConversionFilter;
  readonly change: ChangeFilter;
}

/** The states in the older build and in the newer one, by which they are named in statements: before_state, after_state. */
export const sides = ['before', 'after'] as const;

export type Side = (typeof sides)[number];

export const changedId: RawBuilder<unknown> = sql`coalesce(before_state.event_id, after_state.event_id)`;

/** A column as the API shows it, beside the stored one. */
export const servedName = (name: string): string => `served_${name}`;

/**
 * The intervals of one side of a comparison. A state of the older build that ended since may differ from one of the newer build that
 * began since. A state that both builds have is on neither side, and one that ended and came back is on both, without a difference.
 */
export function isOnSide(side: Side, range: BuildRange): RawBuilder<SqlBool> {
  const { since, through } = range;
  return side === 'before'
    ? allOf([sql<SqlBool>`from_build_number <= ${since}`, endedIn(range)])
    : allOf([beganIn(range), sql<SqlBool>`(until_build_number is null or until_build_number > ${through})`]);
}

/**
 * The conversions that differ between two builds, as `before_state` and `after_state`, and the condition on them; further
 * conditions may be added with AND.
 *
 * @param served the columns that are read from each side.
 */
export function changed(query: ChangeQuery, served: readonly string[]): RawBuilder<unknown> {
  return sql`
    (${sideOf('before', query, served)}) as before_state
    full outer join (${sideOf('after', query, served)}) as after_state
      on after_state.event_id = before_state.event_id
    where ${isChange(query)}`;
}

/** One side of the comparison: all columns that can differ, and whether it matches the filters. */
export function sideOf(side: Side, query: ChangeQuery, served: readonly string[]): RawBuilder<unknown> {
  const { filter, change } = query;
  const own = change[side] ?? {};
  const expressions: Readonly<Record<string, RawBuilder<unknown>>> = conversionExpressions;
  const columns = [
    ...conversionColumnNames.map((name) => sql.ref(name)),
    ...served.map((name) => sql`${expressions[name]} as ${sql.ref(servedName(name))}`),
    ...(isRestricted(filter)
      ? [sql`case when ${conversionsMatch(filter, 'attribution_history').build()} then 1 else 0 end as is_match`]
      : []),
    ...(isRestricted(own)
      ? [sql`case when ${conversionsMatch(own, 'attribution_history').build()} then 1 else 0 end as is_chosen`]
      : [sql`1 as is_chosen`]),
  ];
  return sql`select ${sql.join(columns)} from ${history} where ${isOnSide(side, query)}`;
}

/**
 * Whether `before_state` and `after_state` differ, and match the filters.
 */
export function isChange(query: ChangeQuery, id = changedId): RawBuilder<SqlBool> {
  const { filter, change } = query;
  const differs = anyOf(conversionColumnNames.filter((name) => name !== 'event_id').map(isDifferent));
  const kinds: Readonly<Record<ChangeKindName, RawBuilder<SqlBool>>> = {
    NEW: sql<SqlBool>`before_state.event_id is null`,
    GONE: sql<SqlBool>`after_state.event_id is null`,
    DIFFERENT: allOf([sql<SqlBool>`before_state.event_id = after_state.event_id`, differs]),
  };
  const conditions = [anyOf((change.kinds ?? changeKinds).map((kind) => kinds[kind]))];
  if (isRestricted(filter)) conditions.push(sql<SqlBool>`(before_state.is_match = 1 or after_state.is_match = 1)`);
  if (change.before) conditions.push(sql<SqlBool>`before_state.is_chosen = 1`);
  if (change.after) conditions.push(sql<SqlBool>`after_state.is_chosen = 1`);
  if (change.causes) conditions.push(hasCause(id, query, change.causes));
  return allOf(conditions);
}

/** Whether a conversion changed for one of the causes within the range. */
export function hasCause(
  id: RawBuilder<unknown>,
  range: BuildRange,
  causes: readonly AttributionCauseName[],
): RawBuilder<SqlBool> {
  const chosen = isIn(sql.ref('cause'), causes);
  return sql<SqlBool>`${id} in (select event_id from (${causesIn(range)}) as found where ${chosen})`;
}

/** Whether any condition is set. */
const isRestricted = (conditions: object): boolean =>
  Object.values(conditions).some((condition) => condition !== undefined && condition !== null);

function isDifferent(name: ConversionColumn): RawBuilder<SqlBool> {
  const [one, other] = [sql.ref(`before_state.${name}`), sql.ref(`after_state.${name}`)];
  return sql<SqlBool>`(${one} <> ${other} or (${one} is null and ${other} is not null) or (${one} is not null and ${other} is null))`;
}
