import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { addRaw, project, run, type Store, stores } from '../support/dbt.ts';

const watched = project.sources.filter(({ freshness }) => freshness !== null);
const nameOf = ({ source, table }: { source: string; table: string }) => `${source}.${table}`;

test('mirrored tables, clicks and events are checked, and fail at the limits at which the service calls them stale', () => {
  expect(watched.map(nameOf).sort()).toEqual([
    'adgem.clicks',
    'adsuite.iterations_refreshes',
    'adsuite.strategies_refreshes',
    'events.events',
  ]);
  const { staleAfterMinutes } = loadConfig({});
  const limits: Readonly<Record<string, number>> = {
    adsuite: staleAfterMinutes.mirror,
    adgem: staleAfterMinutes.clicks,
    events: staleAfterMinutes.events,
  };
  for (const source of watched) expect(source.freshness?.errorAfter, nameOf(source)).toBe(limits[source.source]);
});

describe.each(stores)('freshness on %s', (_name, open) => {
  let store: Store;
  beforeAll(async () => {
    store = await open();
    await addRaw(store, {
      clicks: [
        { click_id: 'c', timestamp: '2026-01-01T00:00:00Z', loaded_at: '2026-01-05T00:00:00Z' },
        { click_id: 'ahead', timestamp: '2026-01-01T00:00:00Z', loaded_at: '2099-01-01T00:00:00Z' },
      ],
      events: [
        {
          event_id: 'a',
          event_type: 'goal_complete ',
          timestamp: '2026-01-01T00:00:00Z',
          loaded_at: '2026-01-06T00:00:00Z',
        },
        {
          event_id: 'ahead',
          event_type: 'goal_complete',
          timestamp: '2026-01-01T00:00:00Z',
          loaded_at: 'infinity',
        },
        { event_id: 'b', event_type: 'install', timestamp: '2026-01-01T00:00:00Z', loaded_at: '2026-01-09T00:00:00Z' },
      ],
    });
    await store.query(`insert into adsuite_mirror.refreshes values
      ('strategies', '2026-01-07T00:00:00Z', '2026-01-09T00:00:00Z'),
      ('iterations', '2026-01-04T00:00:00Z', '2026-01-04T00:00:01Z')`);
    await run(store);
  });
  afterAll(() => store.close());

  test('each source has its own age, computed as dbt computes it, without rows from the future', async () => {
    const found: Record<string, unknown> = {};
    for (const source of watched) {
      const { loadedAtField, filter } = source.freshness ?? {};
      const where = filter === null ? '' : `where ${filter}`;
      const { rows } = await store.query(
        `select to_char(max(${loadedAtField}) at time zone 'UTC', 'MM-DD HH24:MI') as loaded_at
         from ${source.schema}.${source.identifier} ${where}`,
      );
      found[nameOf(source)] = rows[0]?.loaded_at;
    }
    expect(found).toEqual({
      'adgem.clicks': '01-05 00:00',
      'adsuite.iterations_refreshes': '01-04 00:00',
      'adsuite.strategies_refreshes': '01-07 00:00',
      'events.events': '01-06 00:00',
    });
  });

  test('a build records the same times, and the older of the mirrored tables', async () => {
    const { rows } = await store.query(`
      select to_char(mirror_refreshed_at at time zone 'UTC', 'MM-DD') as mirror,
        to_char(events_loaded_through at time zone 'UTC', 'MM-DD') as events,
        to_char(clicks_loaded_through at time zone 'UTC', 'MM-DD') as clicks
      from attribution.attribution_builds`);
    expect(rows).toEqual([{ mirror: '01-04', events: '01-06', clicks: '01-05' }]);
  });
});
