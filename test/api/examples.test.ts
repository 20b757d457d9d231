import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/embedded/sandbox/index.ts';
import { readExamples, serve, type TestService } from '../support/service.ts';
import { openDemoDatabase, type TestDatabase } from '../support/warehouses.ts';

// Runs the example queries of the GraphiQL page against the demo data.
let database: TestDatabase;
let service: TestService;
let sandbox: Sandbox;
beforeAll(async () => {
  database = await openDemoDatabase(new Date().toISOString());
  await database.query(`update events.events set payout = payout + 1 where event_id like '%7'`);
  await database.build(new Date().toISOString());
  sandbox = await startSandbox({ port: 0, token: 'token', folder: null, now: () => new Date() });
  service = await serve(database.target, {}, {}, { adsuite: { url: sandbox.url, token: 'token' } });
});
afterAll(async () => {
  await service?.close();
  await sandbox?.close();
  await database?.close();
});

/** Empty if all rows were accepted. */
const failedRows = '.pushRuns.nodes.rows.nodes';

/** Statements to read all iterations with their metrics, five thousand at a time. */
const metricsRead = ['push.clicks', 'push.conversions', 'push.iterations'];

/** Statements of a read of the newest build, which is looked up for it. */
const consistentRead = ['builds.latest', ...metricsRead];

/** Statements of a plan: a guard also reads the data quality of the build. */
const planning = [...consistentRead, 'quality.ofBuild'];

/** Statements of each example. */
const statementsOf: Readonly<Record<string, readonly string[]>> = {
  DataAsOf: ['builds.latest'],
  AttributedOrWhyNot: ['builds.latest', 'metrics.all'],
  PayoutPerStrategy: ['builds.latest', 'clicks.perGroup', 'metrics.all', 'metrics.page', 'strategies.byId'],
  StrategyHistory: [
    'builds.latest',
    'clicks.perGroup',
    'iterations.page',
    'iterations.page.count',
    'metrics.all',
    'metrics.convertedClicks',
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
  AllSubjects: ['builds.latest', 'quality.ofBuild', 'quality.subjects'],
  FindingsOverTime: ['builds.byNumber', 'builds.latest', 'quality.history'],
  WhatChanged: ['builds.byId', 'builds.latest', 'history.causes', 'history.changes', 'history.changes.count'],
  Builds: ['builds.byNumber', 'builds.latest', 'builds.page', 'builds.page.count', 'quality.counts'],
  BuildDiff: ['builds.byId', 'builds.latest', 'history.causeCounts', 'history.iterations', 'history.moves'],
  PlanPush: planning,
  Push: planning,
  WatchPushes: [],
  WhatAdsuiteHolds: consistentRead,
  WhyThisConversion: [
    'builds.latest',
    'campaigns.byId',
    'conversions.page',
    'explain.conversions',
    'explain.copies',
    'explain.strategiesOfOffers',
    'explain.windows',
    'strategies.byId',
  ],
  WhatToFix: ['builds.byNumber', 'builds.latest', 'campaigns.byId', 'fixes.page', 'strategies.byId'],
  TimelineOfAStrategy: ['builds.latest', 'clicks.perGroup', 'iterations.page', 'metrics.all', 'strategies.byId'],
  StrategiesByDay: ['builds.latest', 'clicks.perGroup', 'metrics.page', 'strategies.byId'],
  UnattributedByDay: ['builds.latest', 'metrics.all', 'metrics.page'],
  BestIterations: [
    'builds.latest',
    'clicks.perGroup',
    'iterations.byId',
    'metrics.convertedClicks',
    'metrics.page',
    'strategies.byId',
  ],
  CampaignsWithProblems: ['builds.latest', 'campaigns.page', 'campaigns.page.count', 'metrics.all'],
};

/** Paths of empty lists. An example should return rows. */
function empties(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.length === 0 ? [path] : value.flatMap((each) => empties(each, path));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => empties(each, `${path}.${key}`));
}

/** Mutations of a run. Sent as they are, they change nothing, because no run has the id in their variables. */
const ofARun = readExamples().filter(({ variables }) => 'runId' in variables);

test.each(ofARun)('$name changes nothing until it gets the id of a run', async ({ query, variables }) => {
  const { status, errors } = await service.send(query, variables as never);
  expect({ status, code: errors?.[0]?.extensions.code }).toEqual({ status: 404, code: 'PUSH_NOT_FOUND' });
});

test('of a run are retry, cancel and resume', () => {
  expect(ofARun.map(({ name }) => name)).toEqual(['RetryPush', 'CancelPush', 'ResumePush']);
});

/** What they have instead of the id of an earlier build, which differs in each warehouse. */
const buildToChoose = 'id of a build';
const ofABuild = readExamples().filter(({ variables }) => Object.values(variables).includes(buildToChoose));

test.each(ofABuild)('$name asks for the id of a build', async ({ query, variables }) => {
  const { status, errors } = await service.send(query, variables as never);
  expect({ status, code: errors?.[0]?.extensions.code }).toEqual({ status: 409, code: 'BUILD_NOT_KEPT' });
});

test('of a build are the changes and the difference', () => {
  expect(ofABuild.map(({ name }) => name)).toEqual(['WhatChanged', 'BuildDiff']);
});

const complete = readExamples()
  .filter((example) => !ofARun.some(({ name }) => name === example.name))
  .map(({ variables, ...example }) => ({
    ...example,
    variables: Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, value === buildToChoose ? 'build-1' : value]),
    ),
  }));

test.each(complete)('$name', async ({ name, query, variables }) => {
  service.takeStatements();
  const { status, data, errors } = await service.send<Record<string, unknown>, never>(query, variables as never);
  expect({ status, errors }).toEqual({ status: 200, errors: undefined });
  expect(Object.values(data)).not.toContain(null);
  expect(empties(data).filter((path) => path.endsWith('nodes') && path !== failedRows)).toEqual([]);
  const statements = service.takeStatements().map((statement) => statement.name);
  expect(statements.toSorted()).toEqual(statementsOf[name]);
});
