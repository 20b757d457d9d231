import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as operations from '../generated/operations.ts';
import { serve, type TestService } from '../support/service.ts';
import { openTestDatabase, type TestDatabase } from '../support/warehouses.ts';
import { explainedAsOf, explainedWorld } from './world.ts';

let database: TestDatabase;
let service: TestService;
beforeAll(async () => {
  // A real server, because PGlite has neither rights nor locks.
  database = await openTestDatabase(explainedWorld, explainedAsOf, 'PostgreSQL');
  service = await serve(database.target);
  expect(await explanationBy({})).toEqual({
    live: null,
    liveUnavailable:
      "The service's user may not read the source tables. Grant it USAGE on the schemas adgem and events, and SELECT on adgem.clicks, " +
      'adgem.campaigns and events.events.',
  });
  // The optional rights.
  const { login } = database.target;
  const user = login.kind === 'password' ? login.user : '';
  await database.query(`grant usage on schema adgem, events to "${user}"`);
  await database.query(`grant select on adgem.clicks, adgem.campaigns, events.events to "${user}"`);
});
afterAll(async () => {
  await service?.close();
  await database?.close();
});

async function liveOf(id: string) {
  const { conversions } = await service.ask(operations.LiveRowsDocument, { first: 1, ids: [id] });
  const explanation = conversions.nodes[0]?.explanation;
  expect(explanation?.liveUnavailable).toBeNull();
  return explanation?.live;
}

test('without later changes, the sources have what the build has', async () => {
  service.takeStatements();
  const { conversions } = await service.ask(operations.LiveRowsDocument, { first: 100, ids: null });
  expect(
    conversions.nodes.flatMap(({ id, explanation }) => explanation?.live?.moved.map((each) => [id, each])),
  ).toEqual([]);
  const names = service.takeStatements().map(({ name }) => name);
  expect(names.filter((name) => name.startsWith('live.')).toSorted()).toEqual([
    'live.campaigns',
    'live.clicks',
    'live.events',
  ]);
  expect(await liveOf('attributed-copies')).toMatchObject({
    eventCopies: 1,
    clickCopies: 3,
    clickTimestamp: '2026-01-06T00:00:00.000000Z',
    clickLoadedAt: '2026-01-30T00:00:00.000000Z',
    campaignOfferId: '10',
  });
});

test.each([
  [
    'a corrected event',
    'attributed-open',
    `insert into events.events values ('attributed-open', 'goal_complete', 'ended', 'g1', 2, '2026-01-20', '2026-02-02')`,
    'A copy of the event was loaded at 2026-02-02T00:00:00.000000Z, after the one that counts: click id open -> ended, payout 1.5000 -> 2.0000.',
  ],
  [
    'an event that was deleted',
    'conflict',
    `delete from events.events where event_id = 'conflict'`,
    'The event stream has no event conflict within 3 days of its time.',
  ],
  [
    'a click that arrived',
    'click-not-found',
    `insert into adgem.clicks values ('missing', 100, '2026-01-15', null, '2026-02-02')`,
    `Click "missing" of 2026-01-15T00:00:00.000000Z is in AdGem's table now. A build uses it, unless it is older than the dbt var click_window_days allows.`,
  ],
  [
    'an earlier copy of a click',
    'attributed',
    `insert into adgem.clicks values ('ended', 100, '2026-01-03', null, '2026-02-02')`,
    'A copy of click "ended" of 2026-01-03T00:00:00.000000Z has arrived, before 2026-01-05T00:00:00.000000Z. The next build uses it.',
  ],
  [
    'a click that was deleted',
    'shared-offer',
    `delete from adgem.clicks where click_id = 'shared'`,
    'AdGem\'s table no longer has click "shared". Builds keep the clicks of conversions.',
  ],
  [
    'a campaign with another offer',
    'strategy-not-found',
    'update adgem.campaigns set adaction_id = 10 where id = 600',
    'Campaign 600 has the offer 10 now, and had 905180 in the build.',
  ],
  [
    'a campaign that arrived',
    'campaign-not-found',
    `insert into adgem.campaigns values (999, 'new', 10)`,
    'Campaign 999 has arrived. The next build finds it.',
  ],
])('%s is found', async (_what, id, change, moved) => {
  await database.query(change);
  expect((await liveOf(id))?.moved).toEqual([moved]);
});

/** What a service with these time limits says of a conversion. */
async function explanationBy(querySeconds: { readonly 'live.clicks'?: number }) {
  const other = await serve(database.target, {}, { querySeconds });
  try {
    const { conversions } = await other.ask(operations.LiveRowsDocument, { first: 1, ids: ['attributed'] });
    return conversions.nodes[0]?.explanation;
  } finally {
    await other.close();
  }
}

describe('if the sources can not be read, the explanation stays, and says why', () => {
  test('a time-out', async () => {
    await database.query('begin');
    await database.query('lock table adgem.clicks in access exclusive mode');
    const explanation = await explanationBy({ 'live.clicks': 1 });
    await database.query('rollback');
    expect(explanation).toEqual({ live: null, liveUnavailable: 'Reading the source tables timed out.' });
  });

  test('a table that does not exist', async () => {
    await database.query('alter table adgem.campaigns rename to hidden');
    expect(await explanationBy({})).toEqual({ live: null, liveUnavailable: 'A source table does not exist.' });
  });
});
