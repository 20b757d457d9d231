import { afterAll, beforeAll, expect, test } from 'vitest';
import * as operations from '../generated/operations.ts';
import { openTestService } from '../support/service.ts';
import { type RawWorld, smallWorld, smallWorldAsOf } from '../support/warehouses.ts';

const negatives = ['n0', 'n1', 'n2'];

/** With three conversions that have a negative payout. */
const world: RawWorld = {
  ...smallWorld(6),
  events: [
    ...smallWorld(6).events,
    ...negatives.map((event_id) => ({
      ...{ event_id, event_type: 'goal_complete', click_id: null, goal_reference_id: null, payout: '-1.0000' },
      ...{ timestamp: '2026-02-01T00:00:00Z', loaded_at: '2026-02-01T00:00:00Z' },
    })),
  ],
};

const check = 'NEGATIVE_PAYOUT';
const later = (hours: number) => new Date(Date.parse(smallWorldAsOf) + hours * 3_600_000).toISOString();

let service: Awaited<ReturnType<typeof openTestService>>;
/** In build 2, n1 has a valid payout, in build 3 n1 is negative again, and n2 is valid. */
beforeAll(async () => {
  service = await openTestService(world, smallWorldAsOf);
  await pay('n1', 1, 1);
  await service.database.build(later(1));
  await pay('n1', -2, 2);
  await pay('n2', 1, 2);
  await service.database.build(later(2));
});
afterAll(() => service?.close());

/** Loads another copy of an event. */
const pay = (event: string, payout: number, hours: number) =>
  service.database.query(`insert into events.events (event_id, event_type, payout, "timestamp", loaded_at)
    values ('${event}', 'goal_complete', ${payout}, '2026-02-01T00:00:00Z', timestamptz '2026-02-01T00:00:00Z' + interval '${hours} minutes')`);

type Variables = Partial<operations.DataQualityHistoryPageQueryVariables>;
const page = async (variables: Variables) =>
  (await service.ask(operations.DataQualityHistoryPageDocument, { check, ...variables })).dataQualityHistory;

const lines = ({ nodes }: Awaited<ReturnType<typeof page>>) =>
  nodes.map(
    ({ subject, firstSeen, lastSeen, resolved, detail }) =>
      `${subject} ${firstSeen.build} to ${lastSeen.build}, ${resolved?.build ?? 'open'}: ${detail}`,
  );

const all = [
  'n1 build-3 to build-3, open: payout -2.0000',
  'n0 build-1 to build-3, open: payout -1.0000',
  'n1 build-1 to build-1, build-2: payout -1.0000',
  'n2 build-1 to build-2, build-3: payout -1.0000',
];

test('findings over time, the newest first', async () => {
  const history = await page({});
  expect(lines(history)).toEqual(all);
  expect(history.totalCount).toBe(all.length);
  const [first, second] = ['2026-02-20T00:00:00.000000Z', '2026-02-20T01:00:00.000000Z'];
  expect(history.nodes[2]).toMatchObject({
    ...{ check, severity: 'WARNING', subjectKind: 'CONVERSION' },
    ...{ firstSeen: { at: first }, lastSeen: { at: first }, resolved: { at: second } },
  });
  expect(lines(await page({ state: 'OPEN' }))).toEqual(all.slice(0, 2));
  expect(lines(await page({ state: 'RESOLVED' }))).toEqual(all.slice(2));
  expect((await page({ state: 'RESOLVED' })).totalCount).toBe(2);
  const ofAllChecks = (await page({ check: null, first: 1000 })).nodes;
  expect(new Set(ofAllChecks.map((node) => node.check)).size).toBeGreaterThan(1);
});

test('its pages are complete', async () => {
  const read: string[] = [];
  for (let after: string | null = null; ; ) {
    const history: Awaited<ReturnType<typeof page>> = await page({ first: 1, after });
    read.push(...lines(history));
    if (!history.pageInfo.hasNextPage) break;
    after = history.pageInfo.endCursor ?? null;
  }
  expect(read).toEqual(all);
});

test('findings and subjects have the build that first found them', async () => {
  type Seen = { build: string; at: string } | null;
  interface Answer {
    dataQuality: { check: string; firstSeen: Seen; subjects: { id: string; firstSeen: Seen }[] }[];
    old: { nodes: { id: string; firstSeen: Seen }[] };
  }
  const { data } = await service.send<Answer, never>(`{
    dataQuality { check firstSeen { build at } subjects { id firstSeen { build at } } }
    old: dataQualitySubjects(check: ${check}, build: "build-2") { nodes { id firstSeen { build at } } }
  }`);
  const found = data.dataQuality.find((each) => each.check === check);
  expect(found?.firstSeen?.build).toBe('build-1');
  expect(found?.subjects.map(({ id, firstSeen }) => [id, firstSeen?.build])).toEqual([
    ['n1', 'build-3'],
    ['n0', 'build-1'],
  ]);
  // Also of an older build, which still had n2.
  expect(data.old.nodes.map(({ id, firstSeen }) => [id, firstSeen?.build])).toEqual([
    ['n0', 'build-1'],
    ['n2', 'build-1'],
  ]);
});

test('a build under way changes nothing that is served', async () => {
  const table = 'attribution.finding_intervals';
  await service.database.query(`create table hidden as select * from ${table}`);
  // Like build 4, before its record: n0 is gone, n1 has another payout, n3 is new.
  await service.database.query(
    `update ${table} set resolved_build_number = 4, resolved_at = now() where interval_id = '${check}@1@n0'`,
  );
  await service.database.query(
    `update ${table} set earlier_detail = detail, earlier_seen_build_number = 3, earlier_seen_at = last_seen_at,
       detail = 'payout -9.0000', last_seen_build_number = 4, last_seen_at = now() where interval_id = '${check}@3@n1'`,
  );
  await service.database.query(
    `insert into ${table} select '${check}@4@n3', check_name, 'n3', severity, detail, 4, now(), 4, now()
     from ${table} where interval_id = '${check}@3@n1'`,
  );
  try {
    expect(lines(await page({}))).toEqual(all);
    expect(lines(await page({ state: 'OPEN' }))).toEqual(all.slice(0, 2));
    expect(lines(await page({ state: 'RESOLVED' }))).toEqual(all.slice(2));
  } finally {
    await service.database.query(`delete from ${table}`);
    await service.database.query(`insert into ${table} select * from hidden`);
    await service.database.query('drop table hidden');
  }
});

test('of a build whose models did not record it, it is refused, and firstSeen is null', async () => {
  await service.database.query('alter table attribution.finding_intervals rename to hidden');
  await service.database.query('update attribution.attribution_builds set rule_version = null where build_number = 3');
  try {
    const refused = await service.send('{ dataQualityHistory { totalCount } }');
    expect(refused).toMatchObject({
      status: 409,
      errors: [
        {
          message: expect.stringContaining('dbt models that do not record how long findings last'),
          extensions: { code: 'QUALITY_NOT_RECORDED' },
        },
      ],
    });
    const { data, errors } = await service.send<{ dataQuality: { firstSeen: null }[] }, never>(
      '{ dataQuality { firstSeen { build } subjects { firstSeen { at } } } }',
    );
    expect(errors).toBeUndefined();
    for (const finding of data.dataQuality) expect(finding.firstSeen).toBeNull();
  } finally {
    await service.database.query('alter table attribution.hidden rename to finding_intervals');
    await service.database.query('update attribution.attribution_builds set rule_version = 1 where build_number = 3');
  }
});
