import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { BuildReader } from '../connect.ts';
import { allOf, anyOf, isIn } from '../sql.ts';
import type { IterationRow } from './iterations.ts';
import type { StrategyRow } from './strategies.ts';

/** Maximum strategies of an offer that are read. */
export const maxStrategiesOfOffer = 100;

/** The strategies that have an offer: the first ones, lowest id first, and the number of all of them. */
export interface OfferStrategies {
  readonly offerId: string;
  readonly total: number;
  readonly strategies: readonly { readonly id: string; readonly name: string | null }[];
}

/** The same of all strategies of an offer, lowest id first; null: there are none. */
export const offerStrategies = (offerId: string, all: readonly StrategyRow[]): OfferStrategies | null =>
  all.length === 0
    ? null
    : {
        offerId,
        total: all.length,
        strategies: all.slice(0, maxStrategiesOfOffer).map(({ id, name }) => ({ id, name })),
      };

/** The strategies that have these offers. An offer without strategies is absent. */
export async function strategiesOfOffers(
  warehouse: BuildReader,
  offers: readonly string[],
): Promise<OfferStrategies[]> {
  const numbered = warehouse.db
    .selectFrom('strategies')
    .select(['strategy_id as id', 'strategy_name as name', 'tune_offer_id as offer_id'])
    .select([
      sql<string>`count(*) over (partition by tune_offer_id)`.as('total'),
      sql<string>`row_number() over (partition by tune_offer_id order by strategy_id)`.as('number_in_offer'),
    ])
    .where(isIn(sql.ref('tune_offer_id'), offers));
  const query = sql<{ id: string; name: string | null; offer_id: string; total: string }>`
    select id, name, offer_id, total from (${numbered}) as numbered
    where number_in_offer <= ${sql.lit(maxStrategiesOfOffer)} order by number_in_offer`;
  const rows = await warehouse.rows('explain.strategiesOfOffers', query);
  return [...Map.groupBy(rows, (row) => row.offer_id)].map(([offerId, same]) => ({
    offerId,
    total: Number(same[0]?.total),
    strategies: same.map(({ id, name }) => ({ id, name })),
  }));
}

/** Maximum strategies without an offer that are read. */
const maxStrategiesWithoutOffer = 3;

/** The first strategies without an offer, lowest id first, and the number of all of them. */
export interface StrategiesWithoutOffer {
  readonly ids: readonly string[];
  readonly total: number;
}

/** The same of all strategies without an offer, lowest id first. */
export const withoutOffer = (all: readonly StrategyRow[]): StrategiesWithoutOffer => ({
  ids: all.slice(0, maxStrategiesWithoutOffer).map(({ id }) => id),
  total: all.length,
});

export async function strategiesWithoutOffer(warehouse: BuildReader): Promise<StrategiesWithoutOffer> {
  const query = warehouse.db
    .selectFrom('strategies')
    .select(['strategy_id as id', sql<string>`count(*) over ()`.as('total')])
    .where('tune_offer_id', 'is', null)
    .orderBy('strategy_id')
    .limit(maxStrategiesWithoutOffer);
  const rows = await warehouse.rows('explain.strategiesWithoutOffer', query);
  return { ids: rows.map(({ id }) => id), total: Number(rows[0]?.total ?? 0) };
}

/** Iterations of a strategy that are read before the one that decided, and after it. */
export const iterationsAround = { before: 49, after: 50 } as const;

export interface WindowRow extends IterationRow {
  /** Number of iterations of the strategy. */
  readonly total: string;
}

/** The iteration that decides: by its id, or the first or last one of a strategy. */
export type WindowAnchor = `${'iteration' | 'first' | 'last'} ${string}`;

/** The iterations around one that decides, by time. */
export interface WindowsAround {
  readonly anchor: WindowAnchor;
  readonly windows: readonly WindowRow[];
}

