import type { DeliveryLimits } from '../../../src/config/push.ts';
import { Random } from '../../../src/embedded/demo/random.ts';
import type { DeliveryStore, Sent } from '../../../src/push/ports.ts';
import { type Batch, type OutboxRow, type RowResult, unknownIterationCode } from '../../../src/push/types.ts';
import { someText } from '../../support/ledgers.ts';
import { ledgerBugs, zeroText } from './models.ts';

export interface AdsuiteOptions {
  readonly rejected: ReadonlySet<string>;
  readonly poison: ReadonlySet<string>;
  /** Whether it refuses a whole request with an iteration that was deleted in it. */
  readonly refusesUnknown?: boolean;
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
  /** Iterations that were deleted in it. If one returns, its history goes on. */
  readonly deleted = new Set<string>();
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
    const code = this.#refusalOf(batch);
    if (code !== null) {
      for (const row of batch.rows) this.#say(batch, row, batch.rows.length === 1 ? 'REJECTED' : 'REFUSED', code);
      return { kind: 'refused', code, message: 'Some row makes it impossible to take the request.' };
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

  /** Whether AdSuite ever returned this result, or rejected with this code, for a row of a run. */
  said(runId: string, iterationId: string, word: Word): boolean {
    return this.words.get(`${runId}/${iterationId}`)?.has(word) ?? false;
  }

  /** The code with which it refuses a whole request; null if it does not. */
  #refusalOf({ rows }: Batch): string | null {
    if (rows.some((row) => this.#options.poison.has(row.iterationId))) return 'UNPROCESSABLE';
    const hasUnknown = rows.some((row) => this.deleted.has(row.iterationId));
    return hasUnknown && this.#options.refusesUnknown ? unknownIterationCode : null;
  }

  #takeRow(batch: Batch, row: OutboxRow): RowResult {
    const { iterationId, version } = row;
    const held = this.held(iterationId);
    const result = (state: RowResult['state'], code: string | null = null) => {
      this.#say(batch, row, state, code);
      return { iterationId, state, code, message: null };
    };
    const isUnknown = this.#options.rejected.has(iterationId) || this.deleted.has(iterationId);
    if (isUnknown) return result('REJECTED', unknownIterationCode);
    if (held && held.version > version && !this.#options.ignoresVersions) return result('STALE', 'NEWER_VERSION');
    if (held?.version !== version) this.history.set(iterationId, [...(this.history.get(iterationId) ?? []), row]);
    return result('ACCEPTED');
  }

  #say(batch: Batch, row: OutboxRow, word: Word, code: string | null): void {
    const place = `${batch.runId}/${row.iterationId}`;
    const words = (this.words.get(place) ?? new Set()).add(word);
    if (word === 'REJECTED' && code !== null) words.add(code);
    this.words.set(place, words);
  }
}

type Word = RowResult['state'] | 'REFUSED' | typeof unknownIterationCode;

/** Identifies an iteration's row of a build. */
export function rowOf(iterationId: string, version: number): OutboxRow {
  return { iterationId, strategyId: '1', version, valuesText: someText(1000 * version + Number(iterationId)) };
}

/** The row of an iteration that is no longer in the build. */
export function zeroRow(iterationId: string, version: number): OutboxRow {
  return { iterationId, strategyId: '1', version, valuesText: zeroText };
}

/** The content of a request, equal for every sender. */
export function bodyOf(batch: Batch): string {
  const rows = batch.rows.map(({ iterationId, version, valuesText }) => `${iterationId}@${version}=${valuesText}`);
  return `${batch.runId} ${batch.build.version}: ${rows.join(' ')}`;
}

/** The difficulty of a seed's world. Each probability is per call. */
export interface Profile {
  readonly limits: DeliveryLimits;
  readonly processes: number;
  readonly runs: number;
  readonly iterations: number;
  readonly batchRows: number;
  /** A process dies at a call, before or after its effect. */
  readonly crash: number;
  /** A process is stopped, per second. */
  readonly restart: number;
  /** A process freezes, per second. */
  readonly freeze: number;
  readonly cancel: number;
  /** An operator ends a run's wait. */
  readonly resume: number;
  readonly ledger: { readonly fails: number; readonly stalls: number; readonly isDown: number; readonly jumps: number };
  readonly adsuite: {
    /** 429, with or without Retry-After. */
    readonly busy: number;
    readonly fails: number;
    /** Lost connections, before or after the effect. An incomplete answer counts as none. */
    readonly breaks: number;
    readonly isSlow: number;
    readonly isUnreachable: number;
    readonly refusesToken: number;
    /** It omits a row from its answer. */
    readonly forgets: number;
    readonly isDown: number;
  };
  readonly rejected: ReadonlySet<string>;
  /** What AdSuite has before the first push: build numbers by iteration, from an earlier warehouse. */
  readonly holds: ReadonlyMap<string, number>;
  /** Rows that make AdSuite refuse the whole request. */
  readonly poison: ReadonlySet<string>;
  /** An iteration is deleted in AdSuite or in the source, or returns. Per iteration and push, and once more during it. */
  readonly moves: number;
  readonly refusesUnknown: boolean;
  /** The sender's timeout. */
  readonly timeoutMilliseconds: number;
}

/** Mixes the seed, so that neighbouring seeds differ from their first numbers on. */
export function randomOf(seed: number): Random {
  const random = new Random(Math.imul(seed + 1, 0x9e3779b1));
  for (let round = 0; round < 16; round++) random.unit();
  return random;
}

export function drawProfile(random: Random): Profile {
  const some = (...chances: number[]) => random.pick([0, ...chances]);
  const leaseMilliseconds = random.pick([2_000, 5_000, 10_000]);
  const iterations = random.int(1, 10);
  const among = (chance: number) =>
    new Set(Array.from({ length: iterations }, (_, index) => String(index + 1)).filter(() => random.chance(chance)));
  // Most worlds start with an empty AdSuite.
  const holds = new Map([...among(some(0, 0, 0.3, 1))].map((id) => [id, random.int(1, 6)]));
  return {
    holds,
    limits: {
      concurrency: random.int(1, 4),
      attempts: random.int(2, 6),
      backoff: { baseMilliseconds: random.pick([50, 200, 1_000]), capMilliseconds: random.pick([2_000, 8_000]) },
      retryBudget: { tokens: random.int(2, 12), perSecond: random.pick([0.2, 1, 3]), perAnswer: random.pick([0, 0.2]) },
      breaker: { failures: random.int(2, 5), openMilliseconds: 1_000, capMilliseconds: random.pick([2_000, 10_000]) },
      retryAfterMaxMilliseconds: random.pick([2_000, 10_000, 40_000]),
      runMilliseconds: random.pick([20_000, 60_000, 180_000]),
      leaseMilliseconds,
      checkMilliseconds: 1_000,
      pollMilliseconds: random.pick([1_000, 3_000]),
      graceMilliseconds: random.pick([0, 500, 3_000]),
    },
    processes: random.pick([2, 2, 3]),
    runs: random.int(1, 4),
    iterations,
    batchRows: random.int(1, 5),
    crash: some(0.002, 0.01, 0.05),
    restart: some(0.02),
    freeze: some(0.02, 0.1),
    cancel: some(0.3),
    resume: some(0.5, 1),
    ledger: {
      fails: some(0.01, 0.05),
      stalls: some(0.005, 0.02),
      isDown: some(0.3),
      jumps: some(0, 0.3),
    },
    adsuite: {
      busy: some(0.05, 0.3),
      fails: some(0.05, 0.3),
      breaks: some(0.05, 0.3),
      isSlow: some(0.05, 0.2),
      isUnreachable: some(0.05),
      refusesToken: some(0, 0, 0.02),
      forgets: some(0, 0.1),
      isDown: some(0, 0.4),
    },
    rejected: among(some(0, 0.2)),
    poison: among(some(0, 0.2)),
    moves: some(0, 0.2, 0.5),
    refusesUnknown: random.chance(0.3),
    timeoutMilliseconds: 1_500,
  };
}

/** Bugs that can be planted, to prove that the simulation finds them. */
export const bugs = [
  ...ledgerBugs,
  'the key is not stable',
  'the key ignores the content',
  'AdSuite ignores versions',
  'stale is read as accepted',
  'receipt before sending',
  'the attempt is not recorded',
  'Retry-After is undercut',
  'Retry-After is not bounded',
  'no request probes after a long Retry-After',
  'an answered 429 may have arrived',
  'who takes a run over does not know that it waits',
  'a run is not resumed',
  'UNKNOWN becomes ACCEPTED',
  'what may have arrived counts as unsent',
  'one request too many at a time',
  'no retry budget',
  'the lease is trusted too long',
] as const;

export type Bug = (typeof bugs)[number];

/** The idempotency key, computed from the content. */
export function keyOf(bug: Bug | null, batch: Batch, random: Random): string {
  if (bug === 'the key is not stable') return random.hex(2);
  return bug === 'the key ignores the content'
    ? `${batch.runId}/${batch.rows[0]?.iterationId}`
    : `key of ${bodyOf(batch)}`;
}

/** The outcome that the client reports. */
export function sentWithBug(bug: Bug | null, sent: Sent, limits: DeliveryLimits): Sent {
  if (bug === 'stale is read as accepted' && sent.kind === 'answered') {
    const results = sent.results.map((row) => (row.state === 'STALE' ? { ...row, state: 'ACCEPTED' as const } : row));
    return { ...sent, results };
  }
  if (bug === 'Retry-After is undercut' && sent.kind === 'failed' && sent.retryAfterMilliseconds !== null) {
    return { ...sent, retryAfterMilliseconds: Math.floor(sent.retryAfterMilliseconds / 2) };
  }
  if (bug === 'no request probes after a long Retry-After' && sent.kind === 'failed') {
    const { retryAfterMilliseconds: asked } = sent;
    return { ...sent, retryAfterMilliseconds: asked && Math.min(asked, limits.retryAfterMaxMilliseconds) };
  }
  if (bug === 'an answered 429 may have arrived' && sent.kind === 'failed' && sent.reason === '429')
    return { ...sent, mayHaveArrived: true };
  if (bug === 'what may have arrived counts as unsent' && sent.kind === 'failed')
    return { ...sent, mayHaveArrived: false };
  return sent;
}

/** The limits that the worker gets. */
export function withBug(bug: Bug | null, limits: DeliveryLimits): DeliveryLimits {
  if (bug === 'one request too many at a time') return { ...limits, concurrency: limits.concurrency + 1 };
  if (bug === 'Retry-After is not bounded') return { ...limits, retryAfterMaxMilliseconds: 1e12 };
  if (bug === 'no retry budget') return { ...limits, retryBudget: { tokens: 1000, perSecond: 1000, perAnswer: 1 } };
  return limits;
}

/** The ledger as the worker uses it. */
export function storeWithBug(bug: Bug | null, store: DeliveryStore): DeliveryStore {
  switch (bug) {
    case 'receipt before sending':
      return {
        ...store,
        async recordAttempt(lease, batch) {
          const isHeld = await store.recordAttempt(lease, batch);
          const results = batch.rows.map(({ iterationId }) => accepted(iterationId));
          return isHeld && store.settle(lease, batch, results);
        },
      };
    case 'the attempt is not recorded':
      return { ...store, recordAttempt: async () => true };
    case 'UNKNOWN becomes ACCEPTED':
      return {
        ...store,
        settle: (lease, batch, results) =>
          store.settle(
            lease,
            batch,
            results.map((row) => (row.state === 'UNKNOWN' ? accepted(row.iterationId) : row)),
          ),
      };
    case 'a run is not resumed':
      return { ...store, progress: async (lease) => ({ ...(await store.progress(lease)), isResumeRequested: false }) };
    case 'who takes a run over does not know that it waits':
      return {
        ...store,
        handover: async (lease) => ({ ...(await store.handover(lease)), wait: null, postponed: [] }),
      };
    case 'the lease is trusted too long':
      return { ...store, renew: async () => true };
    default:
      return store;
  }
}

function accepted(iterationId: string) {
  return { iterationId, state: 'ACCEPTED', code: null, message: null } as const;
}
