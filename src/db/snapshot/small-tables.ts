import { compareIds, isWholeNumber } from '../../domain/ids.ts';
import { isInstant } from '../../domain/instant.ts';
import type { Page, PageRequest } from '../page.ts';
import type { Order } from '../warehouse/order.ts';
import type { CampaignFilter, CampaignOrderField, CampaignRow } from '../warehouse/queries/campaigns.ts';
import { type WindowAnchor, type WindowsAround, windowsOfStrategy } from '../warehouse/queries/explain-strategies.ts';
import type { IterationFilter, IterationOrderField, IterationRow } from '../warehouse/queries/iterations.ts';
import type { StrategyFilter, StrategyOrderField, StrategyRow } from '../warehouse/queries/strategies.ts';
import type { InstantRange } from '../warehouse/sql.ts';
import { type RowFilter, RowTable, type SortField } from './row-table.ts';
import { groupIndexes, type Steps } from './steps.ts';

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

type StrategyTable = RowTable<StrategyRow, Exclude<StrategyOrderField, 'ID'>>;

export class Strategies extends FilteredTable<StrategyRow, Exclude<StrategyOrderField, 'ID'>, StrategyFilter> {
  protected readonly table: StrategyTable;
  #ofOffers: ReadonlyMap<string | null, StrategyRow[]> | null = null;

  private constructor(table: StrategyTable) {
    super();
    this.table = table;
  }

  static *of({ rows, ranks }: Named<StrategyRow>): Steps<Strategies> {
    const fields = { NAME: byName<StrategyRow>(ranks), CREATED_AT: inTime((row: StrategyRow) => row.created_at) };
    return new Strategies(yield* RowTable.of(rows, fields));
  }

  /** The strategies that use an offer, lowest id first. @param id null: none. */
  ofOffer(id: string | null): readonly StrategyRow[] {
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

type IterationTable = RowTable<IterationRow, Exclude<IterationOrderField, 'ID'>>;

export class Iterations extends FilteredTable<IterationRow, Exclude<IterationOrderField, 'ID'>, IterationFilter> {
  protected readonly table: IterationTable;
  /** The indexes of each strategy's rows. */
  readonly #ofStrategies: ReadonlyMap<string, number[]>;

  private constructor(table: IterationTable, ofStrategies: ReadonlyMap<string, number[]>) {
    super();
    this.table = table;
    this.#ofStrategies = ofStrategies;
  }

  /** @param rows ascending by id. */
  static *of(rows: readonly IterationRow[]): Steps<Iterations> {
    const ofStrategies = yield* groupIndexes(rows.length, (index) => (rows[index] as IterationRow).strategy_id);
    const table = yield* RowTable.of(rows, { CREATED_AT: inTime((row: IterationRow) => row.created_at) });
    return new Iterations(table, ofStrategies);
  }

  /** The last iteration of a strategy. */
  current(strategyId: string): IterationRow | null {
    return this.#ofStrategy(strategyId).find((row) => row.ended_at === null) ?? null;
  }

  /** The iterations around one that decides; null: it does not exist. */
  windowsAround(anchor: WindowAnchor): WindowsAround | null {
    const [kind, id = ''] = anchor.split(' ');
    const strategyId = kind === 'iteration' ? this.byId(id)?.strategy_id : id;
    return strategyId === undefined ? null : windowsOfStrategy(anchor, this.#ofStrategy(strategyId));
  }

  #ofStrategy(id: string): readonly IterationRow[] {
    return (this.#ofStrategies.get(id) ?? []).map((index) => this.table.rows[index] as IterationRow);
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

type CampaignTable = RowTable<CampaignRow, Exclude<CampaignOrderField, 'ID'>>;

export class Campaigns extends FilteredTable<CampaignRow, Exclude<CampaignOrderField, 'ID'>, CampaignFilter> {
  protected readonly table: CampaignTable;

  private constructor(table: CampaignTable) {
    super();
    this.table = table;
  }

  static *of({ rows, ranks }: Named<CampaignRow>): Steps<Campaigns> {
    const offer = { value: (row: CampaignRow) => row.offer_id, compare: compareIds, isComparable: isWholeNumber };
    return new Campaigns(yield* RowTable.of(rows, { NAME: byName<CampaignRow>(ranks), OFFER: offer }));
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
