import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as operations from '../generated/operations.ts';
import { serve, type TestService } from '../support/service.ts';
import { openTestDatabase, type TestDatabase } from '../support/warehouses.ts';
import { changes } from './live-changes.ts';
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
      "The service's user may not read the source tables. Grant it USAGE on the schemas adgem, events and adsuite_mirror, and SELECT on " +
      'adgem.clicks, adgem.campaigns, events.events, adsuite_mirror.strategies and adsuite_mirror.iterations.',
  });
  // The optional rights.
  const { login } = database.target;
  const user = login.kind === 'password' ? login.user : '';
  await database.query(`grant usage on schema adgem, events, adsuite_mirror to "${user}"`);
  await database.query(
    `grant select on adgem.clicks, adgem.campaigns, events.events, adsuite_mirror.strategies, adsuite_mirror.iterations to "${user}"`,
  );
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
    // The click of 20 February is too far from the one of December that may be missing.
    'live.clicks',
    'live.clicks',
    'live.events',
    'live.iterations',
    'live.strategies',
  ]);
  expect(await liveOf('attributed-copies')).toMatchObject({
    eventCopies: 1,
    clickCopies: 3,
    clickTimestamp: '2026-01-06T00:00:00.000000Z',
    clickLoadedAt: '2026-01-30T00:00:00.000000Z',
    campaignOfferId: '10',
  });
});

test.each(changes)('%s', async (_what, id, change, moved, differences) => {
  await database.query(change);
  const live = await liveOf(id);
  expect(live?.moved).toEqual(moved);
  expect(live?.differences.map(({ hop, field, before, now, id: row }) => [hop, row, field, before, now])).toEqual(
    differences,
  );
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

  test('a table of the mirror that does not exist, which may as well be one of a build', async () => {
    await database.query('alter table adsuite_mirror.strategies rename to hidden');
    const explanation = await explanationBy({});
    await database.query('alter table adsuite_mirror.hidden rename to strategies');
    expect(explanation).toEqual({
      live: null,
      liveUnavailable:
        'A build has replaced its tables in the meantime; ask again. If it stays so, adsuite_mirror.strategies or ' +
        'adsuite_mirror.iterations does not exist.',
    });
  });

  test('a table that does not exist', async () => {
    await database.query('alter table adgem.campaigns rename to hidden');
    expect(await explanationBy({})).toEqual({ live: null, liveUnavailable: 'A source table does not exist.' });
  });
});
