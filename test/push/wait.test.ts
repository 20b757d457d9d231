import { expect, test } from 'vitest';
import { waitForEnd } from '../../src/push/record/wait.ts';
import type { RunState } from '../../src/push/types.ts';
import { ManualClock } from '../support/push-doubles.ts';

const running = { state: 'RUNNING' } as const;
const clockOf = () => new ManualClock(new Date('2026-03-01T00:00:00Z'));

test('does not wait for a run that has ended or does not exist', async () => {
  for (const state of ['SUCCEEDED', 'REFUSED', null] as const) {
    const clock = clockOf();
    const run = state && { state };
    expect(await waitForEnd(async () => run, 120, clock)).toBe(run);
    expect(clock.sleeps).toEqual([]);
  }
});

test('reads once without time to wait', async () => {
  const clock = clockOf();
  expect(await waitForEnd(async () => running, 0, clock)).toBe(running);
  expect(clock.sleeps).toEqual([]);
});

test('polls ever more slowly, until the time is over', async () => {
  const clock = clockOf();
  expect(await waitForEnd(async () => running, 20, clock)).toBe(running);
  expect(clock.now()).toBe(20_000);
  expect(clock.sleeps[0]).toBe(50);
  expect(Math.max(...clock.sleeps)).toBe(1000);
  expect(clock.sleeps.length).toBeLessThan(30);
});

test('sees the end at the next poll', async () => {
  const clock = clockOf();
  let state: RunState = 'RUNNING';
  clock.meanwhile = () => {
    if (clock.now() >= 3000) state = 'PARTIAL';
  };
  expect(await waitForEnd(async () => ({ state }), 120, clock)).toEqual({ state: 'PARTIAL' });
  expect(clock.now()).toBeLessThanOrEqual(4000);
});

test('ends the wait when the service stops', async () => {
  const clock = clockOf();
  const stopping = new AbortController();
  clock.meanwhile = () => stopping.abort();
  expect(await waitForEnd(async () => running, 120, clock, stopping.signal)).toBe(running);
  expect(clock.sleeps.length).toBe(1);
});
