import { expect, test } from 'vitest';
import { waitForEnd } from '../../src/push/record/wait.ts';
import type { PushState } from '../../src/push/types.ts';
import { ManualClock } from '../support/manual-clock.ts';

const clockOf = () => new ManualClock(new Date('2026-03-01T00:00:00Z'));

test('a run that has ended, or that nobody knows, is not waited for', async () => {
  for (const state of ['SUCCEEDED', 'REFUSED', null] as const) {
    const clock = clockOf();
    expect(await waitForEnd(async () => state, 120, clock)).toBe(state);
    expect(clock.sleeps).toEqual([]);
  }
});

test('without time to wait there is one look', async () => {
  const clock = clockOf();
  expect(await waitForEnd(async () => 'RUNNING', 0, clock)).toBe('RUNNING');
  expect(clock.sleeps).toEqual([]);
});

test('the looks grow rarer, and end with the time', async () => {
  const clock = clockOf();
  expect(await waitForEnd(async () => 'RUNNING', 20, clock)).toBe('RUNNING');
  expect(clock.now()).toBe(20_000);
  expect(clock.sleeps[0]).toBe(50);
  expect(Math.max(...clock.sleeps)).toBe(1000);
  expect(clock.sleeps.length).toBeLessThan(30);
});

test('the end is seen at the next look', async () => {
  const clock = clockOf();
  let state: PushState = 'RUNNING';
  clock.meanwhile = () => {
    if (clock.now() >= 3000) state = 'PARTIAL';
  };
  expect(await waitForEnd(async () => state, 120, clock)).toBe('PARTIAL');
  expect(clock.now()).toBeLessThanOrEqual(4000);
});

test('nobody waits when the service ends', async () => {
  const clock = clockOf();
  const ending = new AbortController();
  clock.meanwhile = () => ending.abort();
  expect(await waitForEnd(async () => 'RUNNING', 120, clock, ending.signal)).toBe('RUNNING');
  expect(clock.sleeps.length).toBe(1);
});
