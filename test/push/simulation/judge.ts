import { unknownIterationCode } from '../../../src/push/types.ts';
import { isAnswered, isDone, isUnknown, isZero, type RowModel, type RunModel } from './models.ts';
import type { World } from './world.ts';

/** What must be true at the end of every world. */
export function judge({ ledger, adsuite, watcher, profile }: World): void {
  for (const run of ledger.runs.values()) judgeRun(run);
  for (const [body, times] of adsuite.effects) {
    if (times > 1) watcher.violation(`applied ${times} times: ${body}`);
  }
  for (const key of adsuite.reusedKeys) watcher.violation(`the key ${key} was used with two contents`);
  for (const [iterationId, rows] of adsuite.history) {
    const versions = rows.map((row) => row.version);
    if (versions.some((version, index) => version < (versions[index - 1] ?? 0))) {
      watcher.violation(`iteration ${iterationId} went back: ${versions}`);
    }
    judgeReceipt(iterationId);
  }

  /** The rows of an iteration in the order of runs, which is that of their results: one run is in progress at a time. */
  function rowsOf(iterationId: string, runs: readonly RunModel[]): readonly RowModel[] {
    return runs.map((run) => run.rows.get(iterationId)).filter((row) => row !== undefined);
  }

  /** The version of the receipt that follows from the rows' results; 0: none. */
  function expectedReceipt(iterationId: string): number {
    let newest = 0;
    for (const row of rowsOf(iterationId, [...ledger.runs.values()])) {
      if (row.state === 'ACCEPTED') newest = Math.max(newest, row.version);
      if (row.state === 'GONE' && isZero(row) && newest < row.version) newest = 0;
    }
    return newest;
  }

  function judgeReceipt(iterationId: string): void {
    const newest = expectedReceipt(iterationId);
    const receipt = ledger.receipts.get(iterationId);
    const held = adsuite.held(iterationId);
    if ((receipt?.row.version ?? 0) !== newest) {
      watcher.violation(`iteration ${iterationId}: receipt ${receipt?.row.version}, newest accepted ${newest}`);
    }
    if (newest > (held?.version ?? 0)) {
      watcher.violation(`iteration ${iterationId}: accepted ${newest}, but AdSuite holds ${held?.version}`);
    }
    if (receipt && held?.version === receipt.row.version && held.valuesText !== receipt.row.valuesText) {
      watcher.violation(`iteration ${iterationId}: AdSuite holds other values than the receipt`);
    }
  }

  function judgeStale(run: RunModel): void {
    const states = new Set([...run.rows.values()].map((row) => row.state));
    states.delete('GONE');
    if (states.size > 1 || !states.has('STALE') || run.state === 'CANCELLED') return;
    watcher.count(run.isRetry ? 'all stale, a retry' : 'all stale');
    if (run.state !== (run.isRetry ? 'SUCCEEDED' : 'FAILED')) {
      watcher.violation(`${run.id} is ${run.state}, and AdSuite has newer values of every row`);
    }
  }

  /**
   * A run that gives up at its time limit has reached it, or would have had to wait beyond it. Not checked if the ledger's
   * clock jumps, or if the run may have waited for a slow retry budget.
   */
  function judgePatience({ id, reason, began, ended, batches }: RunModel): void {
    const isUncertain = profile.ledger.jumps > 0 || profile.limits.retryBudget.perSecond < 1;
    if (isUncertain || ended === null || !reason?.startsWith('The run did not finish')) return;
    watcher.count('out of time');
    const { runMilliseconds, breaker, retryBudget, concurrency } = profile.limits;
    // A request in flight can take a token as a repeated one, and two more when its batch is split.
    const overdraft = ((3 * concurrency + 1) / retryBudget.perSecond) * 1000;
    const due = Math.min(...batches.filter(({ isDone }) => !isDone).map((batch) => batch.due));
    const latest = Math.max(ended + Math.max(breaker.capMilliseconds, overdraft), due);
    if (latest < began + runMilliseconds) {
      watcher.violation(`${id} gave up after ${ended - began}, but its limit is ${runMilliseconds}`);
    }
  }

  /** A run that ends because of a Retry-After had less time left than the limit of the pause. */
  function judgePause({ id, reason, began, ended }: RunModel): void {
    if (profile.ledger.jumps > 0 || ended === null || !reason?.startsWith("AdSuite's Retry-After")) return;
    watcher.count('no time to wait');
    const { runMilliseconds, retryAfterMaxMilliseconds } = profile.limits;
    if (ended + retryAfterMaxMilliseconds < began + runMilliseconds) {
      watcher.violation(`${id} gave up after ${ended - began} for a Retry-After, but its limit is ${runMilliseconds}`);
    }
  }

  /**
   * A clock that is set neither ends a run nor delays it. Not checked if it was set before the first worker knew the run's age,
   * or if the run had several workers: they take the age from the database.
   */
  function judgeClock({ id, reason }: RunModel): void {
    const span = watcher.spans.get(id);
    if (profile.ledger.jumps === 0 || !span || span.isMisdated || span.leases !== 1 || span.endedAt === null) return;
    watcher.count('one worker, clock set');
    const lasted = span.endedAt - span.begunAt;
    const { runMilliseconds, breaker, backoff, retryBudget, retryAfterMaxMilliseconds, concurrency } = profile.limits;
    const overdraft = ((3 * concurrency + 1) / retryBudget.perSecond) * 1000;
    const longestWait = Math.max(
      breaker.capMilliseconds,
      backoff.capMilliseconds,
      retryAfterMaxMilliseconds,
      overdraft,
    );
    if (reason?.startsWith('The run did not finish') && lasted + longestWait < runMilliseconds) {
      watcher.violation(`${id} gave up after ${lasted}, but its limit is ${runMilliseconds}`);
    }
    // Requests, calls and freezes end within minutes.
    if (lasted > runMilliseconds + 300_000)
      watcher.violation(`${id} lasted ${lasted}, but its limit is ${runMilliseconds}`);
  }

  /** A request to resume takes effect soon: the run continues, or ends. */
  function judgeResume({ id }: RunModel): void {
    const [askedAt, endedAt] = [watcher.resumeAskedAt.get(id), watcher.spans.get(id)?.endedAt];
    if (askedAt === undefined || typeof endedAt !== 'number' || profile.ledger.jumps > 0) return;
    if (endedAt - askedAt > 120_000)
      watcher.violation(`${id} ended ${endedAt - askedAt} ms after it was to be resumed`);
  }

  /** Nothing is left of a run whose rows are all ACCEPTED or GONE. */
  function judgeSuccess(run: RunModel): void {
    const states = [...run.rows.values()].map((row) => row.state);
    if (run.state === 'CANCELLED' || states.some((state) => state !== 'ACCEPTED' && state !== 'GONE')) return;
    if (!states.includes('ACCEPTED')) watcher.count('all gone');
    if (run.state !== 'SUCCEEDED') watcher.violation(`${run.id} is ${run.state}, and every row is done`);
  }

  /** A row that AdSuite rejected because it does not know the iteration. It is GONE unless it has values and that is news. */
  function judgeUnknown(run: RunModel, row: RowModel, who: string): void {
    const all = [...ledger.runs.values()];
    const former = rowsOf(row.iterationId, all.slice(0, all.indexOf(run))).findLast(isAnswered);
    const isNews = former === undefined || !isUnknown(former) || isZero(former);
    const expected = isZero(row) || !isNews ? 'GONE' : 'REJECTED';
    watcher.count(`unknown, ${isZero(row) ? 'zeros' : isNews ? 'values, at first' : 'values, again'}`);
    if (row.state !== expected) watcher.violation(`${who} is ${row.state}, not ${expected}`);
    if (!adsuite.said(run.id, row.iterationId, unknownIterationCode)) {
      watcher.violation(`${who} is ${row.state}, but AdSuite did not say that it does not know it`);
    }
  }

  function judgeRun(run: RunModel): void {
    watcher.count(run.state);
    judgeSuccess(run);
    judgePatience(run);
    judgePause(run);
    judgeClock(run);
    judgeResume(run);
    if (!run.isReported) watcher.violation(`the end of ${run.id} was not reported`);
    if (run.nextAttemptAt !== null) watcher.violation(`${run.id} has ended, and has a next attempt`);
    if (run.state === 'RUNNING') watcher.violation(`${run.id} did not end`);
    judgeStale(run);
    for (const row of run.rows.values()) {
      watcher.count(`row ${row.state}`);
      const { iterationId } = row;
      const who = `iteration ${iterationId} of ${run.id} (${run.state})`;
      const said = (word: Parameters<typeof adsuite.said>[2]) => adsuite.said(run.id, iterationId, word);
      const held = adsuite.held(iterationId)?.version ?? 0;
      switch (row.state) {
        case 'ACCEPTED':
          if (!said('ACCEPTED') || held < row.version)
            watcher.violation(`${who} is ACCEPTED, but AdSuite does not have it`);
          break;
        case 'STALE':
          if (held <= row.version) watcher.violation(`${who} is STALE, but AdSuite holds ${held}`);
          break;
        case 'GONE':
          judgeUnknown(run, row, who);
          break;
        case 'REJECTED':
          if (isUnknown(row)) judgeUnknown(run, row, who);
          if (!said('REJECTED')) watcher.violation(`${who} is REJECTED, but not by AdSuite`);
          break;
        case 'UNKNOWN':
          if (!watcher.wasAttempted(run.id, iterationId)) watcher.violation(`${who} is UNKNOWN, but was never sent`);
          // A 429 alone never leads here.
          else if (!watcher.mayHaveArrived(run.id, iterationId))
            watcher.violation(`${who} is UNKNOWN, but certainly did not arrive`);
          break;
        case 'PENDING':
          if (said('ACCEPTED') || said('STALE') || said('REJECTED')) {
            watcher.violation(`${who} is PENDING, but AdSuite may have it`);
          }
      }
      if (run.state === 'SUCCEEDED' && !isDone(row.state)) watcher.violation(`${who} is ${row.state}`);
      if (run.reason === null && row.state === 'PENDING' && run.state !== 'CANCELLED') {
        watcher.violation(`${who} is PENDING, without a reason`);
      }
    }
  }
}
