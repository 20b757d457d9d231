import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { AttributionCauseName } from '../../../domain/causes.ts';
import { compareIds } from '../../../domain/ids.ts';
import { cut, type Page } from '../../page.ts';
import type { BuildReader } from '../connect.ts';
import type { ListQuery } from '../list-query.ts';
import { allOf, anyOf, isIn } from '../sql.ts';
import {
  type AttributionStatusName,
  attributionSchema,
  type ConversionColumn,
  conversionColumnNames,
} from '../tables.ts';
import { type ConversionFilter, type ConversionRow, conversionExpressions, conversionsMatch } from './conversions.ts';

/** The builds that are compared, by number: `since` is the older one. */
export interface BuildRange {
  readonly since: string;
  readonly through: string;
}

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

/** A conversion that differs; a state is null if the build did not have the conversion. */
export interface ChangeRow {
  readonly id: string;
  readonly before: ConversionRow | null;
  readonly after: ConversionRow | null;
}

/** A page of changes by event id, in one statement. */
export async function changePage(
  warehouse: BuildReader,
  query: ChangeQuery,
  page: { readonly first: number; readonly after: string | null },
): Promise<Page<ChangeRow>> {
  const served = Object.keys(conversionExpressions);
  const columns = sides.flatMap((side) =>
    served.map((name) => sql`${sql.ref(`${side}_state.${servedName(name)}`)} as ${sql.ref(`${side}_${name}`)}`),
  );
  const statement = sql<Record<string, string | null>>`
    select ${changedId} as id, ${sql.join(columns)} from ${changed(query, page.after, served)}
    order by 1 limit ${page.first + 1}`;
  const { rows, hasNextPage } = cut(await warehouse.rows('history.changes', statement), page.first);
  return { rows: rows.map(changeRow), hasNextPage };
}

/** The number of conversions that differ. */
export async function countChanges(warehouse: BuildReader, query: ChangeQuery): Promise<number> {
  const statement = sql<{ total: string }>`select count(*) as total from ${changed(query, null, [])}`;
  const [row] = await warehouse.rows('history.changes.count', statement);
  return Number(row?.total ?? 0);
}

/** A change of a conversion within a range of builds. */
export interface CauseRow {
  readonly event_id: string;
  readonly build_number: string;
  readonly cause: AttributionCauseName;
}

/** Every change of these conversions after the older build, up to the newer one, unordered. */
export function causesOfConversions(
  warehouse: BuildReader,
  range: BuildRange,
  ids: readonly string[],
): Promise<CauseRow[]> {
  const within = isIn(sql.ref('event_id'), ids);
  const statement = sql<CauseRow>`select event_id, build_number, cause from (${causes(range, within)}) as found`;
  return warehouse.rows('history.causes', statement);
}

/** Conversions that changed in the same way. */
export interface MoveRow {
  /** Null: the older build did not have them. */
  readonly before_status: AttributionStatusName | null;
  readonly before_iteration_id: string | null;
  /** Null: the newer build does not have them. */
  readonly after_status: AttributionStatusName | null;
  readonly after_iteration_id: string | null;
  readonly conversions: string;
  readonly before_payout: string;
  readonly after_payout: string;
  /** Number of such groups, and of conversions in all of them. */
  readonly group_count: string;
  readonly total: string;
}

/** From which status and iteration to which, most conversions first. */
export function moves(warehouse: BuildReader, range: BuildRange, first: number): Promise<MoveRow[]> {
  const keys = ['status', 'iteration_id'];
  const columns = sides.flatMap((side) => keys.map((key) => sql.ref(`${side}_state.${servedName(key)}`)));
  const names = sides.flatMap((side) => keys.map((key) => sql.ref(`${side}_${key}`)));
  const statement = sql<MoveRow>`
    select grouped.*, count(*) over () as group_count, sum(conversions) over () as total
    from (
      select ${sql.join(columns.map((column, index) => sql`${column} as ${names[index]}`))},
        count(*) as conversions, ${payoutSum(sql`before_state.payout`)} as before_payout,
        ${payoutSum(sql`after_state.payout`)} as after_payout
      from ${changed({ ...range, ...everything }, null, keys)}
      group by ${sql.join(columns)}
    ) as grouped
    order by conversions desc, ${sql.join(names)} limit ${first}`;
  return warehouse.rows('history.moves', statement);
}

