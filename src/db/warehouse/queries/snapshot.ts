import { type RawBuilder, sql } from 'kysely';
import type { Position } from '../../cursor.ts';
import type { BuildReader } from '../connect.ts';
import { isAfter, orderBy, type SortColumn } from '../keyset.ts';
import type { QueryName } from '../query-timeouts.ts';
import { allOf, comparedText } from '../sql.ts';
import { attributionSchema, type WarehouseTables } from '../tables.ts';
import type { CampaignRow } from './campaigns.ts';
import type { IterationRow } from './iterations.ts';
import type { StrategyRow } from './strategies.ts';

/**
 * Rows of a page. Redshift has no index: a page of the order of ids reads the whole table, so there are few. Elsewhere an index finds
 * the page, and small ones hold up requests for less: their parsing, and in the embedded warehouse also their queries.
 */
const pageRows = ({ dialect }: BuildReader): number => (dialect === 'redshift' ? 100_000 : 10_000);

/** What the small tables of a build hold: their rows, bytes of their names, and sums to compare a copy with. */
export interface SnapshotCounts {
  readonly strategies: number;
  readonly iterations: number;
  readonly campaigns: number;
  readonly metrics: number;
  readonly clicks: number;
  readonly nameBytes: number;
  /** The sums of conversions and of clicks, and that of payouts with four decimals. */
  readonly conversions: number;
  readonly clickSum: number;
  readonly payout: string;
  /** Whether the warehouse compares texts by their letters as they are. */
  readonly distinguishesCase: boolean;
}

const table = (name: keyof WarehouseTables) => sql.table(`${attributionSchema}.${name}`);

/** @param hasCampaigns whether the build has the table. */
export async function snapshotCounts(warehouse: BuildReader, hasCampaigns: boolean): Promise<SnapshotCounts> {
  const named = (name: keyof WarehouseTables, column: string) =>
    sql`(select count(*) as total, coalesce(sum(octet_length(${sql.ref(column)})), 0) as bytes from ${table(name)})`;
  const none = sql`(select 0 as total, 0 as bytes)`;
  const statement = sql<Record<string, string>>`
    select s.total as strategies, i.total as iterations, c.total as campaigns, m.total as metrics, k.total as clicks,
      s.bytes + i.bytes + c.bytes as name_bytes, m.conversions, m.payout, k.clicks as click_sum,
      case when cast('a' as varchar(1)) = cast('A' as varchar(1)) then 0 else 1 end as distinguishes_case
    from ${named('strategies', 'strategy_name')} as s
    cross join ${named('iterations_with_end_time', 'iteration_name')} as i
    cross join ${hasCampaigns ? named('campaigns', 'campaign_name') : none} as c
    cross join (select count(*) as total, coalesce(sum(conversions), 0) as conversions,
      cast(coalesce(sum(payout), 0) as numeric(38, 4)) as payout from ${table('iteration_metrics_daily')}) as m
    cross join (select count(*) as total, coalesce(sum(clicks), 0) as clicks from ${table('iteration_clicks_daily')}) as k`;
  const [row = {}] = await warehouse.rows('snapshot.counts', statement);
  const number = (name: string) => Number(row[name]);
  return {
    strategies: number('strategies'),
    iterations: number('iterations'),
    campaigns: number('campaigns'),
    metrics: number('metrics'),
    clicks: number('clicks'),
    nameBytes: number('name_bytes'),
    conversions: number('conversions'),
    clickSum: number('click_sum'),
    payout: String(row.payout),
    distinguishesCase: number('distinguishes_case') === 1,
  };
}

const ascending = (name: string, nullable = false): SortColumn => ({
  expression: sql.ref(name),
  direction: 'ASC',
  nullable,
});

/** Reads all rows of a statement, page by page. @param position of a row in the order. */
async function* pages<Row>(
  warehouse: BuildReader,
  name: QueryName,
  select: RawBuilder<Row>,
  sort: readonly SortColumn[],
  position: (row: Row) => Position,
): AsyncGenerator<readonly Row[], void, undefined> {
  const limit = pageRows(warehouse);
  let after: Position | null = null;
  for (;;) {
    const where = after === null ? allOf([]) : isAfter(sort, after);
    const rows: Row[] = await warehouse.rows(
      name,
      sql<Row>`select * from (${select}) as rows_of_table where ${where}
        order by ${orderBy(sort)} limit ${limit}`,
    );
    yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < limit) return;
    after = position(last);
  }
}

/** A row with its place by name, nulls last, then id, from 1. */
export type Ranked<Row> = Row & { readonly name_rank: string };

const nameRank = (name: string, id: string) =>
  sql`row_number() over (order by ${sql.ref(name)} nulls last, ${sql.ref(id)}) as name_rank`;

export const snapshotStrategies = (warehouse: BuildReader) =>
  pages(
    warehouse,
    'snapshot.strategies',
    sql<Ranked<StrategyRow>>`select strategy_id as id, strategy_name as name, tune_offer_id, created_at,
      ${nameRank('strategy_name', 'strategy_id')} from ${table('strategies')}`,
    [ascending('id')],
    (row) => [row.id],
  );

