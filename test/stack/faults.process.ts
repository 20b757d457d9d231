import { chmodSync, existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { graphql } from '../../scripts/stack/graphql.ts';
import { findStack } from '../../scripts/stack/running.ts';
import { TestStack } from './support.ts';

let stack: TestStack;
beforeEach(async () => {
  stack = await TestStack.create();
});
afterEach(() => stack.remove());

/** The output of a start that fails: without a stack trace, exit code 1. */
async function failure(env: Readonly<Record<string, string>> = {}, words: readonly string[] = []): Promise<string> {
  const run = stack.run('stack', env, words);
  expect(await run.exit).toBe(1);
  expect(run.output()).not.toMatch(/^\s+at /m);
  return run.output();
}

test('invalid ports are reported together, before anything is created', async () => {
  const output = await failure({ PORT: 'x', STACK_ADSUITE_PORT: '0' });
  expect(output).toContain('PORT is "x"');
  expect(output).toContain('STACK_ADSUITE_PORT is "0"');
  expect(await failure({ PORT: '4100', STACK_ADSUITE_PORT: '4100' })).toContain('must differ');
  expect(existsSync(stack.data)).toBe(false);
});

test('a port in use is reported with the variable that changes it, before any database is created', async () => {
  for (const variable of ['STACK_ADSUITE_PORT', 'STACK_WAREHOUSE_PORT', 'PORT']) {
    const port = Number(stack.env[variable]);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const output = await failure();
    expect(output).toMatch(new RegExp(`Port ${port} for .* is in use`));
    expect(output).toContain(`${variable}=`);
    await new Promise((resolve) => other.close(resolve));
  }
  const other = createServer();
  const port = await new Promise<number>((resolve) =>
    other.listen(0, '127.0.0.1', () => resolve((other.address() as AddressInfo).port)),
  );
  const output = await failure({ STACK_AIRFLOW_PORT: String(port) }, ['--airflow']);
  expect(output).toMatch(new RegExp(`Port ${port} for Airflow is in use.* STACK_AIRFLOW_PORT=`));
  await new Promise((resolve) => other.close(resolve));
  expect(existsSync(join(stack.data, 'adsuite'))).toBe(false);
});

test('a data folder that the servers may not enter is refused before anything is created', async ({ skip }) => {
  skip(process.getuid?.() !== 0, 'only root runs PostgreSQL as another user');
  chmodSync(stack.folder, 0o700);
  expect(await failure()).toBe(
    `PostgreSQL can't run as root, so it runs as the user postgres, who may not enter ${stack.folder}. ` +
      "Keep the stack's data elsewhere: DATA_DIR=/var/lib/attribution npm run stack\n",
  );
  expect(existsSync(stack.env.DATA_DIR ?? '')).toBe(false);
});

test('the servers may enter the created data folders, whatever the umask', async () => {
  const umask = process.umask(0o077);
  const started = stack.run().printed(/warehouse's PostgreSQL created and started/);
  process.umask(umask);
  await started;
});

test('an invalid file is reported with line and column, and all five tables stay unchanged', async () => {
  const events = 'event_id,event_type,click_id,goal_reference_id,payout,timestamp\n';
  const good = `${events}e-a,goal_complete,a,7,1.5,2026-01-04T00:00:00Z\n`;
  const bad = `${good}e-b,goal_complete,b,7,much,2026-01-04T00:00:00Z\n`;
  stack.write({ 'events.csv': bad });
  expect(await failure()).toContain('events.csv line 3, column "payout": "much"');

  stack.write({ 'events.csv': good });
  const first = await stack.up();
  const conversions = '{ conversions { nodes { id status } } strategies { totalCount } }';
  const answer = { conversions: { nodes: [{ id: 'e-a', status: 'ATTRIBUTED' }] }, strategies: { totalCount: 2 } };
  expect(await graphql(findStack(stack.data).origin)(conversions)).toEqual(answer);
  first.child.kill('SIGTERM');
  expect(await first.exit).toBe(0);

  // AdSuite's tables are loaded first, and their file is valid.
  stack.write({ 'events.csv': bad, 'strategies.csv': 'id,tune_offer_id,created_at\n7,70,2026-01-01T00:00:00Z\n' });
  expect(await failure()).toContain('nothing was changed');
  stack.write({ 'events.csv': good });
  const changed = await stack.up();
  expect(changed.output()).toContain('The data differ from the loaded ones');
  expect(await graphql(findStack(stack.data).origin)(conversions)).toEqual({
    conversions: { nodes: [{ id: 'e-a', status: 'STRATEGY_NOT_FOUND' }] },
    strategies: { totalCount: 1 },
  });
});
