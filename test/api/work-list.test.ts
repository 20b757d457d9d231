import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixes } from '../../src/domain/fixes.ts';
import type { WorkListQuery } from '../generated/operations.ts';
import * as operations from '../generated/operations.ts';
import { openTestService } from '../support/service.ts';
import { smallWorld, smallWorldAsOf } from '../support/warehouses.ts';

// Clicks without a campaign and after the build, for the fixes that the small world does not need.
const small = smallWorld(40);
const click = { iteration_id: null, loaded_at: null };
const world = {
  ...small,
  clicks: [
    ...small.clicks,
    { ...click, click_id: 'no campaign', campaign_id: null, timestamp: '2026-01-02T00:00:00Z' },
    { ...click, click_id: 'future', campaign_id: '1', timestamp: '2026-02-21T00:00:00Z' },
  ],
  events: [
    ...small.events,
    ...['no campaign', 'future'].map((id) => ({ ...small.events[0], event_id: id, click_id: id })),
  ],
};

let service: Awaited<ReturnType<typeof openTestService>>;
beforeAll(async () => {
  service = await openTestService(world, smallWorldAsOf);
});
afterAll(() => service.close());

type Entry = WorkListQuery['unattributedBy']['nodes'][number];

async function workList(variables: operations.WorkListQueryVariables = {}, first = 25): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let after: string | null = null; ; ) {
    const { unattributedBy: page }: WorkListQuery = await service.ask(operations.WorkListDocument, {
      ...variables,
      first,
      after,
    });
    entries.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) {
      expect(page.totalCount).toBe(entries.length);
      return entries;
    }
    after = page.pageInfo.endCursor ?? null;
  }
}

const rowsOf = async <Row>(query: string) => (await service.database.query<Row>(query)).rows;

describe('the work list', () => {
  test('each unattributed conversion waits for one entry', async () => {
    const entries = await workList();
    const conversions = await rowsOf<{ id: string; status: string }>(
      `select event_id as id, attribution_status as status from attribution.goal_complete_events_attributed
       where attribution_status <> 'ATTRIBUTED'`,
    );
    const listed = entries.flatMap(({ drillDown }) => drillDown.nodes);
    expect(new Set(listed.map(({ id }) => id)).size).toBe(listed.length);
    for (const { id, status, conversions: count, drillDown, todo, subjectId } of entries) {
      expect(drillDown.totalCount, id).toBe(count);
      for (const each of drillDown.nodes) expect(each.status, id).toBe(status);
      if (subjectId !== null) expect(todo).toContain(subjectId);
    }
    expect(entries.reduce((sum, each) => sum + each.conversions, 0)).toBe(conversions.length);
    const waiting = new Map(conversions.map(({ id, status }) => [id, status]));
    for (const { id, status } of listed) expect(waiting.get(id)).toBe(status);
    expect(new Set(entries.map(({ fix }) => fix))).toEqual(new Set(Object.keys(fixes)));
  });

  test('an entry names the campaign or the strategy to fix', async () => {
    const listed = new Set(world.campaigns.map(({ id }) => id));
    for (const { id, subjectKind, subjectId, campaign, strategy } of await workList()) {
      const known = subjectKind === 'CAMPAIGN' && subjectId && listed.has(subjectId);
      expect(campaign, id).toEqual(known ? { id: subjectId } : null);
      expect(strategy, id).toEqual(subjectKind === 'STRATEGY' ? { id: subjectId } : null);
    }
  });

  test('pages of any size and all orders give the same entries in the order of the table', async () => {
    const columns = {
      ...{ ID: 'fix_id', CONVERSIONS: 'conversions', PAYOUT: 'payout', OLDEST_CONVERSION: 'first_converted_at' },
      WAITING_SINCE: 'waiting_since_build_number',
    } as const;
    const orders = Object.keys(columns).flatMap((field) =>
      (['ASC', 'DESC'] as const).map((direction) => ({ field: field as keyof typeof columns, direction })),
    );
    const [size = 1] = fc.sample(fc.integer({ min: 2, max: 25 }), 1);
    for (const orderBy of orders) {
      const { field, direction } = orderBy;
      const expected = await rowsOf<{ id: string }>(
        `select fix_id as id from attribution.unattributed_fixes
         order by ${columns[field]} ${direction} nulls last, fix_id ${direction}`,
      );
      expect(
        (await workList({ orderBy }, size)).map(({ id }) => id),
        `${field} ${direction} by ${size}`,
      ).toEqual(expected.map(({ id }) => id));
    }
  });

  test('a list of fixes selects them', async () => {
    const all = await workList({ orderBy: { field: 'ID', direction: 'ASC' } });
    const some = await workList({
      fixes: ['SEPARATE_SHARED_OFFER', 'SEND_CLICK_ID'],
      orderBy: { field: 'ID', direction: 'ASC' },
    });
    expect(some).toEqual(all.filter(({ fix }) => fix === 'SEPARATE_SHARED_OFFER' || fix === 'SEND_CLICK_ID'));
    expect(await workList({ fixes: [] })).toEqual([]);
  });

  test('the number of statements does not depend on the number of entries', async () => {
    const counts: number[] = [];
    for (const first of [15, 5]) {
      service.takeStatements();
      const { unattributedBy } = await service.ask(operations.WorkListDocument, { first });
      expect(unattributedBy.nodes.length).toBe(first);
      counts.push(service.takeStatements().length);
    }
    // The drill-down, and its number of rows, per kind of subject.
    expect(Math.max(...counts)).toBeLessThanOrEqual(6 + 2 * 5);
  });
});

test('a wait goes on until the fix, and a corrected payout does not begin another one', async () => {
  const own = { ...world, clicks: small.clicks, events: small.events };
  const other = await openTestService(own, smallWorldAsOf);
  const { database } = other;
  const since = async (fix: operations.Fix) => {
    const { unattributedBy } = await other.ask(operations.WorkListDocument, { fixes: [fix], first: 25 });
    return Object.fromEntries(unattributedBy.nodes.map((each) => [each.subjectId, each.waitingSinceBuild]));
  };
  const builds = async () =>
    (
      await database.query<{ id: string }>(
        'select build_id as id from attribution.attribution_builds order by build_number',
      )
    ).rows.map(({ id }) => id);
  try {
    const [first] = await builds();
    // Offer 5007 waits for a strategy.
    expect(await since('ASSIGN_STRATEGY_TO_OFFER')).toMatchObject({ '5007': first });
    await database.query('update events.events set payout = payout + 1');
    await database.build('2026-02-20T01:00:00.000000Z');
    expect(await since('ASSIGN_STRATEGY_TO_OFFER')).toMatchObject({ '5007': first });
    await database.query('update adsuite_mirror.strategies set tune_offer_id = 5007 where id = 7');
    await database.build('2026-02-20T02:00:00.000000Z');
    expect(await since('ASSIGN_STRATEGY_TO_OFFER')).not.toHaveProperty('5007');
    await database.query('update adsuite_mirror.strategies set tune_offer_id = null where id = 7');
    await database.build('2026-02-20T03:00:00.000000Z');
    const [, , , last] = await builds();
    expect(await since('ASSIGN_STRATEGY_TO_OFFER')).toMatchObject({ '5007': last });
  } finally {
    await other.close();
  }
});
