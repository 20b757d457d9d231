import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeCursor } from '../../src/db/cursor.ts';
import * as operations from '../generated/operations.ts';
import { decodedCursor } from '../support/cursors.ts';
import { type Answer, openTestService } from '../support/service.ts';
import { type RawWorld, smallWorld, smallWorldAsOf } from '../support/warehouses.ts';

const found = 30;
const ids = (count = found) => Array.from({ length: count }, (_, at) => `n${String(at).padStart(2, '0')}`);

/** With a check that finds 30 conversions, in the order of their ids. */
const world: RawWorld = {
  ...smallWorld(6),
  events: [
    ...smallWorld(6).events,
    ...ids().map((event_id) => ({
      ...{ event_id, event_type: 'goal_complete', click_id: null, goal_reference_id: null, payout: '-1.0000' },
      ...{ timestamp: '2026-02-01T00:00:00Z', loaded_at: '2026-02-01T00:00:00Z' },
    })),
  ],
};

let service: Awaited<ReturnType<typeof openTestService>>;
beforeAll(async () => {
  service = await openTestService(world, smallWorldAsOf);
});
afterAll(() => service?.close());

type Variables = Partial<operations.DataQualitySubjectsPageQueryVariables>;
const document = operations.DataQualitySubjectsPageDocument;
const check = 'NEGATIVE_PAYOUT';

const page = async (variables: Variables) => (await service.ask(document, { check, ...variables })).dataQualitySubjects;

/** Without `totalCount`, which fails if subjects are missing. */
const list = (args: string, fields = 'nodes { id } pageInfo { hasNextPage endCursor }') =>
  service.send<{ page: operations.DataQualitySubjectsPageQuery['dataQualitySubjects'] }, never>(
    `{ page: dataQualitySubjects(check: ${check}, ${args}) { ${fields} } }`,
  );

const idsOf = ({ nodes }: { nodes: readonly { id: string }[] }) => nodes.map(({ id }) => id);

async function readAll(first: number, build: string | null = null): Promise<string[]> {
  const read: string[] = [];
  for (let after: string | null = null; ; ) {
    const { nodes, pageInfo }: Awaited<ReturnType<typeof page>> = await page({ first, after, build });
    read.push(...nodes.map(({ id }) => id));
    expect(pageInfo.hasPreviousPage).toBe(after !== null);
    if (!pageInfo.hasNextPage) return read;
    expect(nodes).toHaveLength(first);
    after = pageInfo.endCursor ?? null;
  }
}

const expectError = ({ status, errors }: Answer<unknown>, expected: number, code: string, message: string) => {
  expect({ status, errors }).toMatchObject({
    status: expected,
    errors: [{ message: expect.stringContaining(message), extensions: { code } }],
  });
};

const notKept = (build: string) => `Build ${build} has only the first 10 of 30 subjects of NEGATIVE_PAYOUT.`;

let days = 0;
/** Builds again. Returns the build's id. */
async function build(vars: Readonly<Record<string, unknown>> = {}): Promise<string> {
  days += 1;
  await service.database.build(new Date(Date.parse(smallWorldAsOf) + days * 3_600_000).toISOString(), vars);
  return (await list('first: 1', 'build')).data.page.build;
}

test('the pages are complete and in order, while dataQuality shows ten', async () => {
  for (const first of [1, 7, 10, 15, 29, 30, 31, 1000]) expect(await readAll(first), String(first)).toEqual(ids());
  const { build, count, totalCount, nodes, edges, pageInfo } = await page({ first: 5 });
  expect({ build, count, totalCount }).toEqual({ build: 'build-1', count: found, totalCount: found });
  expect(nodes[0]).toEqual({ id: 'n00', detail: 'payout -1.0000' });
  expect(edges.map(({ node }) => node.id)).toEqual(ids(5));
  expect(pageInfo.startCursor).toBe(edges[0]?.cursor);
  expect(idsOf(await page({ first: 3, after: edges[1]?.cursor ?? null }))).toEqual(['n02', 'n03', 'n04']);
  // Page size by default.
  expect(idsOf(await page({}))).toEqual(ids());
  expect(idsOf(await page({ first: null, after: null, build: null }))).toEqual(ids());

  const { data } = await service.send<
    { dataQuality: { check: string; count: number; subjects: { id: string }[] }[] },
    never
  >('{ dataQuality { check count subjects { id } } }');
  expect(data.dataQuality.find((each) => each.check === check)).toEqual({
    check,
    count: found,
    subjects: ids(10).map((id) => ({ id })),
  });
});

