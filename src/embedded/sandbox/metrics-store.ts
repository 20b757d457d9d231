import { isDeepStrictEqual } from 'node:util';
import type { IterationMetrics, MetricsPush, RowOutcome } from '../../adsuite-contract.ts';
import { compareIds } from '../../domain/ids.ts';
import { contradictionIn } from './validate.ts';

/** A processed request: its answer and the rows that it changed. Written and applied as a whole or not at all. */
export interface Entry {
  readonly key: string;
  /** SHA-256 of the body, to recognise another body under the same key. */
  readonly bodyHash: string;
  readonly results: readonly RowOutcome[];
  /** The rows that replace what is held. */
  readonly changed: readonly IterationMetrics[];
}

/** A change of an iteration. */
export interface Effect {
  readonly key: string;
  readonly version: number;
}

/** Why a row is rejected, whatever its version; null if it is not. */
export type RowCheck = (iterationId: string) => { readonly code: string; readonly message: string } | null;

/** The metrics that the sandbox holds, and the answer to each idempotency key. */
export class MetricsStore {
  readonly #held = new Map<string, IterationMetrics>();
  readonly #effects = new Map<string, Effect[]>();
  readonly #entries = new Map<string, Pick<Entry, 'bodyHash' | 'results'>>();
  #sortedIds: string[] | null = null;

  /** The request that was processed under this key. */
  entry(key: string): Pick<Entry, 'bodyHash' | 'results'> | undefined {
    return this.#entries.get(key);
  }

  held(iterationId: string): IterationMetrics | undefined {
    return this.#held.get(iterationId);
  }

  /** Oldest first. */
  effects(iterationId: string): readonly Effect[] {
    return this.#effects.get(iterationId) ?? [];
  }

  /** The ids of all held rows, in numeric order. */
  ids(): readonly string[] {
    this.#sortedIds ??= [...this.#held.keys()].sort(compareIds);
    return this.#sortedIds;
  }

  /** Decides on each row of a request without changing anything; `apply` makes the changes. */
  decide(key: string, bodyHash: string, push: MetricsPush, check: RowCheck): Entry {
    const results: RowOutcome[] = [];
    const changed: IterationMetrics[] = [];
    for (const row of push.metrics) {
      const [outcome, changes] = this.#decideRow(row, check);
      results.push({ iterationId: row.iterationId, ...outcome });
      if (changes) changed.push(row);
    }
    return { key, bodyHash, results, changed };
  }

  #decideRow(row: IterationMetrics, check: RowCheck): [Omit<RowOutcome, 'iterationId'>, boolean] {
    const rejection = check(row.iterationId);
    if (rejection) return [{ status: 'rejected', ...rejection }, false];
    const contradiction = contradictionIn(row);
    if (contradiction) return [{ status: 'rejected', code: 'INCONSISTENT_VALUES', message: contradiction }, false];
    const held = this.#held.get(row.iterationId);
    if (!held || row.version > held.version) return [{ status: 'accepted' }, true];
    if (row.version < held.version) {
      return [{ status: 'stale', code: 'NEWER_VERSION', message: `Version ${held.version} is held.` }, false];
    }
    if (isDeepStrictEqual(row, held)) return [{ status: 'accepted' }, false];
    const message = `Version ${held.version} is held with other values.`;
    return [{ status: 'rejected', code: 'VERSION_CONFLICT', message }, false];
  }

  apply({ key, bodyHash, results, changed }: Entry): void {
    this.#entries.set(key, { bodyHash, results });
    for (const row of changed) {
      if (!this.#held.has(row.iterationId)) this.#sortedIds = null;
      this.#held.set(row.iterationId, row);
      const effect = { key, version: row.version };
      const effects = this.#effects.get(row.iterationId);
      if (effects) effects.push(effect);
      else this.#effects.set(row.iterationId, [effect]);
    }
  }
}
