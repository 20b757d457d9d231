import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DeliveryLimits, defaultDeliveryLimits } from '../../../src/config/push.ts';
import { Breaker } from '../../../src/push/delivery/breaker.ts';
import { RequestThrottle } from '../../../src/push/delivery/request-throttle.ts';
import { backoff, nextStep, type RetryCircumstances } from '../../../src/push/delivery/retry.ts';
import { RetryBudget } from '../../../src/push/delivery/retry-budget.ts';
import type { Sent } from '../../../src/push/ports.ts';
import { type Batch, type RowResult, unknownIterationCode } from '../../../src/push/types.ts';
import { noValues, valuesText } from '../../../src/push/values.ts';
import { buildOf, someText, someValues } from '../../support/ledgers.ts';

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const limits = { baseMilliseconds: 500, capMilliseconds: 60_000 };

test('backoff doubles its bound up to the cap, with full jitter', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), chance, (failures, random) => {
      const most = Math.min(60_000, 500 * 2 ** (failures - 1));
      const wait = backoff(failures, limits, random);
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(most);
      expect(Math.abs(wait - random * most)).toBeLessThan(1);
    }),
  );
});

test('a retry budget spends no more tokens than it had and earned', () => {
  const move = fc.record({ milliseconds: fc.integer({ min: 0, max: 5000 }), answers: fc.integer({ min: 0, max: 3 }) });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), fc.integer({ min: 1, max: 10 }), (moves, tokens) => {
      const budget = new RetryBudget({ tokens, perSecond: 0.5, perAnswer: 0.2 }, 0);
      let [now, spent, answers] = [0, 0, 0];
      for (const each of moves) {
        now += each.milliseconds;
        for (let answer = 0; answer < each.answers; answer++) budget.earn(now);
        answers += each.answers;
        const wait = budget.wait(now);
        if (wait > 0) {
          // The wait is exact: not longer and not shorter than needed.
          expect(budget.wait(now + wait)).toBe(0);
          continue;
        }
        budget.spend(1, now);
        spent++;
        expect(spent).toBeLessThanOrEqual(tokens + 0.0005 * now + 0.2 * answers + 1e-6);
      }
    }),
    // Sums of these fractions miss a whole token by rounding.
    {
      examples: [
        [[0, 1252, 986, 1669, 377, 63].map((milliseconds, at) => ({ milliseconds, answers: at === 5 ? 1 : 0 })), 3],
      ],
    },
  );
});

test('an overdrawn budget waits until it is refilled', () => {
  const budget = new RetryBudget({ tokens: 2, perSecond: 1, perAnswer: 0 }, 0);
  budget.spend(5, 0);
  expect(budget.wait(0)).toBe(4_000);
  expect(budget.wait(3_999)).toBeGreaterThan(0);
  expect(budget.wait(4_000)).toBe(0);
});

test('a retry budget credits each moment once, however often it is looked at', () => {
  const budget = new RetryBudget({ tokens: 2, perSecond: 1, perAnswer: 0 }, 0);
  budget.spend(2, 0);
  expect([budget.wait(400), budget.wait(400), budget.wait(400)]).toEqual([600, 600, 600]);
});

test('a breaker opens after consecutive failures, lets one request probe, and waits longer each time', () => {
  const breaker = new Breaker({ failures: 3, openMilliseconds: 100, capMilliseconds: 300 });
  const fail = (now: number) => breaker.pass()('failed', now);
  fail(0);
  fail(0);
  breaker.pass()('worked', 0);
  fail(0);
  fail(0);
  expect(breaker.wait(0)).toBe(0);
  fail(0);
  expect(breaker.wait(0)).toBe(100);
  for (const [now, next] of [
    [100, 200],
    [300, 300],
    [600, 300],
  ] as const) {
    expect(breaker.wait(now)).toBe(0);
    const over = breaker.pass();
    expect(breaker.wait(now)).toBe(Number.POSITIVE_INFINITY);
    over('failed', now);
    expect(breaker.wait(now)).toBe(next);
  }
  breaker.pass()('unknown', 900);
  expect(breaker.wait(900)).toBe(0);
  breaker.pass()('worked', 900);
  fail(900);
  expect(breaker.wait(900)).toBe(0);
});

test('after a success a breaker opens for the shortest time again', () => {
  const breaker = new Breaker({ failures: 1, openMilliseconds: 100, capMilliseconds: 400 });
  breaker.pass()('failed', 0);
  breaker.pass()('failed', 100);
  const long = breaker.wait(100);
  breaker.pass()('worked', 300);
  breaker.pass()('failed', 300);
  expect([long, breaker.wait(300)]).toEqual([200, 100]);
});

