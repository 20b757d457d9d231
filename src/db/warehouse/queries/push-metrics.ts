import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { isStoredInstant } from '../../../domain/instant.ts';
import type { BuildReader } from '../connect.ts';
import { allOf, comparedText, isIn } from '../sql.ts';

/** Selects iterations. null: all; an empty list: none. If both lists are given, both must match. */
export interface IterationSelection {
  readonly iterationIds: readonly string[] | null;
  readonly strategyIds: readonly string[] | null;
}

/** Totals of one iteration over all its days. */
export interface IterationTotals {
  readonly iterationId: string;
  readonly strategyId: string;
  readonly createdAt: string;
  readonly clicks: number;
  /** Null without conversions. */
  readonly firstConversionAt: string | null;
  readonly lastConversionAt: string | null;
  /** Totals of its conversions by goal, unordered; empty without conversions. */
  readonly goals: readonly GoalTotals[];
}

export interface GoalTotals {
  readonly goalReferenceId: string | null;
  readonly conversions: number;
  /** Exact sum, four decimals; conversions without a payout count as 0. */
  readonly payout: string;
}

/**
 * Iterations per page. On Redshift each page scans both daily tables, which are sorted by day, so pages are as large as
 * memory comfortably allows.
 */
const iterationsPerPage = 5_000;

/**
 * All selected iterations, with or without clicks and conversions, in numeric order of their ids. Each page takes three
 * statements, and memory use does not depend on the number of iterations.
 *
 * The statements do not share a snapshot of the warehouse. A caller that needs one must verify afterwards that the
 * build is unchanged.
 */
export async function* iterationTotals(
  warehouse: BuildReader,
  selection: IterationSelection,
  pageSize = iterationsPerPage,
): AsyncGenerator<readonly IterationTotals[], void, undefined> {
  let after: string | null = null;
  for (;;) {
    const iterations: IterationRow[] = await iterationsAfter(warehouse, selection, after, pageSize);
    const last = iterations.at(-1);
    if (last === undefined) return;
    const within = matches(selection, after, last.iteration_id);
    const [clicks, goals] = await Promise.all([clicksOf(warehouse, within), goalsOf(warehouse, within)]);
    yield totalsOf(iterations, clicks, goals);
    if (iterations.length < pageSize) return;
    after = last.iteration_id;
  }
}

/**
 * The number of conversions of all iterations. It equals the build's count of attributed conversions if the build
 * created these tables.
 */
export async function conversionsOfIterations(warehouse: BuildReader): Promise<number> {
  const query = warehouse.db
    .selectFrom('iteration_metrics_daily')
    .select(sql<string>`coalesce(sum(conversions), 0)`.as('conversions'));
  const [row] = await warehouse.rows('push.total', query);
  return Number(row?.conversions ?? 0);
}

const id = sql.ref('iteration_id');

function matches(
  { iterationIds, strategyIds }: IterationSelection,
  after: string | null,
  through: string | null,
): RawBuilder<SqlBool> {
  const conditions: RawBuilder<SqlBool>[] = [];
  if (after !== null) conditions.push(sql<SqlBool>`${id} > ${after}`);
  if (through !== null) conditions.push(sql<SqlBool>`${id} <= ${through}`);
  if (iterationIds) conditions.push(isIn(id, iterationIds));
  if (strategyIds) conditions.push(isIn(sql.ref('strategy_id'), strategyIds));
  return allOf(conditions);
}

interface IterationRow {
  readonly iteration_id: string;
  readonly strategy_id: string;
  readonly created_at: string;
}

function iterationsAfter(
  warehouse: BuildReader,
  selection: IterationSelection,
  after: string | null,
  pageSize: number,
): Promise<IterationRow[]> {
  const query = warehouse.db
    .selectFrom('iterations_with_end_time')
    .select(['iteration_id', 'strategy_id', 'created_at'])
    .where(matches(selection, after, null))
    .orderBy('iteration_id')
    .limit(pageSize);
  return warehouse.rows('push.iterations', query);
}

interface ClicksRow {
  readonly iteration_id: string;
  readonly clicks: string;
}

function clicksOf(warehouse: BuildReader, within: RawBuilder<SqlBool>): Promise<ClicksRow[]> {
  const query = warehouse.db
    .selectFrom('iteration_clicks_daily')
    .select(['iteration_id', sql<string>`sum(clicks)`.as('clicks')])
    .where(within)
    .groupBy('iteration_id');
  return warehouse.rows('push.clicks', query);
}

interface GoalRow {
  readonly iteration_id: string;
  readonly goal_reference_id: string | null;
  readonly conversions: string;
  readonly payout: string;
  readonly first_converted_at: string;
  readonly last_converted_at: string;
}

/** One spelling of each goal: Redshift's groups would return any, and a plan would differ from the last one. */
const goal = comparedText('goal_reference_id');

function goalsOf(warehouse: BuildReader, within: RawBuilder<SqlBool>): Promise<GoalRow[]> {
  const query = warehouse.db
    .selectFrom('iteration_metrics_daily')
    .select([
      'iteration_id',
      goal.as('goal_reference_id'),
      sql<string>`sum(conversions)`.as('conversions'),
      sql<string>`cast(sum(payout) as numeric(38, 4))`.as('payout'),
      sql<string>`min(first_converted_at)`.as('first_converted_at'),
      sql<string>`max(last_converted_at)`.as('last_converted_at'),
    ])
    .where(within)
    .groupBy(['iteration_id', goal]);
  return warehouse.rows('push.conversions', query);
}

type Filled = { -readonly [Field in keyof IterationTotals]: IterationTotals[Field] } & { readonly goals: GoalTotals[] };

/**
 * Assembles a page. Rows are added directly to their iterations: intermediate lists of all rows would double the cost
 * of reading them.
 */
function totalsOf(
  iterations: readonly IterationRow[],
  clicks: readonly ClicksRow[],
  goals: readonly GoalRow[],
): readonly IterationTotals[] {
  const byId = new Map<string, Filled>();
  const page = iterations.map((row) => {
    const { iteration_id: iterationId, strategy_id: strategyId, created_at: createdAt } = row;
    const nothing = { clicks: 0, firstConversionAt: null, lastConversionAt: null, goals: [] };
    const totals: Filled = { iterationId, strategyId, createdAt, ...nothing };
    byId.set(iterationId, totals);
    return totals;
  });
  for (const row of clicks) {
    const totals = byId.get(row.iteration_id);
    if (totals) totals.clicks = Number(row.clicks);
  }
  for (const row of goals) {
    const totals = byId.get(row.iteration_id);
    if (totals) addGoal(totals, row);
  }
  return page;
}

/** The earlier or the later time. One that RFC 3339 can't express wins: it has no order as text, and must not be lost. */
function outer(one: string, other: string, which: 'first' | 'last'): string {
  if (!isStoredInstant(one)) return one;
  return !isStoredInstant(other) || other < one === (which === 'first') ? other : one;
}

function addGoal(totals: Filled, row: GoalRow): void {
  const { firstConversionAt: first, lastConversionAt: last } = totals;
  totals.firstConversionAt = first === null ? row.first_converted_at : outer(first, row.first_converted_at, 'first');
  totals.lastConversionAt = last === null ? row.last_converted_at : outer(last, row.last_converted_at, 'last');
  const { goal_reference_id: goalReferenceId, payout } = row;
  totals.goals.push({ goalReferenceId, conversions: Number(row.conversions), payout });
}