/** What an iteration gained and lost. */
export interface IterationChangeRow {
  readonly iteration_id: string;
  readonly gained: string;
  readonly lost: string;
  /** Conversions that stayed, with another payout, time or other value. */
  readonly corrected: string;
  readonly payout_gained: string;
  readonly payout_lost: string;
  /** Payout of the corrected conversions in the newer build, less that in the older one. */
  readonly payout_corrected: string;
  readonly group_count: string;
}

/** What each iteration gained and lost, most changes first. */
export function iterationChanges(
  warehouse: BuildReader,
  range: BuildRange,
  first: number,
): Promise<IterationChangeRow[]> {
  const from = changed({ ...range, ...everything }, null, []);
  const stayed = sql`before_state.iteration_id = after_state.iteration_id`;
  const side = (own: RawBuilder<unknown>, other: RawBuilder<unknown>, [gained, lost]: readonly [0 | 1, 0 | 1]) => sql`
    select ${own}.iteration_id as iteration_id, ${sql.lit(gained)} as gained, ${sql.lit(lost)} as lost, 0 as corrected,
      coalesce(${own}.payout, 0) as payout, cast(0 as numeric(18, 4)) as correction
    from ${from} and ${own}.iteration_id is not null and (${other}.iteration_id is null or not ${stayed})`;
  const statement = sql<IterationChangeRow>`
    select grouped.*, count(*) over () as group_count
    from (
      select iteration_id, sum(gained) as gained, sum(lost) as lost, sum(corrected) as corrected,
        ${payoutSum(sql`gained * payout`)} as payout_gained, ${payoutSum(sql`lost * payout`)} as payout_lost,
        ${payoutSum(sql`correction`)} as payout_corrected
      from (
        ${side(sql`after_state`, sql`before_state`, [1, 0])}
        union all ${side(sql`before_state`, sql`after_state`, [0, 1])}
        union all
        select after_state.iteration_id, 0, 0, 1, cast(0 as numeric(18, 4)), coalesce(after_state.payout, 0) - coalesce(before_state.payout, 0)
        from ${from} and ${stayed}
      ) as found
      group by iteration_id
    ) as grouped
    order by gained + lost + corrected desc, iteration_id limit ${first}`;
  return warehouse.rows('history.iterations', statement);
}

export interface CauseCountRow {
  readonly cause: AttributionCauseName;
  readonly conversions: string;
}

/** For each cause, the conversions that differ and changed for it at least once. */
export function causeCounts(warehouse: BuildReader, range: BuildRange): Promise<CauseCountRow[]> {
  const statement = sql<CauseCountRow>`
    select cause, count(*) as conversions
    from (
      select distinct found.event_id, found.cause
      from (${causes(range, allOf([]))}) as found
      inner join (select ${changedId} as id from ${changed({ ...range, ...everything }, null, [])}) as differing
        on differing.id = found.event_id
    ) as counted
    group by cause`;
  return warehouse.rows('history.causeCounts', statement);
}

/** An iteration, and the build after which its changes count. */
export interface IterationSince {
  readonly iterationId: string;
  /** Number of the build. */
  readonly since: string;
}

export interface IterationCauseRow extends CauseCountRow {
  readonly iteration_id: string;
  readonly since: string;
}

/**
 * Why iterations changed: for each cause, the conversions that came, left, or changed within the iteration at least once, up to the
 * build `through`.
 */
export function causesOfIterations(
  warehouse: BuildReader,
  iterations: readonly IterationSince[],
  through: string,
): Promise<IterationCauseRow[]> {
  const bySince = [...Map.groupBy(iterations, ({ since }) => since)].toSorted(([one], [other]) =>
    compareIds(one, other),
  );
  const end = (number: string, cause: string) =>
    bySince.map(([since, own]) => {
      const among = isIn(
        sql.ref('iteration_id'),
        own.map(({ iterationId }) => iterationId),
      );
      const built = sql<SqlBool>`${sql.ref(number)} > ${since} and ${sql.ref(number)} <= ${through}`;
      return sql`
        select iteration_id, cast(${since} as bigint) as since, event_id, ${sql.ref(cause)} as cause from ${history}
        where ${allOf([built, among])}`;
    });
  const ends = [...end('from_build_number', 'begin_cause'), ...end('until_build_number', 'end_cause')];
  const statement = sql<IterationCauseRow>`
    select iteration_id, since, cause, count(distinct event_id) as conversions
    from (${sql.join(ends, sql` union all `)}) as found
    group by iteration_id, since, cause`;
  return warehouse.rows('history.iterationCauses', statement);
}

