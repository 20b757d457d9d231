import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as operations from '../generated/operations.ts';
import { ChangingWarehouse, differing, type KeptBuild } from '../support/changing-warehouse.ts';
import { serve, type TestService } from '../support/service.ts';

// Six builds with one change each. test/api/history-property.test.ts compares random histories with an oracle.

const paid = (payout: string, id: string) => `update events.events set payout = ${payout} where event_id = '${id}'`;

let warehouse: ChangingWarehouse;
let service: TestService;
let builds: readonly KeptBuild[];
beforeAll(async () => {
  warehouse = await ChangingWarehouse.open();
  await warehouse.build([paid('9', 'e11')]);
  await warehouse.build([paid('1.25', 'e11'), paid('5', 'e22')]);
  // All conversions of its click lose their iteration.
  await warehouse.build(['delete from adgem.campaigns where id = 2']);
  await warehouse.build([
    "delete from events.events where event_id = 'e44'",
    `insert into events.events select 'new', event_type, click_id, goal_reference_id, 7, "timestamp", loaded_at
       from events.events where event_id = 'e11'`,
  ]);
  await warehouse.build([]);
  builds = warehouse.builds;
  service = await serve(warehouse.database.target);
});
afterAll(async () => {
  await service.close();
  await warehouse.database.close();
});

const id = (number: number): string => builds[number - 1]?.id ?? '';
const build = (number: number): KeptBuild => builds[number - 1] as KeptBuild;

type Variables = Partial<operations.ChangesQueryVariables>;
const changes = async (since: number, variables: Variables = {}) =>
  (await service.ask(operations.ChangesDocument, { sinceBuild: id(since), first: 1000, ...variables })).changes;
const idsOf = ({ nodes }: { readonly nodes: readonly { readonly id: string }[] }) => nodes.map((node) => node.id);
/** The ids of a page of changes, and how many statements read it. */
async function readPage(since: number, variables: Variables) {
  service.takeStatements();
  const ids = idsOf(await changes(since, variables));
  return { ids, statements: service.takeStatements().filter(({ name }) => name === 'history.changes').length };
}

