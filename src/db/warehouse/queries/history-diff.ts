import { type RawBuilder, sql } from 'kysely';
import type { BuildReader } from '../connect.ts';
import type { AttributionStatusName } from '../tables.ts';
import { type BuildRange, type CauseCountRow, causesIn } from './history-causes.ts';
import { type ChangeQuery, changed, changedId, servedName, sides } from './history-sides.ts';

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
      from ${changed({ ...range, ...everything }, keys)}
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
  const from = changed({ ...range, ...everything }, []);
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

/** For each cause, the conversions that differ and changed for it at least once. */
export function causeCounts(warehouse: BuildReader, range: BuildRange): Promise<CauseCountRow[]> {
  const statement = sql<CauseCountRow>`
    select cause, count(*) as conversions
    from (
      select distinct found.event_id, found.cause
      from (${causesIn(range)}) as found
      inner join (select ${changedId} as id from ${changed({ ...range, ...everything }, [])}) as differing
        on differing.id = found.event_id
    ) as counted
    group by cause`;
  return warehouse.rows('history.causeCounts', statement);
}

const everything = { filter: {}, change: {} } satisfies Pick<ChangeQuery, 'filter' | 'change'>;
const payoutSum = (payout: RawBuilder<unknown>) => sql`cast(coalesce(sum(${payout}), 0) as numeric(38, 4))`;
