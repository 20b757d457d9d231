import { expect, test } from 'vitest';
import { leaseTimeouts } from '../../../src/db/ledger/timeouts.ts';
import { accepted, Stage } from '../support.ts';

// A request to AdSuite that takes several leases, with a ledger that does not always answer.
const leases = [1, 2, 5, 30, 60, 600].map((seconds) => seconds * 1000);

test.each(leases)('two of three renewals without an answer do not lose a lease of %i ms', async (leaseMilliseconds) => {
  const { renewalMilliseconds } = leaseTimeouts(leaseMilliseconds);
  let asked = 0;
  const stage = new Stage({
    rows: 1,
    batchRows: 1,
    answers: (batch) => accepted(batch),
    answerMilliseconds: 10 * leaseMilliseconds,
    limits: { leaseMilliseconds, runMilliseconds: 24 * 3_600_000 },
    store: (store) => ({
      ...store,
      renew: async (...call) => {
        if (++asked % 3 === 0) return store.renew(...call);
        await stage.clock.sleep(renewalMilliseconds);
        throw new Error('the ledger did not answer in time');
      },
    }),
  });
  await stage.play();
  expect(stage.delivered).toEqual(['ended']);
  expect(stage.requests).toHaveLength(1);
});

test.each(leases)('failed renewals are retried with a pause, in a lease of %i ms', async (lease) => {
  const asked: number[] = [];
  const stage = new Stage({
    rows: 1,
    batchRows: 1,
    answers: (batch) => accepted(batch),
    answerMilliseconds: 10 * lease,
    limits: { leaseMilliseconds: lease },
    store: (store) => ({
      ...store,
      renew: async () => {
        asked.push(stage.timeline.now);
        throw new Error('down');
      },
    }),
  });
  await stage.play(() => stage.delivered.length > 0);
  expect(stage.delivered).toEqual(['lost']);
  expect(asked.length).toBeGreaterThan(5);
  expect(asked.length).toBeLessThanOrEqual(11);
});

test.each(leases)(
  'a renewed lease of %i ms counts from the request of the renewal, not from its answer',
  async (lease) => {
    const asked: number[] = [];
    const stage = new Stage({
      rows: 1,
      batchRows: 1,
      answers: (batch) => accepted(batch),
      answerMilliseconds: 10 * lease,
      limits: { leaseMilliseconds: lease },
      store: (store) => ({
        ...store,
        renew: async (...call) => {
          // Only the first renewal works, and its answer is slow.
          if (asked.push(stage.timeline.now) > 1) throw new Error('down');
          const held = await store.renew(...call);
          await stage.clock.sleep(lease / 10);
          return held;
        },
      }),
    });
    await stage.play(() => stage.delivered.length > 0);
    expect(stage.timeline.now - (asked[0] ?? 0)).toBe(lease);
  },
);