describe('changes', () => {
  test('lists each conversion that differs, with its states and causes', async () => {
    const { throughBuild, nodes, totalCount } = await changes(4);
    expect(throughBuild).toBe(id(6));
    expect(totalCount).toBe(2);
    expect(nodes).toMatchObject([
      { id: 'e44', before: { id: 'e44', payout: '4.2500' }, after: null, causes: ['GONE'] },
      { id: 'new', before: null, after: { id: 'new', payout: '7.0000' }, causes: ['NEW'] },
    ]);
    expect((await changes(2)).nodes.find((node) => node.id === 'e22')).toMatchObject({
      before: { payout: '2.2500', status: 'ATTRIBUTED' },
      after: { payout: '5.0000' },
      causes: ['EVENT_CORRECTED'],
    });
    const lost = (await changes(3, { throughBuild: id(4) })).nodes;
    expect(lost.length).toBeGreaterThan(3);
    for (const { before, after, causes } of lost) {
      expect([before?.status, after?.status, causes]).toEqual(['ATTRIBUTED', 'CAMPAIGN_NOT_FOUND', ['CAMPAIGN_LOST']]);
    }
  });

  test('leaves out what changed and changed back', async () => {
    expect(idsOf(await changes(1, { throughBuild: id(2) }))).toEqual(['e11']);
    expect(idsOf(await changes(1, { throughBuild: id(3) }))).toEqual(['e22']);
  });

  test('has nothing since the newest build, and names it', async () => {
    expect(await changes(6)).toMatchObject({ throughBuild: id(6), nodes: [], totalCount: 0 });
    expect(await changes(5)).toMatchObject({ throughBuild: id(6), nodes: [] });
  });

  test('the filter matches the state before or after', async () => {
    const since = differing(build(3), build(6));
    expect(idsOf(await changes(3))).toEqual(since);
    const attributed = await changes(3, { filter: { status: ['ATTRIBUTED'] } });
    const isAttributed = (of: KeptBuild, event: string) => of.gold.get(event)?.attribution_status === 'ATTRIBUTED';
    expect(idsOf(attributed)).toEqual(
      since.filter((event) => isAttributed(build(3), event) || isAttributed(build(6), event)),
    );
    expect(idsOf(await changes(3, { filter: { ids: ['new', 'e44'] } }))).toEqual(['e44', 'new']);
    expect(idsOf(await changes(3, { filter: { ids: [] } }))).toEqual([]);
  });

  test('can be restricted to how conversions changed', async () => {
    const all = (await changes(3)).nodes;
    for (const kind of ['NEW', 'GONE', 'DIFFERENT'] as const) {
      const own = all.filter(({ before, after }) =>
        kind === 'NEW' ? !before : kind === 'GONE' ? !after : before && after,
      );
      expect(idsOf(await changes(3, { change: { kinds: [kind] } }))).toEqual(own.map((node) => node.id));
    }
    const lost = all.filter((node) => node.causes.includes('CAMPAIGN_LOST')).map((node) => node.id);
    expect(idsOf(await changes(3, { change: { causes: ['CAMPAIGN_LOST'] } }))).toEqual(lost);
    const moved = { before: { status: ['ATTRIBUTED' as const] }, after: { status: ['CAMPAIGN_NOT_FOUND' as const] } };
    expect(idsOf(await changes(3, { change: moved }))).toEqual(lost);
    expect(idsOf(await changes(3, { change: { before: {} } }))).not.toContain('new');
    expect(idsOf(await changes(3, { change: { kinds: [] } }))).toEqual([]);
  });

  test('a page is read in one statement, whatever the filter', async () => {
    for (const change of [
      null,
      { causes: ['GONE' as const] },
      { kinds: ['NEW' as const] },
      { before: { status: ['ATTRIBUTED' as const] } },
      { after: { ids: ['new'] } },
    ]) {
      const { ids, statements } = await readPage(3, { first: 1, change });
      expect([ids.length, statements], JSON.stringify(change)).toEqual([1, 1]);
    }
  });

  test('a page continues to the build of the first page, or fails with another filter', async () => {
    const first = await changes(3, { first: 2 });
    const after = first.pageInfo.endCursor ?? null;
    const second = await changes(3, { first: 1000, after });
    expect([...idsOf(first), ...idsOf(second)]).toEqual(idsOf(await changes(3)));
    expect(second.throughBuild).toBe(id(6));
    const other = await service.send(operations.ChangesDocument, { sinceBuild: id(2), first: 2, after });
    expect(other.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});

test('buildDiff sums up the changes, and its moves lead to their conversions', async () => {
  const { buildDiff } = await service.ask(operations.DiffDocument, { from: id(3) });
  expect(buildDiff).toMatchObject({ from: id(3), to: id(6), changed: differing(build(3), build(6)).length });
  const counts = new Map(buildDiff.causes.map(({ cause, conversions }) => [cause, conversions]));
  expect(Object.fromEntries(counts)).toEqual({ NEW: 1, GONE: 1, CAMPAIGN_LOST: buildDiff.changed - 2 });
  expect(buildDiff.moveCount).toBe(buildDiff.moves.length);
  for (const move of buildDiff.moves) {
    const side = (status: typeof move.statusBefore, iterationId: string | null | undefined) =>
      status ? { status: [status], ...(iterationId ? { iterationIds: [iterationId] } : {}) } : null;
    const kinds = move.statusBefore
      ? move.statusAfter
        ? ['DIFFERENT' as const]
        : ['GONE' as const]
      : ['NEW' as const];
    const change = {
      kinds,
      before: side(move.statusBefore, move.iterationIdBefore),
      after: side(move.statusAfter, move.iterationIdAfter),
    };
    const { totalCount } = await changes(3, { throughBuild: buildDiff.to, change });
    expect(totalCount).toBe(move.conversions);
  }
  const [largest] = buildDiff.moves;
  expect(largest).toMatchObject({
    statusBefore: 'ATTRIBUTED',
    statusAfter: 'CAMPAIGN_NOT_FOUND',
    iterationIdAfter: null,
  });
});

describe('builds', () => {
  test('are listed newest first, up to the one that is served, page by page', async () => {
    const { builds: page } = await service.ask(operations.BuildsPageDocument, { first: 4 });
    expect(idsOf(page)).toEqual([6, 5, 4, 3].map(id));
    expect(page.totalCount).toBe(6);
    const after = page.pageInfo.endCursor ?? null;
    const { builds: rest } = await service.ask(operations.BuildsPageDocument, { first: 4, after });
    expect([idsOf(rest), rest.pageInfo.hasNextPage]).toEqual([[2, 1].map(id), false]);
    for (const [at, node] of [...page.nodes, ...rest.nodes].entries()) {
      const { gold } = build(6 - at);
      const attributed = [...gold.values()].filter((row) => row.attribution_status === 'ATTRIBUTED').length;
      expect(node).toMatchObject({ number: String(6 - at), conversions: gold.size, attributed, historySince: id(1) });
      expect(node.reasons.reduce((sum, reason) => sum + reason.conversions, 0)).toBe(node.unattributed);
      expect(node.conversions).toBe(node.attributed + node.unattributed);
      expect(node.unattributedShare).toBe(node.unattributed / node.conversions);
      expect(node.findings).toEqual({ errors: expect.any(Number), warnings: expect.any(Number) });
      expect(node.finalThrough).not.toBeNull();
      expect([node.durationSeconds, node.ruleVersion]).toEqual([expect.any(Number), expect.any(Number)]);
    }
  });

  test('can be looked up, and their findings are those of dataQuality', async () => {
    const { data } = await service.send<{ build: object; none: null; dataQuality: { severity: string }[] }, never>(
      `{ build(id: "${id(6)}") { id findings { errors warnings } } none: build(id: "none") { id }
         dataQuality { severity } }`,
    );
    const of = (severity: string) => data.dataQuality.filter((finding) => finding.severity === severity).length;
    expect(data.build).toEqual({ id: id(6), findings: { errors: of('ERROR'), warnings: of('WARNING') } });
    expect(data.none).toBeNull();
  });
});

test('two processes, of which one has not noticed the newest build, continue what the other began', async () => {
  const other = await ChangingWarehouse.open();
  const [current, behind] = [
    await serve(other.database.target),
    await serve(other.database.target, { buildCheckSeconds: 3600 }),
  ];
  try {
    const [since = ''] = other.builds.map((each) => each.id);
    // From now on it serves this build.
    await behind.ask(operations.BuildsPageDocument, { first: 1 });
    const newer = await other.build(['update events.events set payout = 3']);
    const page = (of: TestService, first: number, after: string | null) =>
      of.ask(operations.ChangesDocument, { sinceBuild: since, first, after });
    const { changes: first } = await page(current, 5, null);
    const { changes: rest } = await page(behind, 1000, first.pageInfo.endCursor ?? null);
    expect([first.throughBuild, rest.throughBuild]).toEqual([newer.id, newer.id]);
    expect([...idsOf(first), ...idsOf(rest)]).toEqual([...newer.gold.keys()].toSorted());
    const text = `{ build(id: "${newer.id}") { id number findings { errors } } changes(sinceBuild: "${newer.id}") { throughBuild }
      conversions(atBuild: "${newer.id}", first: 1) { totalCount nodes { payout } } }`;
    const answers = await Promise.all([current, behind].map(async (each) => (await each.send(text)).data));
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ build: { id: newer.id }, changes: { throughBuild: newer.id } });
    // A list has only what the process serves.
    expect(idsOf((await behind.ask(operations.BuildsPageDocument, { first: 9 })).builds)).toEqual([since]);
  } finally {
    await Promise.all([current.close(), behind.close()]);
    await other.database.close();
  }
});

test('clicks around both sides of a boundary are found in the build that is served only', async () => {
  const filter = '{aroundBoundary: 60}';
  for (const [path, field] of [
    ['filter', `conversions(atBuild: "${id(3)}", filter: ${filter}) { nodes { id } }`],
    ['filter', `metrics(groupBy: [GOAL], atBuild: "${id(3)}", filter: ${filter}) { nodes { goalReferenceId } }`],
    ['filter', `attributionSummary(atBuild: "${id(3)}", filter: ${filter}) { total }`],
    ['filter', `attributionSummaries(groupBy: [DAY], atBuild: "${id(3)}", filter: ${filter}) { nodes { day } }`],
    ['filter', `changes(sinceBuild: "${id(3)}", filter: ${filter}) { nodes { id } }`],
    ['change.before', `changes(sinceBuild: "${id(3)}", change: {before: ${filter}}) { nodes { id } }`],
    ['change.after', `changes(sinceBuild: "${id(3)}", change: {after: ${filter}}) { totalCount }`],
  ]) {
    const { status, errors } = await service.send(`{ ${field} }`);
    expect({ status, message: errors?.[0]?.message }).toEqual({
      status: 400,
      message: `${path}.aroundBoundary: needs the ends of iterations, which have no history; use boundaryWithin`,
    });
  }
});

describe('atBuild', () => {
  test('says how final the totals were at that build', async () => {
    const finalAt = async (number: number) => {
      const { data } = await service.send<
        { build: { finalThrough: string | null }; metrics: { totals: { finalThrough: string | null } } },
        never
      >(
        `{ build(id: "${id(number)}") { finalThrough } metrics(groupBy: [STATUS], atBuild: "${id(number)}") { totals { finalThrough } } }`,
      );
      expect(data?.metrics.totals.finalThrough).toBe(data?.build.finalThrough);
      return data?.build.finalThrough;
    };
    const loadedEarlier = (interval: string) =>
      warehouse.database.query(
        `update attribution.attribution_builds set events_loaded_through = events_loaded_through - interval '${interval}'
         where build_number = 2`,
      );
    await loadedEarlier('1 hour');
    expect(await finalAt(2)).not.toBe(await finalAt(6));
    await loadedEarlier('-1 hour');
  });

  const at = (variables: Partial<operations.ConversionsAtQueryVariables>) =>
    service.ask(operations.ConversionsAtDocument, { first: 1000, ...variables });

  test('keeps orders, filters and pages, and a cursor is of one build', async () => {
    for (const field of ['ID', 'CONVERTED_AT', 'CLICKED_AT', 'LOADED_AT', 'PAYOUT'] as const) {
      const orderBy = { field, direction: 'DESC' as const };
      const { conversions: all } = await at({ atBuild: id(3), orderBy });
      const { conversions: first } = await at({ atBuild: id(3), orderBy, first: 20 });
      const { conversions: rest } = await at({ atBuild: id(3), orderBy, after: first.pageInfo.endCursor ?? null });
      expect([...idsOf(first), ...idsOf(rest)]).toEqual(idsOf(all));
      expect(idsOf(all).toSorted()).toEqual([...build(3).gold.keys()].toSorted());
      const after = first.pageInfo.endCursor ?? null;
      for (const atBuild of [id(4), null]) {
        const { errors } = await service.send(operations.ConversionsAtDocument, { first: 9, atBuild, orderBy, after });
        expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
      }
    }
    const { conversions: lost } = await at({ atBuild: id(4), filter: { status: ['CAMPAIGN_NOT_FOUND'] } });
    expect(lost.totalCount).toBeGreaterThan(3);
    expect((await at({ atBuild: id(3), filter: { status: ['CAMPAIGN_NOT_FOUND'] } })).conversions.totalCount).toBe(0);
  });

  test('has no clicks and rates', async () => {
    const filter = { status: ['ATTRIBUTED' as const] };
    const { metrics } = await service.ask(operations.TotalsAtDocument, { atBuild: id(2), filter });
    expect(metrics.totals).toMatchObject({ clicks: null, conversionRate: null });
    for (const node of metrics.nodes) expect(node.metrics.clicks).toBeNull();
    const { metrics: now } = await service.ask(operations.TotalsAtDocument, { filter });
    expect(now.totals.clicks).not.toBeNull();
  });
});

test('a conversion has all of its states, newest first, page by page', async () => {
  const query = (args: string) =>
    `{ conversion(id: "e11") { history(${args}) { totalCount pageInfo { hasNextPage endCursor }
       nodes { fromBuild { id } untilBuild { id } beginCause endCause state { payout status } } } } }`;
  type History = { conversion: { history: { nodes: unknown[]; pageInfo: { endCursor: string } } } };
  const state = (from: number, until: number | null, beginCause: string, endCause: string | null, payout: string) => ({
    fromBuild: { id: id(from) },
    untilBuild: until === null ? null : { id: id(until) },
    beginCause,
    endCause,
    state: { payout, status: 'ATTRIBUTED' },
  });
  const states = [
    state(3, null, 'EVENT_CORRECTED', null, '1.2500'),
    state(2, 3, 'EVENT_CORRECTED', 'EVENT_CORRECTED', '9.0000'),
    state(1, 2, 'NEW', 'EVENT_CORRECTED', '1.2500'),
  ];
  const { data: first } = await service.send<History, never>(query('first: 2'));
  expect(first.conversion.history).toMatchObject({ totalCount: 3, nodes: states.slice(0, 2) });
  const after = first.conversion.history.pageInfo.endCursor;
  const { data: rest } = await service.send<History, never>(query(`first: 2, after: "${after}"`));
  expect(rest.conversion.history).toMatchObject({ nodes: states.slice(2), pageInfo: { hasNextPage: false } });
});

test('the number of statements does not depend on the number of rows', async () => {
  const names = async (first: number) => {
    service.takeStatements();
    await service.ask(operations.ChangesDocument, { sinceBuild: id(1), first });
    await service.ask(operations.HistoriesDocument, { first });
    await service.ask(operations.BuildsPageDocument, { first: Math.min(first, 6) });
    return service
      .takeStatements()
      .map((statement) => statement.name)
      .toSorted();
  };
  expect(await names(40)).toEqual(await names(2));
});
