import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RetryAfterPause } from '../../../src/push/delivery/retry-after-pause.ts';
import type { Sent } from '../../../src/push/ports.ts';
import { proofs } from '../../support/proofs.ts';
import { failed } from '../support.ts';

const limit = 900_000;
const ages = 1e12;
const answered: Sent = { kind: 'answered', results: [] };
const refused: Sent = { kind: 'refused', code: 'UNPROCESSABLE', message: 'no' };
const fatal: Sent = { kind: 'fatal', reason: '401' };

/** A pause for a Retry-After of this time, received at 0. */
function closed(milliseconds: number): RetryAfterPause {
  const pause = new RetryAfterPause(limit);
  pause.pass()(failed('429', milliseconds), 0);
  return pause;
}

/** How many of three requests may pass now. */
function passing(pause: RetryAfterPause, now: number): number {
  let count = 0;
  while (count < 3 && pause.wait(now) === 0) {
    pause.pass();
    count++;
  }
  return count;
}

describe('a Retry-After', () => {
  test.each([1, 30_000, limit])('of %i ms stops requests for exactly that time', (milliseconds) => {
    const pause = closed(milliseconds);
    expect(pause.wait(0)).toBe(milliseconds);
    expect(pause.wait(milliseconds - 1)).toBe(1);
    expect(passing(pause, milliseconds)).toBe(3);
  });

  test.each([0, null])('of %j does not stop requests', (milliseconds) => {
    const pause = new RetryAfterPause(limit);
    pause.pass()(failed('429', milliseconds), 0);
    expect(passing(pause, 0)).toBe(3);
  });

  test('beyond the limit stops requests for the limit; then one probes', () => {
    const pause = closed(ages);
    expect(pause.wait(0)).toBe(limit);
    expect(passing(pause, limit)).toBe(1);
    expect(pause.wait(limit)).toBe(Number.POSITIVE_INFINITY);
  });

  test('of several requests: the longest counts, in any order', () => {
    for (const order of [
      [30_000, 5_000, 60_000],
      [60_000, 30_000, 5_000],
    ]) {
      const pause = new RetryAfterPause(limit);
      const ends = order.map(() => pause.pass());
      for (const [index, end] of ends.entries()) end(failed('429', order[index] ?? 0), 100);
      expect(pause.wait(100)).toBe(60_000);
    }
    const pause = new RetryAfterPause(limit);
    const [one, other, third] = [pause.pass(), pause.pass(), pause.pass()];
    one(failed('429', ages), 0);
    other(failed('503', 1_000), 10);
    third(answered, 20);
    expect(pause.wait(20)).toBe(limit - 20);
    expect(passing(pause, limit)).toBe(1);
  });
});

describe('a probe', () => {
  test.each([answered, refused])('with row results ends the pause: $kind', (sent) => {
    const pause = closed(ages);
    pause.pass()(sent, limit + 10);
    expect(passing(pause, limit + 10)).toBe(3);
  });

  test('with another Retry-After beyond the limit pauses for the limit again', () => {
    const pause = closed(ages);
    pause.pass()(failed('429', ages), limit + 10);
    expect(pause.wait(limit + 10)).toBe(limit);
    expect(passing(pause, 2 * limit + 10)).toBe(1);
  });

  test('with a shorter Retry-After pauses for exactly that, and the next request is a probe', () => {
    const pause = closed(ages);
    pause.pass()(failed('429', 30_000), limit + 10);
    expect(pause.wait(limit + 10)).toBe(30_000);
    expect(passing(pause, limit + 30_010)).toBe(1);
  });

  test.each([failed('503'), fatal])('that fails otherwise pauses for the limit again: $reason', (sent) => {
    const pause = closed(ages);
    pause.pass()(sent, limit + 10);
    expect(pause.wait(limit + 10)).toBe(limit);
    expect(passing(pause, 2 * limit + 10)).toBe(1);
  });

  test('that fails pauses no longer than AdSuite requested', () => {
    const pause = closed(limit + 60_000);
    pause.pass()(failed('503'), limit + 10);
    expect(pause.wait(limit + 10)).toBe(59_990);
    pause.pass()(failed('503'), limit + 70_000);
    expect(passing(pause, limit + 70_000)).toBe(1);
  });

  test('that was not sent lets another one probe', () => {
    const pause = closed(ages);
    pause.pass()(null, limit + 10);
    expect(passing(pause, limit + 10)).toBe(1);
  });

  test('does not end a pause that an older request began meanwhile', () => {
    const pause = new RetryAfterPause(limit);
    const [one, slow] = [pause.pass(), pause.pass()];
    one(failed('429', ages), 0);
    const probe = pause.pass();
    slow(failed('429', 60_000), limit + 5);
    probe(answered, limit + 10);
    expect(pause.wait(limit + 10)).toBe(59_995);
    expect(passing(pause, limit + 60_005)).toBe(1);
  });
});

test('a pause that another process began continues, at most for the limit, and ends with a probe', () => {
  const pause = new RetryAfterPause(limit);
  pause.resume(0, 0);
  expect(pause.wait(0)).toBe(0);
  pause.resume(60_000, 0);
  expect(pause.wait(0)).toBe(60_000);
  expect(passing(pause, 60_000)).toBe(1);
  const other = new RetryAfterPause(limit);
  // For example after the database's clock was set.
  other.resume(ages, 0);
  expect(other.wait(0)).toBe(limit);
});

const end = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<Sent | null>(answered, refused, fatal, null, failed('reset')) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 3 * limit }).map((asked): Sent => failed('429', asked)) },
  { weight: 1, arbitrary: fc.constant<Sent>(failed('429', ages)) },
);

test('for any order of outcomes: bounded, never cut short, one request per interval, and over after a success', () => {
  const move = fc.record({
    milliseconds: fc.integer({ min: 0, max: limit }),
    end,
    which: fc.nat(),
    ends: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 80 }), (moves) => {
      const pause = new RetryAfterPause(limit);
      const out: { readonly over: ReturnType<RetryAfterPause['pass']>; readonly isProbe: boolean }[] = [];
      let now = 0;
      /** When the bounded pauses are over. */
      let notBefore = 0;
      /** The end of the time that AdSuite requested; null if it was within the limit. */
      let askedUntil: number | null = null;
      for (const each of moves) {
        now += each.milliseconds;
        expect(pause.closedFor(now)).toBeLessThanOrEqual(limit);
        const isProbing = askedUntil !== null;
        const isProbeOut = out.some(({ isProbe }) => isProbe);
        expect(pause.wait(now) === 0).toBe(now >= notBefore && !isProbeOut);
        if (pause.wait(now) === 0) out.push({ over: pause.pass(), isProbe: isProbing });
        if (!each.ends || out.length === 0) continue;
        const [done] = out.splice(each.which % out.length, 1);
        if (!done) continue;
        done.over(each.end, now);
        if (each.end?.kind === 'failed' && each.end.retryAfterMilliseconds !== null) {
          const asked = each.end.retryAfterMilliseconds;
          notBefore = Math.max(notBefore, now + Math.min(asked, limit));
          if (done.isProbe) askedUntil = now + asked;
          else if (asked > limit || askedUntil !== null) askedUntil = Math.max(askedUntil ?? 0, now + asked);
        } else if (done.isProbe && (each.end === answered || each.end === refused)) {
          if (now >= notBefore) askedUntil = null;
        } else if (done.isProbe && each.end !== null) {
          notBefore = Math.max(notBefore, Math.min(askedUntil ?? 0, now + limit));
        }
      }
    }),
    { numRuns: proofs(2_000, 500) },
  );
});
