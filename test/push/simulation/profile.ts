import { Random } from '../../../src/embedded/demo/random.ts';
import type { DeliveryLimits } from '../../../src/push/delivery/limits.ts';

/** How hard a seed's world is: each chance is for one call. */
export interface Profile {
  readonly limits: DeliveryLimits;
  readonly processes: number;
  readonly runs: number;
  readonly iterations: number;
  readonly batchRows: number;
  /** That a process dies at a call, before its effect or after it. */
  readonly crash: number;
  /** That a process is stopped in order, in each second. */
  readonly restart: number;
  /** That a process stands still for a while, in each second. */
  readonly freeze: number;
  readonly cancel: number;
  readonly ledger: { readonly fails: number; readonly stalls: number; readonly isDown: number; readonly jumps: number };
  readonly adsuite: {
    /** 429, with or without a wish to be left alone. */
    readonly busy: number;
    readonly fails: number;
    /** Connections that break, before the effect or after it; half an answer is the same as none. */
    readonly breaks: number;
    readonly isSlow: number;
    readonly isUnreachable: number;
    readonly refusesToken: number;
    /** That it leaves a row out of its answer. */
    readonly forgets: number;
    readonly isDown: number;
  };
  readonly rejected: ReadonlySet<string>;
  /** What AdSuite holds before the first push, as of a warehouse that was made anew since: build numbers by iteration. */
  readonly holds: ReadonlyMap<string, number>;
  /** Rows that make AdSuite refuse the whole request. */
  readonly poison: ReadonlySet<string>;
  /** How long a request may take at most, for the one who sends it. */
  readonly timeoutMilliseconds: number;
}

/** Every seed's first numbers are unlike those of its neighbours. */
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
  // Most worlds begin with an AdSuite that holds nothing.
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
