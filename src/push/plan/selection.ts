import { compareIds } from '../../domain/ids.ts';
import { BadUserInput } from '../../errors.ts';
import type { Receipt, ReceiptRange } from '../ledger.ts';
import type { PushSelection } from '../types.ts';
import { receiptPages } from './paging.ts';
import type { PushSource, SourceBuild } from './source.ts';

/** The most ids that an error lists. */
const listedIds = 10;

/** The canonical form of a selection: ids sorted and unique. */
export function canonicalSelection({ iterationIds, strategyIds, resend }: PushSelection): PushSelection {
  const set = (ids: readonly string[] | null) => ids && [...new Set(ids)].sort(compareIds);
  return { iterationIds: set(iterationIds), strategyIds: set(strategyIds), ...(resend ? { resend } : {}) };
}

interface Selected {
  readonly iterationId: string;
  readonly strategyId: string;
}

/**
 * Finds the ids of a selection that do not exist, and iterations that are in none of its strategies: a typing error would
 * otherwise look like a finished push.
 */
export class UnknownIds {
  readonly #iterations: Set<string>;
  readonly #strategies: Set<string>;
  readonly #selection: PushSelection;

  constructor(selection: PushSelection) {
    this.#selection = selection;
    this.#iterations = new Set(selection.iterationIds);
    this.#strategies = new Set(selection.strategyIds);
  }

  /** Takes iterations that were selected. */
  see(selected: readonly Selected[]): void {
    for (const { iterationId, strategyId } of selected) {
      this.#iterations.delete(iterationId);
      this.#strategies.delete(strategyId);
    }
  }

  /**
   * To be called after the last iteration of the selection. Looks for the ids that selected nothing: a strategy may have no
   * iterations.
   *
   * @returns an error that names ids, to throw if the build `isWhole`: while its tables are replaced, ids that exist may be
   * missing. Null: there are none.
   */
  async find(
    source: Pick<PushSource, 'metrics' | 'strategies'>,
    build: SourceBuild,
    ledger: { receipts(range: ReceiptRange): Promise<Receipt[]> },
  ): Promise<BadUserInput | null> {
    const elsewhere = new Set<string>();
    if (this.#iterations.size > 0) {
      const selection = { iterationIds: [...this.#iterations], strategyIds: null };
      for (const pages of [source.metrics(selection, build), receiptPages(ledger, selection)]) {
        for await (const page of pages) for (const { iterationId } of page) elsewhere.add(iterationId);
      }
    }
    if (this.#strategies.size > 0) {
      for (const id of await source.strategies([...this.#strategies], build)) this.#strategies.delete(id);
    }
    const iterations = [...this.#iterations].filter((id) => !elsewhere.has(id));
    const given = this.#selection.strategyIds ?? [];
    if (iterations.length > 0) return unknown('iterationIds', list('iteration', 'iterations', iterations));
    if (this.#strategies.size > 0) return unknown('strategyIds', list('strategy', 'strategies', [...this.#strategies]));
    if (elsewhere.size === 0 || given.length === 0) return null;
    const what = list('iteration', 'iterations', [...elsewhere].sort(compareIds));
    const strategies = given.length === 1 ? `not in ${list('strategy', '', given)}` : 'in none of the strategyIds';
    return new BadUserInput('iterationIds', `${what} ${elsewhere.size === 1 ? 'is' : 'are'} ${strategies}.`);
  }
}

const unknown = (field: string, ids: string): BadUserInput =>
  new BadUserInput(field, `neither the build nor a receipt has ${ids}.`);

/** The first few ids, with the noun. */
function list(one: string, many: string, ids: readonly string[]): string {
  const more = ids.length > listedIds ? ` and ${ids.length - listedIds} more` : '';
  return `${ids.length === 1 ? one : many} ${ids.slice(0, listedIds).join(', ')}${more}`;
}
