import { describe, expect, test } from 'vitest';
import { proofs } from '../support/proofs.ts';
import { bugs } from './simulation/conditions.ts';
import { simulate } from './simulation/simulate.ts';

const chunks = 20;
const chunkSeeds = proofs(150, 100, 500);
const counts = new Map<string, number>();

describe(`${chunks * chunkSeeds} worlds`, () => {
  test.each(Array.from({ length: chunks }, (_, chunk) => chunk * chunkSeeds))('from seed %i on', async (from) => {
    for (let seed = from; seed < from + chunkSeeds; seed++) {
      const { violations, counts: own } = await simulate(seed);
      if (violations.length > 0) throw new Error(await story(seed, violations));
      for (const [what, count] of own) counts.set(what, (counts.get(what) ?? 0) + count);
    }
  });

  // A step that never happened was not tested.
  const steps = ['claim', 'renew', 'progress', 'nextBatch', 'recordAttempt', 'send', 'settle', 'postpone', 'split'];
  test.each([
    ...[...steps, 'finish', 'release'].flatMap((step) => [`dies before ${step}`, `dies after ${step}`]),
    ...['taken over', 'stopped in order', 'freezes', 'ledger fault', 'cancel seen'],
    ...['probe', 'no time to wait', 'wait recorded', 'dies before recordWait', 'dies after recordWait'],
    ...['resumed', 'reported', 'one worker, clock set'],
    ...['busy', '500', 'no connection', 'slow', 'down', 'token refused'],
    ...[
      'reset before the effect',
      'reset after the effect',
      'breaker opens',
      'repeated request',
      'split',
      'single row',
    ],
    ...['SUCCEEDED', 'PARTIAL', 'FAILED', 'CANCELLED', 'all stale', 'all stale, a retry', 'out of time'],
    ...['AdSuite forgets an iteration', 'an iteration returns to AdSuite', 'all gone', 'row GONE'],
    ...['unknown, zeros', 'unknown, values, at first', 'unknown, values, again'],
    ...['row ACCEPTED', 'row STALE', 'row REJECTED', 'row UNKNOWN', 'row PENDING'],
  ])('happened often: %s', (what) => {
    expect(counts.get(what) ?? 0).toBeGreaterThan(proofs(5, 3, 20));
  });

  // A worker has to die while an operator resumes its run.
  test.each(['dies before recordResumed', 'dies after recordResumed'])('happened: %s', (what) => {
    expect(counts.get(what) ?? 0).toBeGreaterThan(0);
  });
});

test('a seed determines everything', async () => {
  const play = async () => {
    const lines: string[] = [];
    await simulate(1, null, (line) => lines.push(line));
    return lines;
  };
  const lines = await play();
  expect(lines.length).toBeGreaterThan(50);
  expect(await play()).toEqual(lines);
});

test.each(bugs)('a planted fault is found: %s', async (bug) => {
  for (let seed = 0; seed < 2_000; seed++) {
    if ((await simulate(seed, bug)).violations.length > 0) return;
  }
  expect.fail('not in 2000 worlds');
});

/** The last steps before the violation. */
async function story(seed: number, violations: readonly string[]): Promise<string> {
  const lines: string[] = [];
  await simulate(seed, null, (line) => lines.push(line));
  return [
    `seed ${seed}: ${violations.join('\n')}`,
    ...lines.slice(-100),
    `Full log: node test/push/simulation/simulate.ts --seed ${seed}`,
  ].join('\n');
}