test('a breaker never lets a second probe pass, for any order of outcomes', () => {
  const move = fc.record({
    milliseconds: fc.integer({ min: 0, max: 400 }),
    verdict: fc.constantFrom('worked', 'failed', 'unknown'),
    which: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 80 }), (moves) => {
      const breaker = new Breaker({ failures: 2, openMilliseconds: 100, capMilliseconds: 400 });
      const out: { over: ReturnType<Breaker['pass']>; tries: boolean }[] = [];
      let [now, inARow, isOpen] = [0, 0, false];
      for (const { milliseconds, verdict, which } of moves) {
        now += milliseconds;
        if (breaker.wait(now) === 0) {
          expect(isOpen && out.some((each) => each.tries)).toBe(false);
          out.push({ over: breaker.pass(), tries: isOpen });
        } else {
          expect(isOpen).toBe(true);
        }
        if (which % 2 === 0 || out.length === 0) continue;
        const [done] = out.splice(which % out.length, 1);
        done?.over(verdict, now);
        if (verdict === 'worked') [inARow, isOpen] = [0, false];
        if (verdict === 'failed' && ++inARow >= 2) isOpen = true;
        if (!isOpen) for (const each of out) each.tries = false;
      }
    }),
  );
});

describe('a request throttle', () => {
  const open = (breaker: DeliveryLimits['breaker']) =>
    new RequestThrottle(
      { ...defaultDeliveryLimits, breaker, retryBudget: { tokens: 2, perSecond: 1, perAnswer: 1 } },
      0,
    );
  const often = { failures: 1, openMilliseconds: 100, capMilliseconds: 100 };
  const seldom = { ...often, failures: 1_000 };
  const failed: Sent = { kind: 'failed', reason: '500', retryAfterMilliseconds: null, mayHaveArrived: true };

  test.each<[string, Sent | null, number]>([
    ['failed', failed, 100],
    ['was answered', { kind: 'answered', results: [] }, 0],
    ['was refused', { kind: 'refused', code: 'X', message: 'no' }, 0],
    ['failed for good, which is not a failure of AdSuite', { kind: 'fatal', reason: 'the token is refused' }, 0],
    ['was not sent', null, 0],
  ])('waits like this after a request that %s', (_, sent, wait) => {
    const throttle = open(often);
    throttle.pass(false, 0)(sent, 0);
    expect(throttle.wait(0)).toBe(wait);
  });

  test.each<[string, Sent | null, number]>([
    ['an answer', { kind: 'answered', results: [] }, 0],
    ['a refused token', { kind: 'fatal', reason: 'the token is refused' }, Number.POSITIVE_INFINITY],
    ['no request', null, Number.POSITIVE_INFINITY],
  ])('lets one request at a time probe until AdSuite answers; after %s', (_, sent, wait) => {
    const throttle = open(often);
    throttle.pass(false, 0)(failed, 0);
    throttle.pass(false, 100)(sent, 100);
    expect(throttle.wait(100)).toBe(0);
    throttle.pass(false, 100);
    expect(throttle.wait(100)).toBe(wait);
  });

  test.each<[string, Sent | null, number]>([
    ['an answer', { kind: 'answered', results: [] }, 0],
    ['a refusal', { kind: 'refused', code: 'X', message: 'no' }, 1_000],
    ['a failure', failed, 1_000],
    ['a request that was not sent', null, 1_000],
  ])('spends its retry budget on repeated requests, and regains some only by %s', (_, sent, wait) => {
    const throttle = open(seldom);
    const ends = [throttle.pass(false, 0), throttle.pass(true, 0), throttle.pass(true, 0)];
    expect(throttle.wait(0)).toBe(1_000);
    ends[0]?.(sent, 0);
    expect(throttle.wait(0)).toBe(wait);
  });

  test('spends two requests on a batch that is split', () => {
    const throttle = open(seldom);
    throttle.split(0);
    expect(throttle.wait(0)).toBe(1_000);
    throttle.split(0);
    expect(throttle.wait(0)).toBe(3_000);
  });
});

const batchOf = (rows: number, attempts: number): Batch => ({
  runId: 'run',
  number: 1,
  build: buildOf(1),
  rows: Array.from({ length: rows }, (_, index) => ({
    iterationId: String(index + 1),
    strategyId: '1',
    version: 1,
    valuesText: someText(1),
  })),
  attempts,
});

const anySent: fc.Arbitrary<Sent> = fc.oneof(
  fc.constant<Sent>({ kind: 'answered', results: [] }),
  fc.constant<Sent>({ kind: 'refused', code: 'X', message: 'no' }),
  fc.constant<Sent>({ kind: 'fatal', reason: 'the token is refused' }),
  fc.record({
    kind: fc.constant('failed' as const),
    reason: fc.constant('500'),
    retryAfterMilliseconds: fc.option(fc.integer({ min: 0, max: 1_000_000 })),
    mayHaveArrived: fc.boolean(),
  }),
);

