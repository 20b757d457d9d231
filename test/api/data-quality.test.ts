import { afterAll, beforeAll, expect, test } from 'vitest';
import { checks, qualityChecks } from '../../src/domain/quality.ts';
import { openTestService, type TestService } from '../support/service.ts';
import { smallWorld, smallWorldAsOf } from '../support/warehouses.ts';

let service: Awaited<ReturnType<typeof openTestService>>;
beforeAll(async () => {
  service = await openTestService(smallWorld(6), smallWorldAsOf);
});
afterAll(() => service?.close());

interface Finding {
  readonly check: keyof typeof checks;
  readonly severity: string;
  readonly count: number;
  readonly subjects: readonly { readonly id: string; readonly detail: string | null }[];
}

const send: TestService['send'] = (document, variables) => service.send(document, variables);
const ask = async (argument: string): Promise<readonly Finding[]> => {
  const document = `{ dataQuality${argument} { check severity count meaning cure subjectKind subjects { id detail } } }`;
  const { status, data, errors } = await send<{ dataQuality: Finding[] }, never>(document, undefined as never);
  expect({ status, errors }).toEqual({ status: 200, errors: undefined });
  return data.dataQuality;
};

/** Edits an iteration whose strategy shares no offer, so that no attribution changes. */
const editCreatedAt = (instant: string) =>
  service.database.query(`update adsuite_mirror.iterations set created_at = '${instant}' where iteration_id = 100`);

test('lists findings, errors first, with meaning and cure', async () => {
  const before = await ask('');
  expect(before.map(({ severity }) => severity)).not.toContain('ERROR');
  expect(before.find(({ check }) => check === 'SHARED_OFFER')).toEqual({
    check: 'SHARED_OFFER',
    severity: 'WARNING',
    count: 1,
    meaning: checks.SHARED_OFFER.meaning,
    cure: checks.SHARED_OFFER.remedy,
    subjectKind: 'OFFER',
    subjects: [{ id: '5005', detail: '2 strategies, 5 to 6' }],
  });
  expect(before.every(({ count, subjects }) => count > 0 && subjects.length === Math.min(count, 10))).toBe(true);

  const { rows } = await service.database.query<{ at: string }>(
    "select cast(created_at as varchar) as at from adsuite_mirror.iterations where iteration_id = '100'",
  );
  await editCreatedAt('2026-01-01T20:00:00Z');
  await service.database.build('2026-02-21T00:00:00Z');
  const after = await ask('');
  expect(after[0]).toMatchObject({ check: 'CREATED_AT_EDITED', severity: 'ERROR', count: 1, subjectKind: 'ITERATION' });
  expect(after[0]?.subjects).toEqual([
    { id: '100', detail: expect.stringMatching(/^2026-01-01T16:40:00\.00000\dZ -> 2026-01-01T20:00:00\.000000Z$/) },
  ]);
  const places = after.map(({ check }) => qualityChecks.indexOf(check));
  expect(places).toEqual(places.toSorted((one, other) => one - other));
  expect(await ask('(severity: ERROR)')).toEqual(after.slice(0, 1));
  expect(await ask('(severity: WARNING)')).toEqual(after.slice(1));
  expect(await ask('(severity: null)')).toEqual(after);

  await editCreatedAt(rows[0]?.at ?? '');
  await service.database.build('2026-02-22T00:00:00Z');
  expect(await ask('(severity: ERROR)')).toEqual([]);
});

test('takes one statement, however often it is selected', async () => {
  service.takeStatements();
  await send(
    '{ a: dataQuality { check } b: dataQuality(severity: ERROR) { check subjects { id } } dataStatus { asOf } }',
    undefined as never,
  );
  expect(
    service
      .takeStatements()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['builds.latest', 'quality.ofBuild']);
});

test('needs a build and a valid severity', async () => {
  const wrong = await send('{ dataQuality(severity: FATAL) { check } }', undefined as never);
  expect(wrong).toMatchObject({ status: 400 });
  await service.database.query('alter table attribution.attribution_builds rename to hidden');
  try {
    expect(await send('{ dataQuality { check } }', undefined as never)).toMatchObject({
      status: 503,
      errors: [{ extensions: { code: 'WAREHOUSE_UNAVAILABLE' } }],
    });
  } finally {
    await service.database.query('alter table attribution.hidden rename to attribution_builds');
  }
});

test.each([
  ['has no results', "'other'", 'check_name', /dbt models without checks/],
  [
    'has results of an unknown check',
    'build_id',
    "'NEWER_CHECK'",
    /NEWER_CHECK, which this version of the service does not know/,
  ],
])('fails if the build %s', async (_, buildId, check, message) => {
  const table = 'attribution.data_quality_findings';
  await service.database.query(`create table hidden as select * from ${table}`);
  await service.database.query(`update ${table} set build_id = ${buildId}, check_name = ${check}`);
  try {
    expect(await send('{ dataQuality { check } }', undefined as never)).toMatchObject({
      status: 409,
      errors: [{ message: expect.stringMatching(message), extensions: { code: 'QUALITY_NOT_RECORDED' } }],
    });
  } finally {
    await service.database.query(`delete from ${table}`);
    await service.database.query(`insert into ${table} select * from hidden`);
    await service.database.query('drop table hidden');
  }
});

test('costs as much as its largest result', async () => {
  const aliases = Array.from({ length: 700 }, (_, at) => `a${at}: dataQuality { subjects { id } }`).join(' ');
  expect(await send(`{ ${aliases} }`, undefined as never)).toMatchObject({
    status: 400,
    errors: [{ extensions: { code: 'COST_LIMIT' } }],
  });
});
