import type { DeliveryLimits } from '../../../src/config/push.ts';
import type { Lease, Sent } from '../../../src/push/ports.ts';
import type { Batch } from '../../../src/push/types.ts';
import type { AdsuiteModel } from './conditions.ts';
import type { LedgerModel, ReceiptModel } from './models.ts';
import type { Timeline } from './timeline.ts';

/** The progress of an attempt of a process. */
type Stage = 'recorded' | 'sent' | Sent;

/** Tracks which rows AdSuite may have applied: those of every recorded attempt, until the ledger records that it was not applied. */
export class Doubts {
  readonly #rows = new Map<string, number>();
  readonly #attempts = new Map<string, Stage>();

  /** The ledger has recorded an attempt. */
  recorded(process: string, batch: Batch): void {
    this.#attempts.set(attemptOf(process, batch), 'recorded');
    this.#add(batch, 1);
  }

  sent(process: string, batch: Batch): void {
    this.#attempts.set(attemptOf(process, batch), 'sent');
  }

  heard(process: string, batch: Batch, sent: Sent): void {
    this.#attempts.set(attemptOf(process, batch), sent);
  }

  /** The ledger has recorded the outcome. A 429, a failed connection and a request that was not sent were not applied. */
  postponed(process: string, batch: Batch): void {
    const attempt = attemptOf(process, batch);
    const stage = this.#attempts.get(attempt);
    this.#attempts.delete(attempt);
    if (stage === undefined || stage === 'sent') return;
    const isCertain =
      stage === 'recorded' || (stage.kind === 'failed' && ['429', 'ECONNREFUSED'].includes(stage.reason));
    if (isCertain || stage.kind === 'fatal') this.#add(batch, -1);
  }

  /** Whether a row may end UNKNOWN. */
  hasAny(runId: string, iterationId: string): boolean {
    return (this.#rows.get(`${runId}/${iterationId}`) ?? 0) > 0;
  }

  #add(batch: Batch, change: number): void {
    for (const { iterationId } of batch.rows) {
      const row = `${batch.runId}/${iterationId}`;
      this.#rows.set(row, (this.#rows.get(row) ?? 0) + change);
    }
  }
}

const attemptOf = (process: string, { runId, number }: Batch): string => `${process} ${runId}/${number}`;

/** Computes independently what a process may send during a Retry-After, from the answers it received. */
export class ProbeRule {
  /** The end of all bounded pauses so far. */
  #pausedUntil = 0;
  /** While a Retry-After exceeds the limit: its end and start, and the earliest time of the next probe. */
  #long: { readonly until: number; readonly since: number; readonly notBefore: number } | null = null;
  #probe: string | null = null;
  readonly #limit: number;

  constructor({ retryAfterMaxMilliseconds }: Pick<DeliveryLimits, 'retryAfterMaxMilliseconds'>) {
    this.#limit = retryAfterMaxMilliseconds;
  }