/**
 * Whether the history has intervals of these builds, or they had no conversions. The history has none of them if it has begun again
 * since.
 */
export async function hasStatesOf(warehouse: BuildReader, numbers: readonly string[]): Promise<boolean> {
  const statement = sql<{ first: string | null; conversions: string | null }>`
    select (select min(from_build_number) from ${history}) as first, sum(conversions) as conversions
    from ${sql.table(`${attributionSchema}.attribution_builds`)} where ${isIn(sql.ref('build_number'), numbers)}`;
  const [row] = await warehouse.rows('history.first', statement);
  const { first = null, conversions = null } = row ?? {};
  if (Number(conversions ?? 0) === 0) return true;
  return first !== null && numbers.some((number) => compareIds(first, number) <= 0);
}

/** A state of a conversion, and the builds that have it. */
export interface StateRow extends ConversionRow {
  readonly from_build_number: string;
  /** The first build without it; null: the newest build has it. */
  readonly until_build_number: string | null;
  readonly begin_cause: AttributionCauseName;
  readonly end_cause: AttributionCauseName | null;
}

/** The conversion that a state is of. */
export const stateParent = sql.ref<string>('event_id');

/**
 * The states of conversions, newest first.
 *
 * @param through number of the build that is served: later builds are left out.
 */
export function stateList(
  warehouse: BuildReader,
  ids: readonly string[],
  through: string,
): ListQuery<'attribution_history', StateRow> {
  const columns = Object.entries(conversionExpressions).map(([name, expression]) => expression.as(name));
  const ended = sql<SqlBool>`until_build_number <= ${through}`;
  return {
    name: 'history.states',
    select: warehouse.db
      .selectFrom('attribution_history')
      .select([
        ...columns,
        'from_build_number',
        sql`case when ${ended} then until_build_number end`.as('until_build_number'),
        'begin_cause',
        sql`case when ${ended} then end_cause end`.as('end_cause'),
      ])
      .where(isIn(sql.ref('event_id'), ids))
      .where('from_build_number', '<=', through)
      .$castTo<StateRow>(),
    sort: [{ expression: sql.ref('from_build_number'), direction: 'DESC', nullable: false }],
  };
}

const sides = ['before', 'after'] as const;
const history = sql.table(`${attributionSchema}.attribution_history`);
const everything = { filter: {}, change: {} } satisfies Pick<ChangeQuery, 'filter' | 'change'>;
const changedId = sql`coalesce(before_state.event_id, after_state.event_id)`;
/** A column as the API shows it, beside the stored one. */
const servedName = (name: string): string => `served_${name}`;
const payoutSum = (payout: RawBuilder<unknown>) => sql`cast(coalesce(sum(${payout}), 0) as numeric(38, 4))`;

/**
 * The conversions that differ between two builds, as `before_state` and `after_state`, and the condition on them; further
 * conditions may be added with AND.
 *
 * A state of the older build that ended since, beside one of the newer build that began since. A state that both builds have is in
 * neither, and one that ended and came back is in both, without a difference.
 *
 * @param after only conversions after this event id.
 * @param served the columns that are read from each side.
 */
function changed(query: ChangeQuery, after: string | null, served: readonly string[]): RawBuilder<unknown> {
  const { since, through, filter, change } = query;
  const began = sql<SqlBool>`(from_build_number > ${since} and from_build_number <= ${through})`;
  const ended = sql<SqlBool>`(until_build_number > ${since} and until_build_number <= ${through})`;
  const position = after === null ? [] : [sql<SqlBool>`event_id > ${after}`];
  const before = [sql<SqlBool>`from_build_number <= ${since}`, ended, ...position];
  const now = [began, sql<SqlBool>`(until_build_number is null or until_build_number > ${through})`, ...position];
  return sql`
    (${state(allOf(before), filter, change.before ?? {}, served)}) as before_state
    full outer join (${state(allOf(now), filter, change.after ?? {}, served)}) as after_state
      on after_state.event_id = before_state.event_id
    where ${allOf(conditionsOn(query, began, ended))}`;
}