test('a check without findings has an empty page', async () => {
  const empty = await page({ check: 'CAMPAIGN_CONFLICT' });
  expect(empty).toMatchObject({ count: 0, totalCount: 0, nodes: [], edges: [] });
  expect(empty.pageInfo).toEqual({ hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null });
});

test('a page takes one statement besides those that the request shares', async () => {
  service.takeStatements();
  await list('first: 7');
  const names = () =>
    service
      .takeStatements()
      .map(({ name }) => name)
      .sort();
  expect(names()).toEqual(['builds.latest', 'quality.ofBuild', 'quality.subjects']);
  await list('first: 7', 'count build');
  expect(names()).toEqual(['builds.latest', 'quality.ofBuild']);
  await list('first: 7', 'totalCount');
  expect(names()).toEqual(['builds.latest', 'quality.ofBuild', 'quality.subjects.count']);
});

test('costs as much as a full page', async () => {
  const pages = (first: number) => {
    const fields = 'nodes { id detail } edges { node { id detail } }';
    const aliases = Array.from(
      { length: 30 },
      (_, at) => `p${at}: dataQualitySubjects(check: ${check}, first: ${first})`,
    );
    return service.send(`{ ${aliases.map((alias) => `${alias} { ${fields} }`).join(' ')} }`);
  };
  expect((await pages(100)).status).toBe(200);
  expectError(await pages(1000), 400, 'COST_LIMIT', 'MAX_COST');
});

test('invalid arguments are rejected', async () => {
  expectError(await list('first: 0'), 400, 'BAD_USER_INPUT', 'first: must be from 1 to 1000');
  expectError(await list('first: 1001'), 400, 'BAD_USER_INPUT', 'first: must be from 1 to 1000');
  expectError(await list('after: "x"'), 400, 'BAD_USER_INPUT', 'after: is not a cursor');
  expectError(await list('build: "\\u0000"'), 400, 'BAD_USER_INPUT', 'build: ');
  expectError(
    await list('build: "none"'),
    409,
    'QUALITY_NOT_RECORDED',
    'has no result of check NEGATIVE_PAYOUT for it',
  );
  expectError(await list('build: ""'), 409, 'QUALITY_NOT_RECORDED', 'data quality of build  is unknown');
  const unknown = '{ dataQualitySubjects(check: OTHER) { nodes { id } } }';
  expectError(await service.send(unknown), 400, 'BAD_USER_INPUT', 'OTHER');
  const forged = (rank: string) => {
    const [scope] = JSON.parse(decodedCursor(cursor)) as [string];
    return list(`after: "${encodeCursor(scope, [rank])}"`);
  };
  const cursor = (await page({ first: 1 })).pageInfo.endCursor ?? '';
  for (const rank of ['x', '1.5', '1e30', 'NaN']) {
    expectError(await forged(rank), 400, 'BAD_USER_INPUT', 'after: is not a cursor');
  }
  expect((await forged('999')).data.page).toMatchObject({ nodes: [], pageInfo: { hasNextPage: false } });
});

test('needs a build', async () => {
  await service.database.query('alter table attribution.attribution_builds rename to hidden');
  try {
    expectError(await list('first: 1'), 503, 'WAREHOUSE_UNAVAILABLE', 'has not been built yet');
  } finally {
    await service.database.query('alter table attribution.hidden rename to attribution_builds');
  }
});

test('fails if the build was made by models without the check', async () => {
  const rows = `attribution.data_quality_findings where check_name = '${check}'`;
  await service.database.query(`create table hidden as select * from ${rows}`);
  await service.database.query(`delete from ${rows}`);
  try {
    expectError(await list('first: 1'), 409, 'QUALITY_NOT_RECORDED', 'has no result of check NEGATIVE_PAYOUT');
  } finally {
    await service.database.query('insert into attribution.data_quality_findings select * from hidden');
    await service.database.query('drop table hidden');
  }
});

