import { describe, expect, test } from 'vitest';
import { accepted, failed, Stage } from '../support.ts';

const hour = 3_600_000;
const minute = 60_000;

describe.each([
  ['forward', hour],
  ['back', -hour],
])('if the clock of the database is set %s by an hour', (_, jump) => {
  test('a run that is retrying ends when AdSuite is back, not by its time limit and not an hour later', async () => {
    const stage = new Stage({
      rows: 8,
      batchRows: 1,
      limits: { runMilliseconds: hour },
      answers: (batch, _nth, now) => (now < 10 * minute ? failed('503') : accepted(batch)),
    });
    for (const at of [90_000, 5 * minute])
      stage.timeline.after(at, () => stage.setLedgerClock(at === 90_000 ? jump : 0));
    await stage.play();
    expect(stage.run).toMatchObject({ state: 'SUCCEEDED', reason: null });
    expect(stage.timeline.now).toBeLessThan(12 * minute);
  });

  test('a Retry-After is neither undercut nor prolonged', async () => {
    const stage = new Stage({
      rows: 1,
      batchRows: 1,
      answers: (batch, nth) => (nth === 0 ? failed('429', 10 * minute) : accepted(batch)),
    });
    stage.timeline.after(minute, () => stage.setLedgerClock(jump));
    await stage.play();
    expect(stage.run.state).toBe('SUCCEEDED');
    expect(stage.requests.map(({ at }) => at)).toEqual([0, 10 + 10 * minute]);
  });

  test('a run ends at its time limit', async () => {
    const stage = new Stage({
      rows: 1,
      batchRows: 1,
      limits: { runMilliseconds: 20 * minute },
      answers: () => failed('503'),
    });
    stage.timeline.after(minute, () => stage.setLedgerClock(jump));
    await stage.play();
    expect(stage.run.state).toBe('FAILED');
    // It ends early if its next attempt is due later.
    expect(stage.timeline.now).toBeGreaterThan(18 * minute);
    expect(stage.timeline.now).toBeLessThanOrEqual(20 * minute + 1_000);
  });
});

test('a worker that takes over after the clock was set back waits no longer than any wait can be', async () => {
  const stage = new Stage({
    rows: 4,
    batchRows: 1,
    answers: (batch, nth) => (nth < 4 ? failed('503') : accepted(batch)),
    limits: { backoff: { baseMilliseconds: 60_000, capMilliseconds: 60_000 }, runMilliseconds: 2 * hour },
  });
  stage.timeline.after(1_000, () => {
    void stage.worker.stop().then(() => {
      stage.setLedgerClock(-hour);
      stage.newWorker('another').start();
    });
  });
  await stage.play();
  expect(stage.run.state).toBe('SUCCEEDED');
  expect(stage.timeline.now).toBeLessThan(17 * minute);
});
