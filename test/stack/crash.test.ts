import { mkdirSync, readdirSync, watch } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { graphql } from '../../scripts/stack/graphql.ts';
import { findStack } from '../../scripts/stack/running.ts';
import { Place, type Run } from './support.ts';

let place: Place;
beforeEach(async () => {
  place = await Place.make();
});
afterEach(() => place.remove());

async function kill(run: Run): Promise<void> {
  run.child.kill('SIGKILL');
  await run.exit;
}

/** Starts, and kills while the files of the first database are being made. */
async function killInInitdb(): Promise<void> {
  mkdirSync(place.data, { recursive: true });
  const watcher = watch(place.data);
  const begun = new Promise<void>((resolve) => {
    watcher.on('change', (_, name) => {
      if (String(name).startsWith('adsuite.new-')) resolve();
    });
  });
  const run = place.run();
  await begun;
  watcher.close();
  await kill(run);
}

test('a first start that is stopped and killed again and again is gone on with, and comes to the same', async () => {
  await killInInitdb();
  const told = place.run();
  await told.said(/Making the warehouse/);
  told.child.kill('SIGTERM');
  const code = await told.exit;
  const wasUp = told.output().includes('Everything is up');
  expect(code, told.output()).toBe(wasUp ? 0 : 1);
  if (!wasUp) expect(told.output()).toContain('Stopped before everything was up');
  // The last one was stopped in order, so the first of these finds no servers left.
  for (const [index, point] of [/Making the warehouse/, /Loading/, / 1\/\d+ /, /^GraphQL/m].entries()) {
    const run = place.run();
    await run.said(point);
    expect(run.output().includes('left behind')).toBe(index > 0);
    await kill(run);
  }
  const last = await place.up();
  expect(last.output()).toMatch(/an earlier start left behind \(process \d+\) is being stopped/);
  const { origin } = findStack(place.data);
  const summary = '{ attributionSummary { total attributed } strategies { totalCount } iterations { totalCount } }';
  expect(await graphql(origin)(summary)).toEqual({
    attributionSummary: { total: 5, attributed: 2 },
    strategies: { totalCount: 2 },
    iterations: { totalCount: 4 },
  });
  expect(readdirSync(place.data).filter((name) => name.includes('.new'))).toEqual([]);
});
