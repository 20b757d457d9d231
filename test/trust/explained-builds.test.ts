import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { explanationOf } from '../../src/connections/explanations.ts';
import { watchBuilds } from '../../src/db/warehouse/build-watch.ts';
import { openWarehouse } from '../../src/db/warehouse/connect.ts';
import { createLoaders } from '../../src/db/warehouse/loaders.ts';
import { newestBuild } from '../../src/db/warehouse/queries/builds.ts';
import { sharedFixId } from '../../src/domain/fixes.ts';
import { toConversion } from '../../src/schema/conversion.ts';
import * as operations from '../generated/operations.ts';
import { openTestService, type TestService } from '../support/service.ts';
import type { TestDatabase } from '../support/warehouses.ts';
import { proofOf, readAll } from './asking.ts';
import { explainedAsOf, explainedWorld } from './world.ts';

let service: TestService & { readonly database: TestDatabase };
beforeAll(async () => {
  service = await openTestService(explainedWorld, explainedAsOf);
});
afterAll(() => service?.close());

test('a state that the build does not have has no explanation', async () => {
  const { target } = service.database;
  const limits = { maxConnections: 2, waitMilliseconds: 10_000, statementMilliseconds: 60_000 };
  const warehouse = openWarehouse({ target, ...limits, onConnectionLost: () => {} });
  onTestFinished(() => warehouse.close());
  const read = () => newestBuild(warehouse);
  const builds = watchBuilds({ read, maxAgeMilliseconds: 0, clock: () => performance.now() });
  const loaders = createLoaders(warehouse, builds, new AbortController().signal);
  const row = await loaders.conversion.load('attributed');
  if (!row) throw new Error('there is no such conversion');
  const state = toConversion(row);
  expect(await explanationOf(loaders, state.id, state)).toMatchObject({ iterationId: '11' });
  expect(await explanationOf(loaders, state.id, toConversion({ ...row, iteration_id: '12' }))).toBeNull();
});

test('a build of an earlier release has no explanations', async () => {
  const setVersion = (version: string) =>
    service.database.query(`update attribution.attribution_builds set rule_version = ${version}`);
  await setVersion('null');
  onTestFinished(async () => void (await setVersion('1')));
  expect((await readAll(service)).filter(({ explanation }) => explanation)).toEqual([]);
});

test('what waits for a campaign, an offer or a strategy is found in the work list', async () => {
  const { rows } = await service.database.query<Record<'status' | 'campaign' | 'offer' | 'strategy', string>>(
    `select attribution_status as status, cast(campaign_id as text) as campaign, cast(campaign_offer_id as text) as offer,
       cast(strategy_id as text) as strategy
     from attribution.goal_complete_events_attributed`,
  );
  const waiting = rows.map(({ status, campaign, offer, strategy }) =>
    sharedFixId(status, { CAMPAIGN: campaign, OFFER: offer, STRATEGY: strategy }),
  );
  const counts = new Map([...Map.groupBy(waiting, (id) => id)].map(([id, same]) => [id, same.length]));
  counts.delete(null);
  const { rows: fixes } = await service.database.query<{ fix_id: string; conversions: string | number }>(
    `select fix_id, conversions from attribution.unattributed_fixes
     where subject_id is not null and fix <> 'SEND_CLICK_ID'`,
  );
  expect(fixes.length).toBeGreaterThan(4);
  expect(counts).toEqual(new Map(fixes.map(({ fix_id: id, conversions }) => [id, Number(conversions)])));
});

test('the number of statements does not depend on the number of conversions', async () => {
  const statements = [];
  for (const first of [1, 250]) {
    service.takeStatements();
    await service.ask(operations.ExplanationsDocument, { first });
    statements.push(service.takeStatements().map(({ name }) => name));
  }
  expect(statements[1]?.toSorted()).toEqual([
    'builds.latest',
    'campaigns.byId',
    'conversions.page',
    'explain.conversions',
    'explain.copies',
    'explain.strategiesOfOffers',
    'explain.strategiesWithoutOffer',
    'explain.windows',
    'fixes.waiting',
    'strategies.byId',
  ]);
  expect(statements[0]?.length).toBeLessThanOrEqual(statements[1]?.length ?? 0);
});

test('while a build changes what builds share, an explanation lacks only that', async () => {
  const before = await proofOf(service, 'attributed-copies');
  const click = `where event_id = 'attributed-copies'`;
  const changes = [
    `update attribution.conversion_clicks set read_at = read_at + interval '1 hour' ${click}`,
    `update attribution.conversion_clicks set clicked_at = clicked_at - interval '1 hour' ${click}`,
    `delete from attribution.goal_complete_events ${click}`,
  ];
  for (const change of changes) {
    await service.database.query(change);
    const { click: found, event, ...rest } = await proofOf(service, 'attributed-copies');
    expect(found).toEqual({ ...before.click, copies: null, suggestion: null });
    expect(event).toEqual({ ...before.event, conflictingColumns: null });
    expect({ click: before.click, event: before.event, ...rest }).toEqual(before);
  }
});

test.each([
  ['was read by a later run', 'read_at', `read_at + interval '1 hour'`, `read_at - interval '1 hour'`],
  ['was loaded later', 'loaded_at', `loaded_at + interval '1 second'`, `loaded_at - interval '1 second'`],
  ['has another time', 'converted_at', `converted_at + interval '1 second'`, `converted_at - interval '1 second'`],
  ['has another payout', 'payout', 'payout + 1', 'payout - 1'],
  ['has another goal', 'goal_reference_id', `'g2'`, `'g1'`],
])(
  'a copy of an event is not called conflicting if it %s than that of the build',
  async (_what, column, change, back) => {
    const before = await proofOf(service, 'conflict');
    const set = (expression: string) =>
      service.database.query(
        `update attribution.goal_complete_events set ${column} = ${expression} where event_id = 'conflict'`,
      );
    await set(change);
    onTestFinished(async () => void (await set(back)));
    const { event } = await proofOf(service, 'conflict');
    expect([before.event.conflictingColumns, event.conflictingColumns]).toEqual([['payout'], null]);
  },
);
