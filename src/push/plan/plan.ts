import { createHash } from 'node:crypto';
import { decimal, tenThousandths } from '../../domain/decimal.ts';
import type { Receipt } from '../ledger.ts';
import type { BuiltIteration, MetricsValues, PlannedRow, PlanTotals, PushSelection } from '../types.ts';
import { hasActivity, isSameInstant, noValues, valuesText } from '../values.ts';
import { mergeById, type Pair } from './merge.ts';
import { readAhead } from './paging.ts';
import { canonicalSelection } from './selection.ts';

/** One iteration of the selection: what AdSuite accepted last, and what the build has. */
export interface PlanEntry extends PlannedRow {
  readonly receipt: Receipt | null;
  /** An iteration that has a receipt but is not in the build is sent as zeros. */
  readonly isInBuild: boolean;
  /** Whether it has to be sent. */
  readonly isChanged: boolean;
}

export interface PlanSummary {
  /** Equal for equal plans: same build, same selection, same rows. */
  readonly planHash: string;
  readonly totals: PlanTotals;
}

export interface PlanInput {
  readonly buildId: string;
  readonly selection: PushSelection;
  /** The build's iterations of the selection, in the numeric order of ids; receipts likewise. */
  readonly metrics: AsyncIterable<readonly BuiltIteration[]>;
  readonly receipts: AsyncIterable<readonly Receipt[]>;
  /** Returns those of the given iterations, which have receipts but no `metrics`, that are in the build nevertheless. */
  readonly movedIterations: (iterationIds: readonly string[]) => Promise<ReadonlySet<string>>;
}

/**
 * Compares a build with the receipts. An iteration with a receipt is sent if it differs from the receipt, or with
 * `selection.resend`; an iteration without a receipt is sent if it has a click or a conversion.
 */
export class PlanComparison {
  readonly #input: PlanInput;
  readonly #sums = new Sums();
  readonly #hash = createHash('sha256');

  constructor(input: PlanInput) {
    this.#input = input;
    this.#hash.update(`${JSON.stringify([input.buildId, canonicalSelection(input.selection)])}\n`);
  }

  /** All iterations in order, page by page: the plan is never in memory as a whole. Can be read once. */
  async *pages(): AsyncGenerator<readonly PlanEntry[], void, undefined> {
    const { metrics, receipts, movedIterations, selection } = this.#input;
    const pairs = mergeById(
      { name: 'the build', pages: metrics, idOf: (row) => row.iterationId },
      { name: 'the receipts', pages: readAhead(receipts), idOf: (row) => row.iterationId },
    );
    for await (const page of pairs) {
      const missing = page.filter(({ left }) => left === null).map(({ id }) => id);
      const moved = missing.length > 0 ? await movedIterations(missing) : new Set<string>();
      const entries = page.filter(({ id }) => !moved.has(id)).map((pair) => entryOf(pair, selection.resend === true));
      for (const entry of entries) this.#sums.add(entry);
      this.#hash.update(entries.map(hashedLine).join(''));
      yield entries;
    }
  }

  /** To be called once, after the last page. */
  summary(): PlanSummary {
    return { planHash: this.#hash.digest('hex'), totals: this.#sums.totals() };
  }
}

/** The rows to send among a plan's entries. */
export const changedRows = (entries: readonly PlanEntry[]): PlannedRow[] =>
  entries.filter((entry) => entry.isChanged).map(plannedRow);

function plannedRow({ iterationId, strategyId, createdAt, old, new: values, oldText, newText }: PlanEntry): PlannedRow {
  return { iterationId, strategyId, createdAt, old, new: values, oldText, newText };
}

function entryOf({ left: metrics, right: receipt }: Pair<BuiltIteration, Receipt>, isResent: boolean): PlanEntry {
  // At least one side is set. A receipt alone is an iteration that is no longer in the build.
  const { iterationId, strategyId, createdAt } = (metrics ?? receipt) as BuiltIteration | Receipt;
  const values = metrics?.values ?? noValues;
  const old = receipt?.values ?? null;
  const [oldText, newText] = [old && valuesText(old), valuesText(values)];
  const differs = receipt !== null && (isResent || oldText !== newText || isMoved(receipt, metrics));
  const isChanged = receipt === null ? hasActivity(values) : differs;
  const isInBuild = metrics !== null;
  return { iterationId, strategyId, createdAt, old, new: values, oldText, newText, receipt, isInBuild, isChanged };
}

/** Only the JSON at the end can contain a space or a line break, so different rows have different lines. */
function hashedLine({ isChanged, iterationId, strategyId, createdAt, oldText, newText }: PlanEntry): string {
  return isChanged ? `${iterationId} ${strategyId} ${createdAt} ${oldText} ${newText}\n` : '';
}

/**
 * Whether an iteration has a different strategy or created_at than AdSuite accepted. It is sent even if its values are the
 * same: otherwise the receipt would keep the old ones, and the CREATED_AT_EDITED guard would refuse every later push.
 */
function isMoved(receipt: Receipt, metrics: BuiltIteration | null): boolean {
  if (metrics === null) return false;
  return receipt.strategyId !== metrics.strategyId || !isSameInstant(receipt.createdAt, metrics.createdAt);
}

class Sums {
  #iterations = 0;
  #changed = 0;
  readonly #old = { conversions: 0, payout: 0n };
  readonly #new = { conversions: 0, payout: 0n };

  add(entry: PlanEntry): void {
    this.#iterations += 1;
    if (entry.isChanged) this.#changed += 1;
    if (entry.old) sumInto(this.#old, entry.old);
    sumInto(this.#new, entry.new);
  }

  totals(): PlanTotals {
    return {
      iterations: this.#iterations,
      changed: this.#changed,
      oldConversions: this.#old.conversions,
      newConversions: this.#new.conversions,
      oldPayout: decimal(this.#old.payout),
      newPayout: decimal(this.#new.payout),
    };
  }
}

/** A sum over iterations; the payout in ten-thousandths. */
export interface MetricsSum {
  conversions: number;
  payout: bigint;
}

export function sumInto(sum: MetricsSum, { conversions, payout }: MetricsValues): void {
  sum.conversions += conversions;
  sum.payout += tenThousandths(payout);
}
