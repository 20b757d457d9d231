import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import type { AttributionStatusName } from '../../src/db/warehouse/tables.ts';
import * as operations from '../generated/operations.ts';
import {
  type Attribution,
  type Change,
  ChangingWarehouse,
  changes,
  differing,
  type KeptBuild,
} from '../support/changing-warehouse.ts';
import { proofs } from '../support/proofs.ts';
import { serve, type TestService } from '../support/service.ts';

// Random histories: a copy that applies `changes` must equal a full read, and each earlier build must answer as it did when it
// was the newest. The oracle is what the test read of each build at that time.

/** The conversions of a build, by id, as the API shows them. */
type Copy = ReadonlyMap<string, Attribution>;

async function readAll(
  service: TestService,
  variables: Partial<operations.ConversionsAtQueryVariables>,
  first = 13,
): Promise<Copy> {
  const all = new Map<string, Attribution>();
  for (let after: string | null | undefined = null; after !== undefined; ) {
    const { conversions }: operations.ConversionsAtQuery = await service.ask(operations.ConversionsAtDocument, {
      ...variables,
      first,
      after,
    });
    for (const node of conversions.nodes) all.set(node.id, node);
    after = conversions.pageInfo.hasNextPage ? conversions.pageInfo.endCursor : undefined;
    if (after === undefined) expect(conversions.totalCount).toBe(all.size);
  }
  return all;
}

/** A client's copy of the conversions that match a filter. */
class Mirror {
  readonly rows = new Map<string, Attribution>();
  build = '';

  constructor(
    readonly service: TestService,
    readonly filter: { readonly status: AttributionStatusName[] } | null,
  ) {}

  async start(build: string): Promise<void> {
    const all = await readAll(this.service, { atBuild: build, filter: this.filter });
    for (const [id, row] of all) this.rows.set(id, row);
    this.build = build;
  }