describe('a row that AdSuite rejects', () => {
  const world: RetryCircumstances = {
    hadArrived: false,
    remainingMilliseconds: 1,
    limits: defaultDeliveryLimits,
    random: 0,
  };
  const onlyClicks = { ...noValues, clicks: 1 };
  const onlyConversions = { ...someValues(1), clicks: 0 };
  const values = [noValues, onlyClicks, onlyConversions];
  const own = batchOf(values.length, 0);
  const batch: Batch = {
    ...own,
    rows: own.rows.map((row, index) => ({ ...row, valuesText: valuesText(values[index] ?? noValues) })),
  };
  const results = (code: string | null, state: RowResult['state'] = 'REJECTED'): RowResult[] =>
    batch.rows.map(({ iterationId }) => ({ iterationId, state, code, message: 'There is none.' }));
  const settled = (sent: Sent, of = batch) => {
    const { step } = nextStep(of, sent, world);
    return step.kind === 'settle' ? step.results : step.kind;
  };

  test('as an unknown iteration is GONE if it has neither clicks nor conversions', () => {
    const [zero, ...others] = results(unknownIterationCode);
    expect(settled({ kind: 'answered', results: results(unknownIterationCode) })).toEqual([
      { ...zero, state: 'GONE' },
      ...others,
    ]);
  });

  test.each([
    ['rejected, with another code', results('UNKNOWN')],
    ['rejected, without a code', results(null)],
    ['stale, with that code', results(unknownIterationCode, 'STALE')],
    ['accepted, with that code', results(unknownIterationCode, 'ACCEPTED')],
    ['of another batch', [{ ...results(unknownIterationCode)[0], iterationId: '99' } as RowResult]],
  ])('%s is never GONE', (_, given) => {
    expect(settled({ kind: 'answered', results: given })).toEqual(given);
  });

  test('alone, by a refusal of the whole request, is GONE likewise', () => {
    const refused = { kind: 'refused', code: unknownIterationCode, message: 'There is none.' } as const;
    const states = batch.rows.map((row) => settled(refused, { ...batch, rows: [row] }));
    expect(states).toMatchObject([[{ state: 'GONE' }], [{ state: 'REJECTED' }], [{ state: 'REJECTED' }]]);
    expect(settled(refused)).toBe('split');
    expect(settled({ ...refused, code: 'CLOSED' }, { ...batch, rows: batch.rows.slice(0, 1) })).toMatchObject([
      { state: 'REJECTED', code: 'CLOSED' },
    ]);
  });
});

const longestPause = 400_000;

test('a step claims only what is known of a row, is never too early, and attempts are bounded', () => {
  const circumstances = fc.record({
    hadArrived: fc.boolean(),
    // Negative if the answer came after the run's time limit.
    remainingMilliseconds: fc.integer({ min: -500_000, max: 500_000 }),
    limits: fc.constant({ ...defaultDeliveryLimits, retryAfterMaxMilliseconds: longestPause }),
    random: chance,
  }) satisfies fc.Arbitrary<RetryCircumstances>;
  const batch = fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.nat(defaultDeliveryLimits.attempts - 1))
    .map(([rows, attempts]) => batchOf(rows, attempts));
  fc.assert(
    fc.property(batch, anySent, circumstances, (own, sent, world) => {
      const { step, giveUp } = nextStep(own, sent, world);
      const arrived = world.hadArrived || (sent.kind === 'failed' && sent.mayHaveArrived);
      if (step.kind === 'settle') {
        for (const { state } of step.results) {
          expect(state).not.toBe('ACCEPTED');
          if (state === 'REJECTED') expect([sent.kind, own.rows.length]).toEqual(['refused', 1]);
          if (state === 'UNKNOWN') expect([arrived, own.attempts + 1]).toEqual([true, defaultDeliveryLimits.attempts]);
        }
      }
      if (step.kind === 'split') expect(own.rows.length).toBeGreaterThan(1);
      if (step.kind === 'postpone') {
        expect(step.mayHaveArrived).toBe(arrived);
        if (sent.kind === 'failed') expect(arrived && own.attempts + 1 >= defaultDeliveryLimits.attempts).toBe(false);
        if (sent.kind === 'failed' && sent.retryAfterMilliseconds !== null) {
          expect(step.milliseconds).toBeGreaterThanOrEqual(Math.min(sent.retryAfterMilliseconds, longestPause));
          expect(step.milliseconds).toBeLessThanOrEqual(
            Math.max(longestPause, defaultDeliveryLimits.backoff.capMilliseconds),
          );
        }
      }
      const asked = sent.kind === 'failed' ? Math.min(sent.retryAfterMilliseconds ?? 0, longestPause) : 0;
      expect(giveUp !== null).toBe(sent.kind === 'fatal' || asked > Math.max(0, world.remainingMilliseconds));
    }),
    { numRuns: 1000 },
  );
});