/** The iterations around each of these. One that does not exist is absent. */
export async function windowsAround(
  warehouse: BuildReader,
  anchors: readonly WindowAnchor[],
): Promise<WindowsAround[]> {
  const byStrategy = Map.groupBy(await windowsOf(warehouse, anchors), (row) => row.strategy_id);
  const strategyOf = new Map([...byStrategy.values()].flat().map((row) => [row.id, row.strategy_id]));
  return anchors.flatMap((anchor) => {
    const [kind, id = ''] = anchor.split(' ');
    const windows = around(anchor, byStrategy.get((kind === 'iteration' ? strategyOf.get(id) : id) ?? '') ?? []);
    return windows.length === 0 ? [] : [{ anchor, windows }];
  });
}

/** The same of all iterations of the anchor's strategy, in any order; null: there is no such iteration. */
export function windowsOfStrategy(anchor: WindowAnchor, all: readonly IterationRow[]): WindowsAround | null {
  const total = all.find((row) => row.ended_at === null)?.sequence;
  const found = around(anchor, all).toSorted((one, other) => Number(one.sequence) - Number(other.sequence));
  if (total === undefined || found.length === 0) return null;
  return { anchor, windows: found.map((row) => ({ ...row, total })) };
}

/** Those around the anchor, of iterations of its strategy, which may lie beyond; none if the anchor is not among them. */
function around<Row extends IterationRow>(anchor: WindowAnchor, rows: readonly Row[]): readonly Row[] {
  const [kind, id = ''] = anchor.split(' ');
  const center =
    kind === 'iteration'
      ? rows.find((row) => row.id === id)
      : rows.find((row) => (kind === 'first' ? row.sequence === '1' : row.ended_at === null));
  if (!center) return [];
  const from = Number(center.sequence) - iterationsAround.before;
  const to = Number(center.sequence) + iterationsAround.after;
  return rows.filter(({ sequence }) => Number(sequence) >= from && Number(sequence) <= to);
}

/** The iterations around all anchors, each once, by time. */
function windowsOf(warehouse: BuildReader, anchors: readonly WindowAnchor[]): Promise<WindowRow[]> {
  const ids = Map.groupBy(anchors, (anchor) => anchor.split(' ')[0]);
  const isAnchor = (kind: string, column: string, more: RawBuilder<SqlBool>) => {
    const wanted = (ids.get(kind) ?? []).map((anchor) => anchor.slice(kind.length + 1));
    return wanted.length === 0 ? [] : [allOf([isIn(sql.ref(`anchors.${column}`), wanted), more])];
  };
  const query = warehouse.db
    .selectFrom('iterations_with_end_time as windows')
    .innerJoin('iterations_with_end_time as anchors', 'anchors.strategy_id', 'windows.strategy_id')
    // Iterations are numbered without a gap, so the number of the last one is their number.
    .innerJoin('iterations_with_end_time as lasts', (join) =>
      join.onRef('lasts.strategy_id', '=', 'windows.strategy_id').on('lasts.ended_at', 'is', null),
    )
    .distinct()
    .select([
      'windows.iteration_id as id',
      'windows.strategy_id',
      'windows.iteration_name as name',
      'windows.sequence',
      'windows.created_at',
      'windows.ended_at',
      'lasts.sequence as total',
    ])
    .where(sql<SqlBool>`windows.sequence >= anchors.sequence - ${sql.lit(iterationsAround.before)}`)
    .where(sql<SqlBool>`windows.sequence <= anchors.sequence + ${sql.lit(iterationsAround.after)}`)
    .where(
      anyOf([
        ...isAnchor('iteration', 'iteration_id', allOf([])),
        ...isAnchor('first', 'strategy_id', sql<SqlBool>`anchors.sequence = 1`),
        ...isAnchor('last', 'strategy_id', sql<SqlBool>`anchors.ended_at is null`),
      ]),
    )
    .orderBy('windows.strategy_id')
    .orderBy('windows.sequence');
  return warehouse.rows('explain.windows', query);
}
