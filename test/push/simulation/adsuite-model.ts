import type { Batch, OutboxRow, RowResult } from '../../../src/push/types.ts';
import { someText } from '../../support/push-rows.ts';

export interface AdsuiteOptions {
  readonly rejected: ReadonlySet<string>;
  readonly poison: ReadonlySet<string>;
  /** Whether it omits this row from its answer. */
  readonly forgets: () => boolean;
  /** What it has at first: build numbers by iteration, from an earlier warehouse. */
  readonly holds?: ReadonlyMap<string, number>;
  /** A planted bug of the receiver. */
  readonly ignoresVersions?: boolean;
}

export type Answer =
  | { readonly kind: 'answered'; readonly results: readonly RowResult[] }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** AdSuite by its contract: the highest version wins, a key has one content, a request is one transaction. */
export class AdsuiteModel {
  /** Every accepted row, in order. The last row of an iteration is what AdSuite has. */
  readonly history = new Map<string, OutboxRow[]>();
  /** The result by key and row. */
  readonly words = new Map<string, Set<string>>();
  /** How often a content was applied. */
  readonly effects = new Map<string, number>();
  /** Keys that were used with two contents. */
  readonly reusedKeys: string[] = [];
  readonly #options: AdsuiteOptions;
  readonly #answers = new Map<string, { readonly body: string; readonly answer: Answer }>();

  constructor(options: AdsuiteOptions) {
    this.#options = options;
    for (const [id, version] of options.holds ?? []) this.history.set(id, [rowOf(id, version)]);
  }

  take(key: string, batch: Batch): Answer {
    const body = bodyOf(batch);
    const known = this.#answers.get(key);
    if (known && known.body !== body) {
      this.reusedKeys.push(key);
      return { kind: 'refused', code: 'IDEMPOTENCY_KEY_REUSED', message: 'This key was used with another body.' };
    }
    if (known) return known.answer;
    const isPoisoned = batch.rows.some((row) => this.#options.poison.has(row.iterationId));
    if (isPoisoned) {
      for (const row of batch.rows) this.#say(batch, row, batch.rows.length === 1 ? 'REJECTED' : 'REFUSED');
      return { kind: 'refused', code: 'UNPROCESSABLE', message: 'Some row makes it impossible to take the request.' };
    }
    this.effects.set(body, (this.effects.get(body) ?? 0) + 1);
    const results = batch.rows.map((row) => this.#takeRow(batch, row)).filter(() => !this.#options.forgets());
    const answer: Answer = { kind: 'answered', results };
    this.#answers.set(key, { body, answer });
    return answer;
  }

  held(iterationId: string): OutboxRow | null {
    return this.history.get(iterationId)?.at(-1) ?? null;
  }

  /** Whether AdSuite ever returned this result for a row of a run. */
  said(runId: string, iterationId: string, word: RowResult['state'] | 'REFUSED'): boolean {
    return this.words.get(`${runId}/${iterationId}`)?.has(word) ?? false;
  }

  #takeRow(batch: Batch, row: OutboxRow): RowResult {
    const { iterationId, version } = row;
    const held = this.held(iterationId);
    const result = (state: RowResult['state'], code: string | null = null) => {
      this.#say(batch, row, state);
      return { iterationId, state, code, message: null };
    };
    if (this.#options.rejected.has(iterationId)) return result('REJECTED', 'UNKNOWN_ITERATION');
    if (held && held.version > version && !this.#options.ignoresVersions) return result('STALE', 'NEWER_VERSION');
    if (held?.version !== version) this.history.set(iterationId, [...(this.history.get(iterationId) ?? []), row]);
    return result('ACCEPTED');
  }

  #say(batch: Batch, row: OutboxRow, word: string): void {
    const place = `${batch.runId}/${row.iterationId}`;
    const words = this.words.get(place) ?? new Set();
    this.words.set(place, words.add(word));
  }
}

/** Identifies an iteration's row of a build. */
export function rowOf(iterationId: string, version: number): OutboxRow {
  return { iterationId, strategyId: '1', version, valuesText: someText(1000 * version + Number(iterationId)) };
}

/** The content of a request, equal for every sender. */
export function bodyOf(batch: Batch): string {
  const rows = batch.rows.map(({ iterationId, version, valuesText }) => `${iterationId}@${version}=${valuesText}`);
  return `${batch.runId} ${batch.build.version}: ${rows.join(' ')}`;
}
