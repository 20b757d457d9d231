import type { RunModel } from './ledger-model.ts';
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

  function judgeReceipt(iterationId: string): void {
    const accepted = [...ledger.runs.values()]
      .map((run) => run.rows.get(iterationId))
      .filter((row) => row?.state === 'ACCEPTED');
    const newest = Math.max(0, ...accepted.map((row) => row?.version ?? 0));
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

  function judgeRun(run: RunModel): void {
    watcher.count(run.state);
    judgePatience(run);
    judgePause(run);
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
        case 'REJECTED':
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
      const isSettled = row.state === 'ACCEPTED' || row.state === 'STALE';
      if (run.state === 'SUCCEEDED' && !isSettled) watcher.violation(`${who} is ${row.state}`);
      if (run.reason === null && row.state === 'PENDING' && run.state !== 'CANCELLED') {
        watcher.violation(`${who} is PENDING, without a reason`);
      }
    }
  }
}