  /** @param between runs after each page. @returns the ids that changed. */
  async update(first: number, between: () => Promise<void>): Promise<string[]> {
    const seen: string[] = [];
    let through = '';
    for (let after: string | null | undefined = null; after !== undefined; ) {
      const { changes: page }: operations.ChangesQuery = await this.service.ask(operations.ChangesDocument, {
        sinceBuild: this.build,
        filter: this.filter,
        first,
        after,
      });
      if (through !== '') expect(page.throughBuild).toBe(through);
      through = page.throughBuild;
      for (const { id, before, after: now, causes } of page.nodes) {
        seen.push(id);
        expect(causes).not.toEqual([]);
        expect(before).toEqual(this.#matching(before) ? this.rows.get(id) : before);
        if (now && this.#matching(now)) this.rows.set(id, now);
        else this.rows.delete(id);
      }
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : undefined;
      if (after === undefined) expect(page.totalCount).toBe(seen.length);
      await between();
    }
    this.build = through;
    return seen;
  }

  #matching(row: Attribution | null | undefined): boolean {
    return Boolean(row && (this.filter === null || this.filter.status.includes(row.status)));
  }
}

const filtered = { status: ['ATTRIBUTED', 'STRATEGY_NOT_FOUND'] satisfies AttributionStatusName[] };
const matching = (copy: Copy): Copy =>
  new Map([...copy].filter(([, row]) => (filtered.status as string[]).includes(row.status)));

const inOrder = (copy: Copy) => [...copy.values()].toSorted((one, other) => (one.id < other.id ? -1 : 1));

/** Counts, payouts and times of conversions, by iteration and goal. */
function totalsOf(copy: Copy) {
  const groups = Map.groupBy(copy.values(), (row) => `${row.iterationId} ${row.goalReferenceId}`);
  return new Map([...groups].map(([key, rows]) => [key, { conversions: rows.length, payout: sum(rows) }]));
}

const sum = (rows: readonly Pick<Attribution, 'payout'>[]): string =>
  rows.reduce((total, row) => total + Number(row.payout ?? 0), 0).toFixed(4);

async function checkTotals(service: TestService, atBuild: string, copy: Copy): Promise<void> {
  const { attributionSummary, metrics } = await service.ask(operations.TotalsAtDocument, { atBuild });
  const attributed = [...copy.values()].filter((row) => row.status === 'ATTRIBUTED');
  expect(attributionSummary).toMatchObject({ total: copy.size, attributed: attributed.length });
  for (const { status, conversions } of attributionSummary.reasons) {
    expect(conversions).toBe([...copy.values()].filter((row) => row.status === status).length);
  }
  expect(metrics.totals).toMatchObject({ conversions: copy.size, payout: sum([...copy.values()]), clicks: null });
  const groups = metrics.nodes.map(
    ({ iterationId, goalReferenceId, metrics: { conversions, payout } }) =>
      [`${iterationId} ${goalReferenceId}`, { conversions, payout }] as const,
  );
  expect(new Map(groups)).toEqual(totalsOf(copy));
  for (const { iterationId, goalReferenceId, drillDown } of metrics.nodes) {
    const own = inOrder(copy).filter(
      (row) => row.iterationId === iterationId && row.goalReferenceId === goalReferenceId,
    );
    expect(drillDown.totalCount).toBe(own.length);
    expect(drillDown.nodes).toEqual(own.slice(0, 2));
  }
}

/** The moves between two builds, and what iterations gained and lost, by brute force. */
function diffOf(one: KeptBuild, other: KeptBuild) {
  const moves = new Map<string, number>();
  const iterations = new Map<string, { gained: number; lost: number; corrected: number }>();
  const of = (id: string) => {
    const known = iterations.get(id) ?? { gained: 0, lost: 0, corrected: 0 };
    iterations.set(id, known);
    return known;
  };
  for (const id of differing(one, other)) {
    const [before, after] = [one.gold.get(id), other.gold.get(id)];
    const key = [before?.attribution_status, before?.iteration_id, after?.attribution_status, after?.iteration_id];
    const text = JSON.stringify(key.map((each) => each ?? null));
    moves.set(text, (moves.get(text) ?? 0) + 1);
    const [was, is] = [before?.iteration_id ?? null, after?.iteration_id ?? null];
    if (was !== null && was === is) of(was).corrected += 1;
    if (was !== null && was !== is) of(was).lost += 1;
    if (is !== null && was !== is) of(is).gained += 1;
  }
  return { moves, iterations };
}

async function checkDiff(service: TestService, one: KeptBuild, other: KeptBuild): Promise<void> {
  const { buildDiff } = await service.ask(operations.DiffDocument, { from: one.id, to: other.id });
  const { moves, iterations } = diffOf(one, other);
  expect(buildDiff).toMatchObject({ from: one.id, to: other.id, changed: differing(one, other).length });
  expect([buildDiff.moveCount, buildDiff.iterationCount]).toEqual([moves.size, iterations.size]);
  const found = buildDiff.moves.map((move) => [
    JSON.stringify([move.statusBefore, move.iterationIdBefore, move.statusAfter, move.iterationIdAfter]),
    move.conversions,
  ]);
  expect(new Map(found as [string, number][])).toEqual(moves);
  const rows = buildDiff.iterations.map(
    ({ iterationId, gained, lost, corrected, payoutGained, payoutLost, payoutCorrected }) => {
      const payout = (kept: KeptBuild) =>
        sum([...kept.gold.values()].filter((row) => row.iteration_id === iterationId) as never);
      const change = Number(payoutGained) - Number(payoutLost) + Number(payoutCorrected);
      expect(change).toBeCloseTo(Number(payout(other)) - Number(payout(one)), 4);
      return [iterationId, { gained, lost, corrected }] as const;
    },
  );
  expect(new Map(rows)).toEqual(iterations);
}

/** Each conversion's states are the runs of equal rows of the kept builds. */
async function checkHistories(
  service: TestService,
  builds: readonly KeptBuild[],
  copies: readonly Copy[],
): Promise<void> {
  const { conversions } = await service.ask(operations.HistoriesDocument, { first: 60 });
  for (const { id, history } of conversions.nodes) {
    const expected: { from: string; until: string | null; state: Attribution | undefined }[] = [];
    for (const [at, { id: build, gold }] of builds.entries()) {
      const [row, last] = [gold.get(id), builds[at - 1]?.gold.get(id)];
      if (at > 0 && JSON.stringify(row) === JSON.stringify(last)) continue;
      const open = expected.at(-1);
      if (open && open.until === null) open.until = build;
      if (row) expected.push({ from: build, until: null, state: copies[at]?.get(id) });
    }
    const states = history?.nodes.map((each) => ({
      from: each.fromBuild?.id,
      until: each.untilBuild?.id ?? null,
      state: each.state,
    }));
    expect(states?.toReversed()).toEqual(expected);
    expect(history?.totalCount).toBe(expected.length);
    expect(history?.nodes.map((each) => each.beginCause)).not.toContain('OTHER');
  }
}

/** What happens at one step: the changes before each build, the pages of the copies, and whether builds land between pages. */
interface Step {
  readonly changes: readonly Change[];
  readonly updates: boolean;
  readonly first: number;
  readonly landing: readonly Change[] | null;
}

const steps = fc.record({
  changes: fc.array(changes, { minLength: 1, maxLength: 5, size: 'max' }),
  updates: fc.boolean(),
  first: fc.integer({ min: 1, max: 20 }),
  landing: fc.option(fc.array(changes, { minLength: 1, maxLength: 3 }), { freq: 2 }),
});

const buildsPerHistory = 15;

async function follow(service: TestService, warehouse: ChangingWarehouse, plan: readonly Step[]): Promise<void> {
  const copies: Copy[] = [await readAll(service, {})];
  const build = async (statements: readonly Change[]) => {
    await warehouse.build(statements);
    copies.push(await readAll(service, {}));
  };
  const copyOf = (id: string): Copy => copies[warehouse.builds.findIndex((each) => each.id === id)] ?? new Map();
  const keptAt = (id: string) => warehouse.builds.find((each) => each.id === id) as KeptBuild;
  const all = new Mirror(service, null);
  const some = new Mirror(service, filtered);
  for (const mirror of [all, some]) await mirror.start(warehouse.newest.id);
  for (const step of plan) {
    await build(step.changes);
    if (!step.updates) continue;
    for (const mirror of [all, some]) {
      const since = keptAt(mirror.build);
      let landing = mirror === all ? step.landing : null;
      const changed = await mirror.update(step.first, async () => {
        if (landing) await build(landing);
        landing = null;
      });
      const now = copyOf(mirror.build);
      expect(inOrder(mirror.rows)).toEqual(inOrder(mirror === all ? now : matching(now)));
      // Each once, and only those that differ.
      if (mirror === all) expect(changed.toSorted()).toEqual(differing(since, keptAt(mirror.build)));
    }
  }
  for (const [at, { id }] of warehouse.builds.entries()) {
    const copy = copies[at] as Copy;
    expect(inOrder(await readAll(service, { atBuild: id }, 50))).toEqual(inOrder(copy));
    await checkTotals(service, id, copy);
    const other = warehouse.builds[(at * 7) % (at + 1)] as KeptBuild;
    await checkDiff(service, other, warehouse.builds[at] as KeptBuild);
  }
  await checkHistories(service, warehouse.builds, copies);
}

test('a copy that applies changes equals a full read, and builds answer as they did', async () => {
  // On PostgreSQL, a short history: the statements are the same.
  const length = inject('warehouses') === 'PGlite' ? buildsPerHistory : 5;
  const plans = fc.array(steps, { minLength: length, maxLength: length });
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const warehouse = await ChangingWarehouse.open();
      const service = await serve(warehouse.database.target, {}, { hasSnapshot: true });
      try {
        await follow(service, warehouse, plan);
      } finally {
        await service.close();
        await warehouse.database.close();
      }
    }),
    { numRuns: inject('warehouses') === 'PGlite' ? proofs(2, 1, 14) : 1, endOnFailure: true },
  );
}, 1_800_000);