function conditionsOn({ filter, change }: ChangeQuery, began: RawBuilder<SqlBool>, ended: RawBuilder<SqlBool>) {
  const isNew = sql<SqlBool>`before_state.event_id is null`;
  const isGone = sql<SqlBool>`after_state.event_id is null`;
  const differs = anyOf(conversionColumnNames.filter((name) => name !== 'event_id').map(isDifferent));
  const kinds: Readonly<Record<ChangeKindName, RawBuilder<SqlBool>>> = {
    NEW: isNew,
    GONE: isGone,
    DIFFERENT: allOf([sql<SqlBool>`before_state.event_id = after_state.event_id`, differs]),
  };
  const conditions = [anyOf((change.kinds ?? changeKinds).map((kind) => kinds[kind]))];
  if (isRestricted(filter)) conditions.push(sql<SqlBool>`(before_state.is_match = 1 or after_state.is_match = 1)`);
  if (change.before) conditions.push(sql<SqlBool>`before_state.is_chosen = 1`);
  if (change.after) conditions.push(sql<SqlBool>`after_state.is_chosen = 1`);
  if (change.causes) {
    const found = causesFrom(began, ended, isIn(sql.ref('cause'), change.causes));
    conditions.push(sql<SqlBool>`${changedId} in (select event_id from (${found}) as found)`);
  }
  return conditions;
}

const isRestricted = (filter: ConversionFilter): boolean =>
  Object.values(filter).some((condition) => condition !== undefined && condition !== null);

/** One side of the comparison: all columns that can differ, and whether it matches the filters. */
function state(
  where: RawBuilder<SqlBool>,
  filter: ConversionFilter,
  own: ConversionFilter,
  served: readonly string[],
): RawBuilder<unknown> {
  const expressions: Readonly<Record<string, RawBuilder<unknown>>> = conversionExpressions;
  const columns = [
    ...conversionColumnNames.map((name) => sql.ref(name)),
    ...served.map((name) => sql`${expressions[name]} as ${sql.ref(servedName(name))}`),
    ...(isRestricted(filter) ? [sql`case when ${conversionsMatch(filter)} then 1 else 0 end as is_match`] : []),
    ...(isRestricted(own)
      ? [sql`case when ${conversionsMatch(own)} then 1 else 0 end as is_chosen`]
      : [sql`1 as is_chosen`]),
  ];
  return sql`select ${sql.join(columns)} from ${history} where ${where}`;
}

function isDifferent(name: ConversionColumn): RawBuilder<SqlBool> {
  const [one, other] = [sql.ref(`before_state.${name}`), sql.ref(`after_state.${name}`)];
  return sql<SqlBool>`(${one} <> ${other} or (${one} is null and ${other} is not null) or (${one} is not null and ${other} is null))`;
}

/** Each change within a range, as event_id, build_number and cause. */
function causes({ since, through }: BuildRange, where: RawBuilder<SqlBool>): RawBuilder<unknown> {
  const began = sql<SqlBool>`(from_build_number > ${since} and from_build_number <= ${through})`;
  const ended = sql<SqlBool>`(until_build_number > ${since} and until_build_number <= ${through})`;
  return causesFrom(allOf([began, where]), allOf([ended, where]), allOf([]));
}

function causesFrom(began: RawBuilder<SqlBool>, ended: RawBuilder<SqlBool>, where: RawBuilder<SqlBool>) {
  return sql`
    select event_id, build_number, cause
    from (
      select event_id, from_build_number as build_number, begin_cause as cause from ${history} where ${began}
      union all
      select event_id, until_build_number as build_number, end_cause as cause from ${history}
      where ${ended} and end_cause = 'GONE'
    ) as both_ends
    where ${where}`;
}

function changeRow(row: Readonly<Record<string, string | null>>): ChangeRow {
  const of = (side: (typeof sides)[number]): ConversionRow | null => {
    if ((row[`${side}_id`] ?? null) === null) return null;
    const entries = Object.keys(conversionExpressions).map((name) => [name, row[`${side}_${name}`] ?? null]);
    return Object.fromEntries(entries) as ConversionRow;
  };
  return { id: String(row.id), before: of('before'), after: of('after') };
}
