import { isDeepStrictEqual } from 'node:util';
import type { IterationMetrics, MetricsPush, RowOutcome } from '../../adsuite-api.ts';
import { contradictionIn } from './form.ts';

/** A request that was worked through: what it changed, and what was answered. Written and taken in whole, or not at all. */
export interface Entry {
  readonly key: string;
  /** Tells the body from any other under the same key. */
  readonly bodyHash: string;
  readonly results: readonly RowOutcome[];
  /** The rows that changed what is held. */
  readonly changed: readonly IterationMetrics[];
}

/** One change of one iteration. */
export interface Effect {
  readonly key: string;
  readonly version: number;
}

/** Why a row is not taken, whatever its version is; null: nothing is against it. */
export type Objection = (iterationId: string) => { readonly code: string; readonly message: string } | null;

/** What the sandbox holds: the part of an AdSuite that the contract is about. */
export class Book {
  readonly #held = new Map<string, IterationMetrics>();
  readonly #effects = new Map<string, Effect[]>();
  readonly #entries = new Map<string, Pick<Entry, 'bodyHash' | 'results'>>();
  #sortedIds: string[] | null = null;

  /** What is known of a key. */
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

  /** The ids of all rows that are held, in the order of numbers. */
  ids(): readonly string[] {
    this.#sortedIds ??= [...this.#held.keys()].sort(byNumber);
    return this.#sortedIds;
  }

  /** Works a request through, row by row, and changes nothing: that is for `take`. */
  decide(key: string, bodyHash: string, push: MetricsPush, objection: Objection): Entry {
    const results: RowOutcome[] = [];
    const changed: IterationMetrics[] = [];
    for (const row of push.metrics) {
      const [outcome, changes] = this.#decideRow(row, objection);
      results.push({ iterationId: row.iterationId, ...outcome });
      if (changes) changed.push(row);
    }
    return { key, bodyHash, results, changed };
  }

  #decideRow(row: IterationMetrics, objection: Objection): [Omit<RowOutcome, 'iterationId'>, boolean] {
    const against = objection(row.iterationId);
    if (against) return [{ status: 'rejected', ...against }, false];
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

  /** Takes an entry in. */
  take({ key, bodyHash, results, changed }: Entry): void {
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

/** The order of ids as numbers. */
export function byNumber(one: string, other: string): number {
  const [a, b] = [BigInt(one), BigInt(other)];
  return a < b ? -1 : a > b ? 1 : 0;
}