  /** The pause is ended. */
  resumed(now: number): void {
    this.#pausedUntil = 0;
    if (this.#long !== null) this.#long = { ...this.#long, until: now, notBefore: 0 };
  }

  /** The bounded pause of an answer. */
  bounded(asked: number): number {
    return Math.min(asked, this.#limit);
  }

  /**
   * A batch is sent.
   *
   * @param decidedAt when the process decided to send it, before it recorded the attempt.
   * @returns whether it is a probe, or what is wrong with it.
   */
  sends(batch: string, decidedAt: number, now: number): { readonly isProbe: boolean } | { readonly fault: string } {
    if (now < this.#pausedUntil) return { fault: 'before Retry-After had passed' };
    if (this.#long === null || decidedAt <= this.#long.since) return { isProbe: false };
    if (this.#probe !== null) return { fault: `while the probe ${this.#probe} was in flight` };
    if (now < this.#long.notBefore) return { fault: 'less than an interval after the previous probe' };
    this.#probe = batch;
    return { isProbe: true };
  }

  /** The outcome of a batch. */
  hears(batch: string, sent: Sent, now: number): void {
    const isProbe = this.#probe === batch;
    if (isProbe) this.#probe = null;
    if (sent.kind === 'failed' && sent.retryAfterMilliseconds !== null) {
      const asked = sent.retryAfterMilliseconds;
      this.#pausedUntil = Math.max(this.#pausedUntil, now + this.bounded(asked));
      const until = isProbe ? now + asked : Math.max(this.#long?.until ?? 0, now + asked);
      if (this.#long !== null) this.#long = { ...this.#long, until };
      else if (asked > this.#limit) this.#long = { until, since: now, notBefore: 0 };
    } else if (isProbe && this.#long !== null) {
      const isSuccess = sent.kind === 'answered' || sent.kind === 'refused';
      if (!isSuccess) this.#long = { ...this.#long, notBefore: Math.min(this.#long.until, now + this.#limit) };
      // Otherwise an older request was answered with a Retry-After meanwhile, and the next probe follows that.
      else if (now >= this.#pausedUntil) this.#long = null;
    }
  }
}

/** What is known of a process. */
interface Life {
  readonly since: number;
  inFlight: number;
  readonly probes: ProbeRule;
  /** By batch, when the process decided to send it. */
  readonly decisions: Map<string, number>;
  repeats: number;
  /** Each gives a token of the retry budget. */
  resumes: number;
  answers: number;
  failures: number;
  /** The Retry-After of a batch, and when it was received. */
  readonly wishes: Map<string, number>;
}

/** The maximum latency of a call to the ledger without a stall. */
const callMilliseconds = 100;

/** Observes every step of a simulated world from outside, and records violations. */
export class Watcher {
  readonly violations: string[] = [];
  /** How often the events happened that the simulation must cover. */
  readonly counts = new Map<string, number>();
  /** Requests in transit to AdSuite. */
  onTheirWay = 0;
  readonly #timeline: Timeline;
  readonly #ledger: LedgerModel;
  readonly #adsuite: AdsuiteModel;
  readonly #limits: DeliveryLimits;
  readonly #trace: ((line: string) => void) | null;
  readonly #lives = new Map<string, Life>();
  /** The newest fence and its worker, by run. */
  readonly #fences = new Map<string, { readonly fence: number; readonly process: string }>();
  readonly #heldUntil = new Map<number, number>();
  readonly #owners = new Map<number, string>();
  readonly #cancelKnown = new Set<number>();
  readonly #sendings = new Map<string, number>();
  readonly #notBefore = new Map<string, number>();
  readonly #attempted = new Set<string>();
  readonly #doubts = new Doubts();
  /** The last recorded wait, by run. */
  readonly #waits = new Map<string, number>();

  constructor(
    timeline: Timeline,
    ledger: LedgerModel,
    adsuite: AdsuiteModel,
    limits: DeliveryLimits,
    trace: ((line: string) => void) | null,
  ) {
    this.#timeline = timeline;
    this.#ledger = ledger;
    this.#adsuite = adsuite;
    this.#limits = limits;
    this.#trace = trace;
  }

  note(who: string, what: string): void {
    this.#trace?.(`${String(this.#timeline.now).padStart(8)} ${who}: ${what}`);
  }

  violation(what: string): void {
    this.violations.push(`at ${this.#timeline.now}: ${what}`);
    this.note('VIOLATION', what);
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  /** Ledger faults are expected; other errors are violations. */
  fault(name: string, error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.note(name, `fault: ${text}`);
    if (text.startsWith('the ledger does not answer')) this.count('ledger fault');
    else this.violation(`${name} failed: ${error instanceof Error ? error.stack : text}`);
  }

  claimed(lease: Lease, name: string): void {
    const former = this.#fences.get(lease.runId);
    if (former) this.count(former.process === name ? 'taken again' : 'taken over');
    if (former && former.fence >= lease.fence) this.violation(`fence ${lease.fence} came after ${former.fence}`);
    this.#fences.set(lease.runId, { fence: lease.fence, process: name });
    this.#owners.set(lease.fence, name);
  }

  /** The process has learned that it holds the lease. */
  holds(lease: Lease, until: number): void {
    this.#heldUntil.set(lease.fence, until);
  }

  wrote(lease: Lease): void {
    const newest = this.#fences.get(lease.runId)?.fence ?? 0;
    if (lease.fence !== newest)
      this.violation(`${lease.worker} wrote with fence ${lease.fence} after ${newest} was given`);
  }

  knowsOfCancel(lease: Lease): void {
    this.count('cancel seen');
    this.#cancelKnown.add(lease.fence);
  }

  asksForBatch(lease: Lease): void {
    if (this.#cancelKnown.has(lease.fence))
      this.violation(`${lease.worker} took a batch of a run that it knew to be cancelled`);
  }

  sends(name: string, batch: Batch): void {
    const life = this.#life(name);
    const { now } = this.#timeline;
    const id = `${batch.runId}/${batch.number}`;
    this.count(batch.rows.length === 1 && batch.attempts === 0 ? 'single row' : 'request');
    this.note(name, `sends ${batch.number} of ${batch.runId}, attempts before: ${batch.attempts}`);
    if (++life.inFlight > this.#limits.concurrency) this.violation(`${name} has ${life.inFlight} requests in flight`);
    const probes = life.probes.sends(id, life.decisions.get(id) ?? now, now);
    if ('fault' in probes) this.violation(`${name} sent ${id} ${probes.fault}`);
    else if (probes.isProbe) this.count('probe');
    this.#doubts.sent(name, batch);
    if (now < (this.#notBefore.get(id) ?? 0)) this.violation(`${id} was sent before its Retry-After had passed`);
    const sendings = (this.#sendings.get(id) ?? 0) + 1;
    this.#sendings.set(id, sendings);
    if (this.#ledger.attempts(batch.runId, batch.number) < sendings) {
      this.violation(`${id} was sent ${sendings} times, but the ledger has fewer attempts`);
    }
    const held = [...this.#heldUntil].filter(([fence]) => this.#owners.get(fence) === name);
    if (now >= Math.max(...held.map(([, until]) => until)))
      this.violation(`${name} sent ${id} after its lease had ended`);
    if (batch.attempts > 0) this.#repeat(name, life);
  }

  /** A process has decided to send a batch, and is recording the attempt. */
  decides(lease: Lease, batch: Batch): void {
    this.#life(lease.worker).decisions.set(`${batch.runId}/${batch.number}`, this.#timeline.now);
  }

  /** The ledger records a wait. @param before what is left of the previous one. */
  waits({ runId }: Lease, before: number | null, milliseconds: number, isExact: boolean): void {
    this.count('wait recorded');
    this.#waits.set(runId, milliseconds);
    if (milliseconds < 1_000) this.violation(`a wait of ${milliseconds} ms is recorded`);
    if (isExact && before !== null && Math.abs(before - milliseconds) < 1_000 - callMilliseconds)
      this.violation(`a wait of ${before} ms is recorded again, as ${milliseconds} ms`);
  }

  /**
   * The ledger records an attempt. A process that took over the run must keep its wait, up to the limit of a Retry-After.
   *
   * @param left what is left of the recorded wait.
   */
  endsWait({ worker, runId }: Lease, left: number | null, isExact: boolean): void {
    const isKept = isExact && (this.#waits.get(runId) ?? 0) <= this.#limits.retryAfterMaxMilliseconds;
    if (isKept && left !== null && left > callMilliseconds)
      this.violation(`${worker} sends for ${runId} ${left} ms before the recorded time`);
  }

  attempted(lease: Lease, batch: Batch): void {
    this.#doubts.recorded(lease.worker, batch);
    for (const row of batch.rows) this.#attempted.add(`${batch.runId}/${row.iterationId}`);
  }

  wasAttempted(runId: string, iterationId: string): boolean {
    return this.#attempted.has(`${runId}/${iterationId}`);
  }

  /** Whether AdSuite may have applied a row, from what the ledger knows. */
  mayHaveArrived(runId: string, iterationId: string): boolean {
    return this.#doubts.hasAny(runId, iterationId);
  }

  heard(name: string, batch: Batch, sent: Sent): void {
    const life = this.#life(name);
    this.note(name, `hears of ${batch.number}: ${JSON.stringify(sent)}`);
    life.inFlight--;
    life.failures = sent.kind === 'failed' ? life.failures + 1 : 0;
    if (life.failures === this.#limits.breaker.failures) this.count('breaker opens');
    if (sent.kind === 'answered') life.answers++;
    if (sent.kind === 'refused' && batch.rows.length > 1) this.count('split');
    const id = `${batch.runId}/${batch.number}`;
    life.probes.hears(id, sent, this.#timeline.now);
    this.#doubts.heard(name, batch, sent);
    if (sent.kind !== 'failed' || sent.retryAfterMilliseconds === null) return;
    life.wishes.set(id, this.#timeline.now + life.probes.bounded(sent.retryAfterMilliseconds));
  }

  /** @param isAfterAttempt whether it is postponed because of an attempt of this process. */
  postponed(lease: Lease, batch: Batch, isAfterAttempt: boolean): void {
    if (isAfterAttempt) this.#doubts.postponed(lease.worker, batch);
    const id = `${batch.runId}/${batch.number}`;
    const life = this.#life(lease.worker);
    const until = life.wishes.get(id);
    if (until === undefined) return;
    life.wishes.delete(id);
    this.#notBefore.set(id, until);
  }

  /** The time and the number of leases of each run, and whether the database's clock was set before its first worker knew its age. */
  readonly spans = new Map<
    string,
    { readonly begunAt: number; leases: number; isMisdated: boolean; endedAt: number | null }
  >();
  /** When someone asked to resume a run that has not been resumed since. */
  readonly resumeAskedAt = new Map<string, number>();
  /** How often the end of a run was reported. */
  readonly reported = new Map<string, number>();

  begins(runId: string): void {
    this.spans.set(runId, { begunAt: this.#timeline.now, leases: 0, isMisdated: false, endedAt: null });
  }

  /** A worker learns a run's age. */
  handsOver({ runId }: Lease): void {
    const span = this.spans.get(runId);
    if (span) span.leases += 1;
  }

  ends({ runId }: Lease): void {
    const span = this.spans.get(runId);
    if (span) span.endedAt = this.#timeline.now;
  }

  asksToResume(runId: string): void {
    if (!this.resumeAskedAt.has(runId)) this.resumeAskedAt.set(runId, this.#timeline.now);
  }

  /** The process learns that it must not wait any longer. */
  resumes({ worker }: Lease): void {
    const life = this.#life(worker);
    life.probes.resumed(this.#timeline.now);
    life.wishes.clear();
    life.resumes += 1;
    this.#notBefore.clear();
  }

  /** The ledger knows that the run no longer waits. */
  resumed({ runId }: Lease): void {
    this.count('resumed');
    this.resumeAskedAt.delete(runId);
    this.#waits.delete(runId);
    this.#notBefore.clear();
  }

  reports(runId: string): void {
    const times = (this.reported.get(runId) ?? 0) + 1;
    this.reported.set(runId, times);
    this.count('reported');
    if (times > 1) this.violation(`the end of ${runId} was reported ${times} times`);
  }

  /** A clock that was set may end a batch's wait early; that is no violation. */
  databaseClockSet(): void {
    this.#notBefore.clear();
    for (const span of this.spans.values()) if (span.leases === 0) span.isMisdated = true;
  }

  receipt({ row, runId }: ReceiptModel): void {
    this.count('receipt');
    if (!this.#adsuite.said(runId, row.iterationId, 'ACCEPTED')) {
      this.violation(`a receipt of ${runId} for iteration ${row.iterationId}, which AdSuite has not accepted`);
    }
  }

  stopped(name: string): void {
    this.count('stopped in order');
    this.note(name, 'has stopped');
    if (this.#life(name).inFlight > 0) this.violation(`${name} stopped with requests in flight`);
  }

  leaves(): void {
    this.onTheirWay++;
  }

  arrives(): void {
    this.onTheirWay--;
  }

  #repeat(name: string, life: Life): void {
    this.count('repeated request');
    const { tokens, perSecond, perAnswer } = this.#limits.retryBudget;
    const regained = (perSecond * (this.#timeline.now - life.since)) / 1000 + perAnswer * life.answers;
    const most = tokens + regained + life.resumes * (1 + 3 * this.#limits.concurrency);
    if (++life.repeats > most + 1e-6)
      this.violation(`${name} repeated ${life.repeats} requests; the budget allowed ${most}`);
  }

  #life(name: string): Life {
    let life = this.#lives.get(name);
    if (!life) {
      const { now } = this.#timeline;
      life = {
        ...{ since: now, inFlight: 0, repeats: 0, resumes: 0, answers: 0, failures: 0 },
        ...{ probes: new ProbeRule(this.#limits), decisions: new Map(), wishes: new Map() },
      };
      this.#lives.set(name, life);
    }
    return life;
  }
}
