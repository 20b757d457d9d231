import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attributionStatuses } from '../../src/db/warehouse/tables.ts';
import {
  asOfs,
  attribute,
  cleanWorlds,
  clicksDaily,
  clicksQuarterHourly,
  findings,
  messyWorlds,
  metricsDaily,
  rawRows,
  rfc3339,
  together,
  type World,
} from '../support/attribution.ts';
import { addRaw, expectSameRows, reset, rowsOf, run, type Store, sorted, startedAt, stores } from '../support/dbt.ts';
import { proofs } from '../support/proofs.ts';

const goldColumns = [
  'event_id',
  'click_id',
  'goal_reference_id',
  'payout',
  'converted_at',
  'loaded_at',
  'click_timestamp',
  'campaign_id',
  'strategy_id',
  'iteration_id',
  'attribution_status',
  'attribution_method',
  'microseconds_into_iteration',
] as const;
const metricsColumns = [
  'iteration_id',
  'strategy_id',
  'goal_reference_id',
  'conversion_day',
  'conversions',
  'payout',
  'first_converted_at',
  'last_converted_at',
];
const clicksColumns = ['iteration_id', 'strategy_id', 'click_day', 'clicks'];
const quarterHourlyColumns = ['iteration_id', 'strategy_id', 'quarter_at', 'clicks'];
const instantColumns = new Set([
  'converted_at',
  'loaded_at',
  'click_timestamp',
  'first_converted_at',
  'last_converted_at',
  'quarter_at',
]);

/** The oracle's values in the database's format. */
function asText(columns: readonly string[], rows: readonly (readonly (string | number | null)[])[]) {
  return sorted(
    rows.map((row) =>
      row.map((value, at) => {
        if (value === null) return null;
        if (instantColumns.has(columns[at] ?? '')) return rfc3339(Number(value));
        return columns[at] === 'payout' ? Number(value).toFixed(4) : String(value);
      }),
    ),
  );
}

async function build(store: Store, world: World, asOf: number): Promise<void> {
  await reset(store);
  await addRaw(store, rawRows(world));
  await run(store, { asOf: rfc3339(asOf) });
}

const present = Date.parse(startedAt) * 1000;

/** The simple query that attribution must equal if the data is clean. */
const plainQuery = (asOf: number) => `
  with iterations as (
    select *, lead(created_at) over (partition by strategy_id order by created_at, iteration_id) as next_created_at
    from adsuite_mirror.iterations
  )
  select gce.event_id, clicks.click_id, campaigns.id as campaign_id, strategies.id as strategy_id, iterations.iteration_id
  from attribution.goal_complete_events gce
  join adgem.clicks on clicks.click_id = gce.click_id
  join adgem.campaigns on campaigns.id = clicks.campaign_id
  join adsuite_mirror.strategies on campaigns.adaction_id = strategies.tune_offer_id
  join iterations on iterations.strategy_id = strategies.id
    and clicks.timestamp >= iterations.created_at
    and clicks.timestamp < coalesce(iterations.next_created_at, '${rfc3339(asOf)}'::timestamptz)`;

/** Many worlds per dbt run; a failure shrinks to the world that fails. */
const bundles = (worlds: fc.Arbitrary<World>) => fc.array(worlds, { minLength: 40, maxLength: 60, size: 'max' });

describe.each(stores)('attribution on %s', (_name, open) => {
  let store: Store;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.close());

  test('equals the brute-force oracle in every column', async () => {
    const statuses = new Map<string, number>();
    const reports = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(bundles(messyWorlds), asOfs, async (worlds, asOf) => {
        const world = together(worlds);
        await build(store, world, asOf);
        const expected = attribute(world, asOf, present);
        const expectedRows = expected.map((row) => goldColumns.map((column) => row[column]));
        expectSameRows(
          await rowsOf(store, 'attribution.goal_complete_events_attributed', goldColumns),
          asText(goldColumns, expectedRows),
          'goal_complete_events_attributed',
        );
        expectSameRows(
          await rowsOf(store, 'attribution.iteration_metrics_daily', metricsColumns),
          asText(metricsColumns, metricsDaily(expected)),
          'iteration_metrics_daily',
        );
        expectSameRows(
          await rowsOf(store, 'attribution.iteration_clicks_daily', clicksColumns),
          asText(clicksColumns, clicksDaily(world, asOf, present)),
          'iteration_clicks_daily',
        );
        expectSameRows(
          await rowsOf(store, 'attribution.iteration_clicks_quarter_hourly', quarterHourlyColumns),
          asText(quarterHourlyColumns, clicksQuarterHourly(world, asOf, present)),
          'iteration_clicks_quarter_hourly',
        );
        const { rows } = await store.query(
          `select check_name, min(found)::int as found, string_agg(subject_id, ',' order by subject_id) as subjects
           from attribution.data_quality_findings group by check_name`,
        );
        const found = new Map(rows.map((row) => [row.check_name, row]));
        for (const [check, subjects] of Object.entries(findings(world, present))) {
          const { found: count, subjects: recorded } = found.get(check) ?? {};
          expect(count, check).toBe(subjects.length);
          expect(recorded === null ? [] : String(recorded).split(',').sort(), check).toEqual(subjects.toSorted());
          reports.set(check, (reports.get(check) ?? 0) + subjects.length);
        }
        for (const { attribution_status: status, attribution_method: method } of expected) {
          const key = method === 'EXPLICIT' ? method : status;
          statuses.set(key, (statuses.get(key) ?? 0) + 1);
        }
      }),
      { numRuns: proofs(12, 12, 20) },
    );
    // A status that never occurs would not be tested.
    for (const status of [...attributionStatuses, 'EXPLICIT']) {
      expect(statuses.get(status) ?? 0, `${status} in ${JSON.stringify([...statuses])}`).toBeGreaterThan(3);
    }
    for (const [check, subjects] of reports) expect(subjects, check).toBeGreaterThan(3);
  });

  test('equals the simple query if the data is clean', async () => {
    let attributed = 0;
    await fc.assert(
      fc.asyncProperty(bundles(cleanWorlds), asOfs, async (worlds, asOf) => {
        await build(store, together(worlds), asOf);
        const columns = ['event_id', 'click_id', 'campaign_id', 'strategy_id', 'iteration_id'];
        await store.query(`create temporary table plain as ${plainQuery(asOf)}`);
        await store.query(`create temporary table attributed as select * from attribution.goal_complete_events_attributed
                           where attribution_status = 'ATTRIBUTED'`);
        const expected = await rowsOf(store, 'plain', columns);
        const actual = await rowsOf(store, 'attributed', columns);
        await store.query('drop table plain, attributed');
        expectSameRows(actual, expected, 'attributed rows');
        attributed += actual.length;
      }),
      { numRuns: 15 },
    );
    expect(attributed, String(attributed)).toBeGreaterThan(5);
  });
});
