import { compareIds, isWholeNumber } from '../../domain/ids.ts';
import { isInstant } from '../../domain/instant.ts';
import type { Page, PageRequest } from '../page.ts';
import type { Order } from '../warehouse/order.ts';
import type { CampaignFilter, CampaignOrderField, CampaignRow } from '../warehouse/queries/campaigns.ts';
import type { IterationFilter, IterationOrderField, IterationRow } from '../warehouse/queries/iterations.ts';
import type { StrategyFilter, StrategyOrderField, StrategyRow } from '../warehouse/queries/strategies.ts';
import type { InstantRange } from '../warehouse/sql.ts';
import { type RowFilter, RowTable, type SortField } from './row-table.ts';

// Each table answers the filters and orders of its list in SQL (queries/strategies.ts, iterations.ts, campaigns.ts), except
// `nameContains`: the warehouse folds letters in its own way. An answer is undefined if only the warehouse has it.

/** Rows whose names are ranked by the warehouse, in the order of its collation. */
export interface Named<Row> {
  readonly rows: readonly Row[];
  /** Each row's place by name, nulls last, then id. */
  readonly ranks: Int32Array;
}

/** Times are in the canonical form, whose text order is that of time. */
const inTime = <Row>(value: (row: Row) => string): SortField<Row> => ({
  value,
  compare: (one, other) => (one === other ? 0 : one < other ? -1 : 1),
  isComparable: isInstant,
});

const byName = <Row extends { readonly name: string | null }>(ranks: Int32Array): SortField<Row> => ({
  value: (row) => row.name,
  compare: null,
  ranks,
  isComparable: () => true,
});

const isComparableRange = (range: InstantRange | null | undefined): boolean =>
  [range?.from, range?.to].every((end) => !end || isInstant(end));

const isIn = (time: string, range: InstantRange | null | undefined): boolean =>
  !(range?.from && time < range.from) && !(range?.to && time >= range.to);

/** The list's filter and order: a page, or the number of rows. */
abstract class FilteredTable<Row extends { readonly id: string }, Field extends string, Filter> {
  protected abstract readonly table: RowTable<Row, Field>;

  /** Null: it needs the warehouse. */
  protected abstract filter(filter: Filter): RowFilter<Row> | null;

  byId(id: string): Row | null {
    return this.table.byId(id);
  }

  page(filter: Filter, order: Order<Field | 'ID'>, request: PageRequest): Page<Row> | undefined {
    const own = this.filter(filter);
    return own ? this.table.page(own, order, request) : undefined;
  }

  count(filter: Filter): number | undefined {
    const own = this.filter(filter);
    return own ? this.table.count(own) : undefined;
  }
}

export class Strategies extends FilteredTable<StrategyRow, Exclude<StrategyOrderField, 'ID'>, StrategyFilter> {
  protected readonly table: RowTable<StrategyRow, Exclude<StrategyOrderField, 'ID'>>;
  #ofOffers: ReadonlyMap<string | null, StrategyRow[]> | null = null;

  constructor({ rows, ranks }: Named<StrategyRow>) {
    super();
    this.table = new RowTable(rows, { NAME: byName(ranks), CREATED_AT: inTime((row) => row.created_at) });
  }

  /** The strategies that use an offer, lowest id first. */
  ofOffer(id: string): readonly StrategyRow[] {
    this.#ofOffers ??= Map.groupBy(this.table.rows, (row) => row.tune_offer_id);
    return this.#ofOffers.get(id) ?? [];
  }

  protected filter(filter: StrategyFilter): RowFilter<StrategyRow> | null {
    const { ids, tuneOfferIds, hasTuneOffer, createdBetween } = filter;
    if (filter.nameContains || !isComparableRange(createdBetween)) return null;
    const offers = tuneOfferIds ? new Set<string | null>(tuneOfferIds) : null;
    return {
      candidates: ids ? this.table.indexesOf(ids) : null,
      matches: ({ tune_offer_id: offer, created_at: time }) =>
        (offers === null || offers.has(offer)) &&
        (typeof hasTuneOffer !== 'boolean' || hasTuneOffer === (offer !== null)) &&
        isIn(time, createdBetween),
    };
  }
}

export class Iterations extends FilteredTable<IterationRow, Exclude<IterationOrderField, 'ID'>, IterationFilter> {
  protected readonly table: RowTable<IterationRow, Exclude<IterationOrderField, 'ID'>>;
  /** The indexes of each strategy's rows. */
  readonly #ofStrategies = new Map<string, number[]>();

  /** @param rows ascending by id. */
  constructor(rows: readonly IterationRow[]) {
    super();
    this.table = new RowTable(rows, { CREATED_AT: inTime((row) => row.created_at) });
    for (const [index, { strategy_id: strategy }] of rows.entries()) {
      const known = this.#ofStrategies.get(strategy);
      if (known) known.push(index);
      else this.#ofStrategies.set(strategy, [index]);
    }
  }

  /** The last iteration of a strategy. */
  current(strategyId: string): IterationRow | null {
    const rows = (this.#ofStrategies.get(strategyId) ?? []).map((index) => this.table.rows[index]);
    return rows.find((row) => row?.ended_at === null) ?? null;
  }

  protected filter(filter: IterationFilter): RowFilter<IterationRow> | null {
    const { ids, strategyIds, activeAt, isCurrent, createdBetween } = filter;
    if (filter.nameContains || !isComparableRange(createdBetween) || (activeAt && !isInstant(activeAt))) return null;
    const strategies = ids && strategyIds ? new Set(strategyIds) : null;
    return {
      candidates: ids ? this.table.indexesOf(ids) : strategyIds ? this.#indexesOf(strategyIds) : null,
      matches: ({ strategy_id: strategy, created_at: begin, ended_at: end }) =>
        (strategies === null || strategies.has(strategy)) &&
        (!activeAt || (begin <= activeAt && (end === null || end > activeAt))) &&
        (typeof isCurrent !== 'boolean' || isCurrent === (end === null)) &&
        isIn(begin, createdBetween),
    };
  }

  #indexesOf(strategyIds: readonly string[]): readonly number[] {
    const [only = '', ...others] = strategyIds;
    if (others.length === 0) return this.#ofStrategies.get(only) ?? [];
    return [...new Set(strategyIds)].flatMap((id) => this.#ofStrategies.get(id) ?? []);
  }
}

export class Campaigns extends FilteredTable<CampaignRow, Exclude<CampaignOrderField, 'ID'>, CampaignFilter> {
  protected readonly table: RowTable<CampaignRow, Exclude<CampaignOrderField, 'ID'>>;

  constructor({ rows, ranks }: Named<CampaignRow>) {
    super();
    const offer = { value: (row: CampaignRow) => row.offer_id, compare: compareIds, isComparable: isWholeNumber };
    this.table = new RowTable(rows, { NAME: byName(ranks), OFFER: offer });
  }

  protected filter({
    ids,
    offerIds,
    nameContains,
    hasProblem,
    problems,
  }: CampaignFilter): RowFilter<CampaignRow> | null {
    if (nameContains) return null;
    const offers = offerIds ? new Set<string | null>(offerIds) : null;
    const named = problems ? new Set<string | null>(problems) : null;
    return {
      candidates: ids ? this.table.indexesOf(ids) : null,
      matches: ({ offer_id: offer, problem }) =>
        (offers === null || offers.has(offer)) &&
        (named === null || named.has(problem)) &&
        (typeof hasProblem !== 'boolean' || hasProblem === (problem !== null)),
    };
  }
}