export const snapshotIterations = (warehouse: BuildReader) =>
  pages(
    warehouse,
    'snapshot.iterations',
    sql<IterationRow>`select iteration_id as id, strategy_id, iteration_name as name, sequence, created_at, ended_at
      from ${table('iterations_with_end_time')}`,
    [ascending('id')],
    (row) => [row.id],
  );

export const snapshotCampaigns = (warehouse: BuildReader) =>
  pages(
    warehouse,
    'snapshot.campaigns',
    sql<
      Ranked<CampaignRow>
    >`select campaign_id as id, campaign_name as name, tune_offer_id as offer_id, strategy_id, problem,
      ${nameRank('campaign_name', 'campaign_id')} from ${table('campaigns')}`,
    [ascending('id')],
    (row) => [row.id],
  );

/** The goals of attributed conversions, as they are compared and in the warehouse's order. */
export async function snapshotGoals(warehouse: BuildReader): Promise<string[]> {
  const goal = comparedText('goal_reference_id');
  const rows = await warehouse.rows(
    'snapshot.goals',
    sql<{ goal: string }>`select ${goal} as goal from ${table('iteration_metrics_daily')}
      where goal_reference_id is not null group by ${goal} order by ${goal}`,
  );
  return rows.map((row) => row.goal);
}

export interface MetricsRow {
  readonly iteration_id: string;
  readonly strategy_id: string;
  readonly goal_reference_id: string | null;
  readonly day: string;
  readonly conversions: string;
  readonly payout: string;
  readonly first_converted_at: string;
  readonly last_converted_at: string;
}

/** By iteration, day and goal; on Redshift by day. */
export const snapshotMetrics = (warehouse: BuildReader): AsyncIterable<readonly MetricsRow[]> => {
  const select = sql<MetricsRow>`select iteration_id, strategy_id, goal_reference_id, conversion_day as day, conversions, payout,
      first_converted_at, last_converted_at from ${table('iteration_metrics_daily')}`;
  if (isReadByDay(warehouse)) return dayRanges(warehouse, 'snapshot.metrics', select);
  const sort = [ascending('iteration_id'), ascending('day'), ascending('goal_reference_id', true)];
  return pages(warehouse, 'snapshot.metrics', select, sort, (row) => [
    row.iteration_id,
    row.day,
    row.goal_reference_id,
  ]);
};

export interface ClicksRow {
  readonly iteration_id: string;
  readonly strategy_id: string;
  readonly day: string;
  readonly clicks: string;
}

/** By iteration and day; on Redshift by day. */
export const snapshotClicks = (warehouse: BuildReader): AsyncIterable<readonly ClicksRow[]> => {
  const select = sql<ClicksRow>`select iteration_id, strategy_id, click_day as day, clicks from ${table('iteration_clicks_daily')}`;
  if (isReadByDay(warehouse)) return dayRanges(warehouse, 'snapshot.clicks', select);
  const sort = [ascending('iteration_id'), ascending('day')];
  return pages(warehouse, 'snapshot.clicks', select, sort, (row) => [row.iteration_id, row.day]);
};

/**
 * Whether the rows of the daily tables come by day. Redshift sorts these tables by day, so it finds a range of days without reading
 * the rest; elsewhere they have an index by iteration.
 */
export const isReadByDay = ({ dialect }: BuildReader): boolean => dialect === 'redshift';

/** Reads all rows of a daily table in ranges of days: of a page's rows at most, or of one day. */
async function* dayRanges<Row>(
  warehouse: BuildReader,
  name: QueryName,
  select: RawBuilder<Row>,
): AsyncGenerator<readonly Row[], void, undefined> {
  const days = await warehouse.rows(
    'snapshot.days',
    sql<{ day: string; row_count: string }>`select day, count(*) as row_count from (${select}) as rows_of_table
      group by day order by day`,
  );
  for (let from = 0, to = 0; from < days.length; from = to) {
    let rows = 0;
    for (; to < days.length; to += 1) {
      rows += Number(days[to]?.row_count);
      if (to > from && rows > pageRows(warehouse)) break;
    }
    yield warehouse.rows(
      name,
      sql<Row>`select * from (${select}) as rows_of_table where day >= ${days[from]?.day} and day <= ${days[to - 1]?.day}
        order by day, iteration_id`,
    );
  }
}

/** The number of rows that an iteration has in a daily table. */
export interface IterationRowsRow {
  readonly iteration_id: string;
  readonly strategy_id: string;
  readonly row_count: string;
}

/** By iteration. */
export const snapshotIterationRows = (
  warehouse: BuildReader,
  name: 'iteration_metrics_daily' | 'iteration_clicks_daily',
): AsyncIterable<readonly IterationRowsRow[]> =>
  pages(
    warehouse,
    'snapshot.iterationRows',
    sql<IterationRowsRow>`select iteration_id, strategy_id, count(*) as row_count from ${table(name)}
      group by iteration_id, strategy_id`,
    [ascending('iteration_id'), ascending('strategy_id')],
    (row) => [row.iteration_id, row.strategy_id],
  );
