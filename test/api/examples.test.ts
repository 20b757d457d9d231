import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/embedded/sandbox/index.ts';
import { readExamples } from '../browser/examples.ts';
import { openDemoDatabase, type TestDatabase } from '../support/database.ts';
import { serve, type TestService } from '../support/service.ts';

// The page's example queries against the demo data, as an analyst meets them.
let database: TestDatabase;
let service: TestService;
let sandbox: Sandbox;
beforeAll(async () => {
  database = await openDemoDatabase(new Date().toISOString());
  sandbox = await startSandbox({ port: 0, token: 'token', folder: null, now: () => new Date() });
  service = await serve(database.target, {}, {}, { adsuite: { url: sandbox.url, token: 'token' } });
});
afterAll(async () => {
  await service?.close();
  await sandbox?.close();
  await database?.close();
});

/** Where all goes well there are none. */
const rowsThatFailed = '.pushRuns.nodes.rows.nodes';

/** What reading all iterations with their metrics costs, five thousand at a time. */
const oneRead = ['push.clicks', 'push.conversions', 'push.iterations'];

/** What reading them steadily costs: the build before and after, and a sum that tells whether the tables are the build's. */
const steadily = ['builds.latest', 'builds.latest', ...oneRead, 'push.total'];

/** What a plan costs: a guard looks at the build's quality beside. */
const planning = [...steadily, 'quality.ofBuild'];

/** The statements that each example costs: a change here changes what an analyst's click costs. */
const costs: Readonly<Record<string, readonly string[]>> = {
  DataAsOf: ['builds.latest'],
  AttributedOrWhyNot: ['builds.latest', 'metrics.all'],
  PayoutPerStrategy: ['builds.latest', 'clicks.perGroup', 'metrics.all', 'metrics.page', 'strategies.byId'],
  StrategyHistory: [
    'builds.latest',
    'clicks.perGroup',
    'iterations.page',
    'iterations.page.count',
    'metrics.all',
    'strategies.byId',
  ],
  BeforeAndAfter: ['builds.latest', 'clicks.perGroup', 'iterations.page', 'metrics.all'],
  ClicksAroundASwitch: [
    'builds.latest',
    'conversions.page',
    'conversions.page.count',
    'iterations.byId',
    'strategies.byId',
  ],
  LatestConversions: ['builds.latest', 'conversions.page', 'iterations.byId', 'strategies.byId'],
  UnattributedByCampaign: ['builds.latest', 'conversions.page', 'metrics.all', 'metrics.page'],
  PageThroughConversions: ['builds.latest', 'conversions.page', 'conversions.page.count', 'iterations.byId'],
  DataQuality: ['builds.latest', 'quality.ofBuild'],
  PlanPush: ['builds.latest', ...planning],
  Push: ['builds.latest', ...planning],
  WatchPushes: ['builds.latest'],
  WhatAdsuiteHolds: ['builds.latest', ...steadily],
};

/** The lists without a row, and the objects that are null: an example that shows nothing teaches nothing. */
function empties(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.length === 0 ? [path] : value.flatMap((each) => empties(each, path));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => empties(each, `${path}.${key}`));
}

test.each(readExamples())('$name', async ({ name, query, variables }) => {
  service.takeStatements();
  const { status, data, errors } = await service.send<Record<string, unknown>, never>(query, variables as never);
  expect({ status, errors }).toEqual({ status: 200, errors: undefined });
  expect(Object.values(data)).not.toContain(null);
  expect(empties(data).filter((path) => path.endsWith('nodes') && path !== rowsThatFailed)).toEqual([]);
  const statements = service.takeStatements().map((statement) => statement.name);
  expect(statements.toSorted()).toEqual(costs[name]);
});
