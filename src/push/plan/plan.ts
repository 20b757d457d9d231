import { createHash } from 'node:crypto';
import { decimal, tenThousandths } from '../../domain/decimal.ts';
import { compareIds } from '../../domain/ids.ts';
import type { Receipt } from '../ledger.ts';
import type { IterationMetrics, MetricsValues, PlannedRow, PlanTotals, PushSelection } from '../types.ts';
import { isSameInstant, isSomething, noValues, valuesText } from '../values.ts';
import { mergeById, type Pair } from './merge.ts';
import { Mutex } from './mutex.ts';
import { readAhead } from './read-ahead.ts';

/** One iteration of the selection: what AdSuite accepted last beside what the build has. */
export interface PlanEntry extends PlannedRow {
  readonly receipt: Receipt | null;
  /** Whether it is in the build. One that is not, but has a receipt, is told as zeros. */
  readonly isInBuild: boolean;
  /** Whether AdSuite has to be told. */
  readonly isChanged: boolean;
}

/** What a plan comes to. */
export interface Plan {
  /** Equal for equal plans: the same build, the same selection, the same rows. */
  readonly planHash: string;
  readonly totals: PlanTotals;
}

export interface PlanInput {
  readonly buildId: string;
  readonly selection: PushSelection;
  /** The build's iterations and the receipts of the selection, both in the order of ids as numbers. */
  readonly metrics: AsyncIterable<readonly IterationMetrics[]>;
  readonly receipts: AsyncIterable<readonly Receipt[]>;
  /** Which of these iterations, which have receipts and are not in `metrics`, the build has all the same: see `movedIterations`. */
  readonly movedIterations: (iterationIds: readonly string[]) => Promise<ReadonlySet<string>>;
  /**
   * Told of every iteration in order, page by page. Meanwhile the next page is read and compared, but none after it: no
   * plan is ever whole in memory.
   */
  readonly onPage: (entries: readonly PlanEntry[]) => Promise<void> | void;
}

/**
 * Compares the build with the receipts. AdSuite has to be told of an iteration that differs from its receipt, or has one
 * and is to be sent once more; of one without a receipt only if it has a click or a conversion.
 */
export async function makePlan({
  buildId,
  selection,
  metrics,
  receipts,
  movedIterations,
  onPage,
}: PlanInput): Promise<Plan> {
  const sums = new Sums();
  const hash = createHash('sha256');
  hash.update(`${JSON.stringify([buildId, canonicalSelection(selection)])}\n`);
  const pairs = mergeById(
    { name: 'the build', pages: metrics, idOf: (row) => row.iterationId },
    { name: 'the receipts', pages: readAhead(receipts), idOf: (row) => row.iterationId },
  );
  const isResent = selection.resend === true;
  const telling = new Mutex();
  try {
    for await (const page of pairs) {
      const gone = page.filter(({ left }) => left === null).map(({ id }) => id);
      const isElsewhere = gone.length > 0 ? await movedIterations(gone) : new Set<string>();
      const entries = page.filter(({ id }) => !isElsewhere.has(id)).map((pair) => entryOf(pair, isResent));
      for (const entry of entries) sums.add(entry);
      hash.update(entries.map(lineOf).join(''));
      await telling.begin(async () => onPage(entries));
    }
  } finally {
    await telling.end();
  }
  return { planHash: hash.digest('hex'), totals: sums.totals() };
}

/** The rows to send among a plan's entries. */
export const changedRows = (entries: readonly PlanEntry[]): PlannedRow[] =>
  entries.filter((entry) => entry.isChanged).map(plannedRow);

function plannedRow({ iterationId, strategyId, createdAt, old, new: values, oldText, newText }: PlanEntry): PlannedRow {
  return { iterationId, strategyId, createdAt, old, new: values, oldText, newText };
}

/** The selection's one form: the order and the repetition of ids mean nothing. */
export function canonicalSelection({ iterationIds, strategyIds, resend }: PushSelection): PushSelection {
  const set = (ids: readonly string[] | null) => ids && [...new Set(ids)].sort(compareIds);
  return { iterationIds: set(iterationIds), strategyIds: set(strategyIds), ...(resend ? { resend } : {}) };
}

function entryOf({ left: metrics, right: receipt }: Pair<IterationMetrics, Receipt>, isResent: boolean): PlanEntry {
  // mergeById gives no pair of nothing; a receipt alone is an iteration that is gone.
  const { iterationId, strategyId, createdAt } = (metrics ?? receipt) as IterationMetrics | Receipt;
  const values = metrics?.values ?? noValues;
  const old = receipt?.values ?? null;
  const [oldText, newText] = [old && valuesText(old), valuesText(values)];
  const isOther = receipt !== null && (isResent || oldText !== newText || isMoved(receipt, metrics));
  const isChanged = receipt === null ? isSomething(values) : isOther;
  const row = { iterationId, strategyId, createdAt, old, new: values, oldText, newText };
  return { ...row, receipt, isInBuild: metrics !== null, isChanged };
}

/** What an entry adds to the plan's hash; nothing where it is not sent. No part has a space or a line's end of its own but the JSON. */
function lineOf({ isChanged, iterationId, strategyId, createdAt, oldText, newText }: PlanEntry): string {
  return isChanged ? `${iterationId} ${strategyId} ${createdAt} ${oldText} ${newText}\n` : '';
}

/**
 * Whether an iteration has another strategy or beginning than AdSuite accepted. It is sent then although its values are
 * the same: otherwise the receipt would keep the old ones, and its guard would find them at every push to come.
 */
function isMoved(receipt: Receipt, metrics: IterationMetrics | null): boolean {
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
