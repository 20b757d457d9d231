import { compareIds } from '../../domain/ids.ts';
import { BadUserInput } from '../../errors.ts';
import type { Receipt, ReceiptRange } from '../ledger.ts';
import type { PushSelection } from '../types.ts';
import { receiptPages } from './paging.ts';
import type { PushSource } from './source.ts';

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

/** Finds the ids of a selection that do not exist: a typing error would otherwise look like a finished push. */
export class UnknownIds {
  readonly #iterations: Set<string>;
  readonly #strategies: Set<string>;

  constructor({ iterationIds, strategyIds }: PushSelection) {
    this.#iterations = new Set(iterationIds);
    this.#strategies = new Set(strategyIds);
  }

  /** Takes iterations that were selected. */
  see(selected: readonly Selected[]): void {
    for (const { iterationId, strategyId } of selected) {
      this.#iterations.delete(iterationId);
      this.#strategies.delete(strategyId);
    }
  }

  /**
   * To be called after the last iteration of the selection. Looks for the ids that selected nothing: an iteration may belong
   * to another strategy, and a strategy may have no iterations.
   *
   * @throws {BadUserInput} that names the ids that neither the build nor a receipt has.
   */
  async requireNone(
    source: Pick<PushSource, 'metrics' | 'strategies'>,
    ledger: { receipts(range: ReceiptRange): Promise<Receipt[]> },
  ): Promise<void> {
    if (this.#iterations.size > 0) {
      const selection = { iterationIds: [...this.#iterations], strategyIds: null };
      for (const pages of [source.metrics(selection), receiptPages(ledger, selection)]) {
        for await (const page of pages) for (const { iterationId } of page) this.#iterations.delete(iterationId);
      }
    }
    if (this.#strategies.size > 0) {
      for (const id of await source.strategies([...this.#strategies])) this.#strategies.delete(id);
    }
    requireEmpty('iterationIds', 'iteration', this.#iterations);
    requireEmpty('strategyIds', 'strategy', this.#strategies);
  }
}

function requireEmpty(field: string, what: string, unknown: ReadonlySet<string>): void {
  if (unknown.size === 0) return;
  const more = unknown.size > listedIds ? ` and ${unknown.size - listedIds} more` : '';
  const ids = [...unknown].slice(0, listedIds).join(', ') + more;
  throw new BadUserInput(field, `the build has no ${what} ${ids}, and none was pushed before. Nothing was sent.`);
}
