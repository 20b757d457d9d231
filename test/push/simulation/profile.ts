import type { DeliveryLimits } from '../../../src/config/push.ts';
import { Random } from '../../../src/embedded/demo/random.ts';

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
    timeoutMilliseconds: 1_500,
  };
}