describe('several builds', () => {
  test('a cursor is valid for its build and check only', async () => {
    const { build: first, pageInfo } = await page({ first: 12 });
    const after = pageInfo.endCursor ?? '';
    const second = await build();
    const foreign = 'after: belongs to another list';
    expectError(await list(`after: "${after}"`), 400, 'BAD_USER_INPUT', foreign);
    expectError(await list(`after: "${after}", build: "${second}"`), 400, 'BAD_USER_INPUT', foreign);
    const otherCheck = await service.send(document, { check: 'SHARED_OFFER', build: first, after });
    expectError(otherCheck, 400, 'BAD_USER_INPUT', foreign);
    const conversions = await service.send(`{ conversions(after: "${after}") { nodes { id } } }`);
    expectError(conversions, 400, 'BAD_USER_INPUT', foreign);
    // The build of the first page continues it.
    expect(idsOf(await page({ build: first, after }))).toEqual(ids().slice(12));
    // The newest build is the same with and without its id.
    const newest = await page({ first: 12 });
    expect(idsOf(await page({ build: second, after: newest.pageInfo.endCursor ?? null }))).toEqual(ids().slice(12));
  });

  test('the list ends at findings_kept', async () => {
    for (const kept of [11, 20, 29]) {
      const id = await build({ findings_kept: kept });
      for (const first of [3, 10, kept, 1000]) expect(await readAll(first), `${kept} ${first}`).toEqual(ids(kept));
      const { count, totalCount, pageInfo } = await page({ first: 1000 });
      expect({ count, totalCount }).toEqual({ count: found, totalCount: kept });
      // After the end.
      expect(await page({ build: id, after: pageInfo.endCursor ?? null })).toMatchObject({ nodes: [] });
    }
    for (const kept of [30, 31]) {
      await build({ findings_kept: kept });
      expect(await readAll(10)).toEqual(ids());
      expect(await page({ first: 1 })).toMatchObject({ count: found, totalCount: found });
    }
    const ten = await build({ findings_kept: 10 });
    const { data } = await list('first: 10');
    expect(data.page).toMatchObject({ nodes: ids(10).map((id) => ({ id })), pageInfo: { hasNextPage: true } });
    expectError(await list('first: 11'), 409, 'SUBJECTS_NOT_KEPT', notKept(ten));
  });

  test('a page of an older build fails instead of ending early', async () => {
    const old = await build();
    const cursors = (await page({ build: old })).edges.map(({ cursor }) => cursor);
    for (let more = 0; more < 2; more += 1) await build();
    expect(await readAll(7, old)).toEqual(ids());
    await build();

    const inOld = (args: string, fields?: string) => list(`build: "${old}", ${args}`, fields);
    for (const first of [1, 9, 10]) {
      const { data } = await inOld(`first: ${first}`);
      expect(idsOf(data.page)).toEqual(ids(first));
      expect(data.page.pageInfo).toEqual({ hasNextPage: true, endCursor: cursors[first - 1] });
    }
    expect((await inOld(`first: 5, after: "${cursors[4]}"`)).data.page.pageInfo.hasNextPage).toBe(true);
    for (const args of [
      'first: 11',
      'first: 1000',
      `first: 6, after: "${cursors[4]}"`,
      ...[9, 10, 14, 28].map((at) => `first: 1, after: "${cursors[at]}"`),
    ]) {
      expectError(await inOld(args), 409, 'SUBJECTS_NOT_KEPT', notKept(old));
    }
    expectError(await inOld('first: 1', 'totalCount'), 409, 'SUBJECTS_NOT_KEPT', notKept(old));
    // The number is known, and the last cursor is at the end.
    expect((await inOld('first: 1', 'count build')).data.page).toEqual({ count: found, build: old });
    expect((await inOld(`after: "${cursors[29]}"`)).data.page.nodes).toEqual([]);
    // Ten or fewer are complete.
    expect(await page({ check: 'SHARED_OFFER', build: old })).toMatchObject({ count: 1, totalCount: 1 });
  });
});
