import { chmodSync, existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { graphql } from '../../scripts/stack/graphql.ts';
import { findStack } from '../../scripts/stack/running.ts';
import { Place } from './support.ts';

let place: Place;
beforeEach(async () => {
  place = await Place.make();
});
afterEach(() => place.remove());

/** What a start that can't go on says; without a stack trace, and with exit code 1. */
async function refusal(env: Readonly<Record<string, string>> = {}): Promise<string> {
  const run = place.run('stack', env);
  expect(await run.exit).toBe(1);
  expect(run.output()).not.toMatch(/^\s+at /m);
  return run.output();
}

test('wrong ports are told all at once, before anything is touched', async () => {
  const output = await refusal({ PORT: 'x', STACK_ADSUITE_PORT: '0' });
  expect(output).toContain('PORT is "x"');
  expect(output).toContain('STACK_ADSUITE_PORT is "0"');
  expect(await refusal({ PORT: '4100', STACK_ADSUITE_PORT: '4100' })).toContain('must differ');
  expect(existsSync(place.data)).toBe(false);
});

test('a port in use is told with the variable that chooses another, before any database is made', async () => {
  for (const variable of ['STACK_ADSUITE_PORT', 'STACK_WAREHOUSE_PORT', 'PORT']) {
    const port = Number(place.env[variable]);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const output = await refusal();
    expect(output).toMatch(new RegExp(`Port ${port} for .* is in use`));
    expect(output).toContain(`${variable}=`);
    await new Promise((resolve) => other.close(resolve));
  }
  expect(existsSync(join(place.data, 'adsuite'))).toBe(false);
});

test('data below a folder that the servers may not enter are refused before anything is made', async ({ skip }) => {
  skip(process.getuid?.() !== 0, 'only root runs PostgreSQL as another user');
  chmodSync(place.folder, 0o700);
  expect(await refusal()).toBe(
    `PostgreSQL can't run as root, so it runs as the user postgres, who may not enter ${place.folder}. ` +
      "Keep the stack's data elsewhere: DATA_DIR=/var/lib/attribution npm run stack\n",
  );
  expect(existsSync(place.env.DATA_DIR ?? '')).toBe(false);
});

test('folders that are made for the data are ones that the servers may enter, whatever the umask', async () => {
  const umask = process.umask(0o077);
  const stack = place.run().said(/warehouse's PostgreSQL made and started/);
  process.umask(umask);
  await stack;
});

test('a faulty file is told with line and column, and nothing of the five is loaded, nor lost', async () => {
  const events = 'event_id,event_type,click_id,goal_reference_id,payout,timestamp\n';
  const good = `${events}e-a,goal_complete,a,7,1.5,2026-01-04T00:00:00Z\n`;
  const bad = `${good}e-b,goal_complete,b,7,much,2026-01-04T00:00:00Z\n`;
  place.write({ 'events.csv': bad });
  expect(await refusal()).toContain('events.csv line 3, column "payout": "much"');

  place.write({ 'events.csv': good });
  const stack = await place.up();
  const conversions = '{ conversions { nodes { id status } } strategies { totalCount } }';
  const answer = { conversions: { nodes: [{ id: 'e-a', status: 'ATTRIBUTED' }] }, strategies: { totalCount: 2 } };
  expect(await graphql(findStack(place.data).origin)(conversions)).toEqual(answer);
  stack.child.kill('SIGTERM');
  expect(await stack.exit).toBe(0);

  // AdSuite's tables come first and are fine in themselves.
  place.write({ 'events.csv': bad, 'strategies.csv': 'id,tune_offer_id,created_at\n7,70,2026-01-01T00:00:00Z\n' });
  expect(await refusal()).toContain('nothing was changed');
  place.write({ 'events.csv': good });
  const changed = await place.up();
  expect(changed.output()).toContain('Other data than last time');
  expect(await graphql(findStack(place.data).origin)(conversions)).toEqual({
    conversions: { nodes: [{ id: 'e-a', status: 'STRATEGY_NOT_FOUND' }] },
    strategies: { totalCount: 1 },
  });
});
