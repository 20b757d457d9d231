import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CampaignProblemName, campaignProblems } from '../../src/db/warehouse/tables.ts';
import type { CampaignsPageQuery } from '../generated/operations.ts';
import * as operations from '../generated/operations.ts';
import { openTestService } from '../support/service.ts';
import { smallWorld, smallWorldAsOf } from '../support/warehouses.ts';

const small = smallWorld(40);
/** With a click that names an iteration which began later. */
const early = { click_id: 'early', campaign_id: '1', timestamp: '2026-01-01T00:00:00.000001Z', iteration_id: '100' };
const world = {
  ...small,
  clicks: [...small.clicks, { ...early, loaded_at: null }],
  events: [...small.events, { ...small.events[0], event_id: 'early', click_id: 'early' }],
};
let service: Awaited<ReturnType<typeof openTestService>>;
beforeAll(async () => {
  service = await openTestService(world, smallWorldAsOf);
});
afterAll(() => service.close());

type Campaign = CampaignsPageQuery['campaigns']['nodes'][number];

/** All campaigns that match, over pages of three. */
async function campaigns(filter: operations.CampaignFilter = {}, orderBy: operations.CampaignOrder = { field: 'ID' }) {
  const rows: Campaign[] = [];
  for (let after: string | null = null; ; ) {
    const { campaigns: page }: CampaignsPageQuery = await service.ask(operations.CampaignsPageDocument, {
      ...{ first: 3, after, filter, orderBy },
    });
    expect(page.pageInfo.hasPreviousPage).toBe(after !== null);
    rows.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) {
      expect(page.totalCount).toBe(rows.length);
      return rows;
    }
    after = page.pageInfo.endCursor ?? null;
  }
}

/** What prevents the attribution of a campaign's clicks, by brute force. */
function problemOf(offer: string | null | undefined): CampaignProblemName | null {
  if (offer === null || offer === undefined) return 'CAMPAIGN_WITHOUT_OFFER';
  const [strategy, other] = world.strategies.filter((each) => each.tune_offer_id === offer);
  if (!strategy) return 'STRATEGY_NOT_FOUND';
  if (other) return 'SHARED_OFFER';
  return world.iterations.some((each) => each.strategy_id === strategy.id) ? null : 'NO_ITERATIONS';
}

describe('campaigns', () => {
  test('each has its offer, its strategy and its problem', async () => {
    const rows = await campaigns();
    expect(rows.map(({ id }) => id)).toEqual(world.campaigns.map(({ id }) => id));
    for (const [index, { adaction_id: offer, name }] of world.campaigns.entries()) {
      const problem = problemOf(offer);
      const known = problem === null || problem === 'NO_ITERATIONS';
      const strategy = known ? world.strategies.find((each) => each.tune_offer_id === offer) : undefined;
      expect(rows[index]).toMatchObject({ name, offerId: offer, problem, strategyId: strategy?.id ?? null });
      expect(rows[index]?.strategy).toEqual(strategy ? { id: strategy.id, tuneOfferId: offer } : null);
    }
    expect(new Set(rows.flatMap(({ problem }) => problem ?? []))).toEqual(new Set(campaignProblems));
  });

  test('what waits is what is unattributed, and a problem is the status of all derived conversions', async () => {
    const { conversions } = await service.ask(operations.ConversionClicksDocument, {});
    for (const { id, problem, waiting } of await campaigns()) {
      const own = conversions.nodes.filter((each) => each.campaignId === id);
      expect(waiting.conversions, id).toBe(own.filter(({ status }) => status !== 'ATTRIBUTED').length);
      const derived = own.filter(({ method }) => method !== 'EXPLICIT');
      if (problem !== null) expect(new Set([...derived.map(({ status }) => status), problem]).size, id).toBe(1);
      else for (const { status } of derived) expect(campaignProblems, id).not.toContain(status);
    }
  });

  test('filters', async () => {
    const all = await campaigns();
    const idsOf = (rows: readonly Campaign[]) => rows.map(({ id }) => id);
    const expectRows = async (filter: operations.CampaignFilter, matches: (row: Campaign) => boolean) =>
      expect(idsOf(await campaigns(filter))).toEqual(idsOf(all.filter(matches)));
    await expectRows({ ids: ['3', '7', '404'] }, ({ id }) => id === '3' || id === '7');
    await expectRows({ offerIds: ['5005'] }, ({ offerId }) => offerId === '5005');
    await expectRows({ nameContains: 'campaign 1' }, ({ name }) => name?.startsWith('Campaign 1') === true);
    await expectRows({ hasProblem: true }, ({ problem }) => problem !== null);
    await expectRows({ hasProblem: false }, ({ problem }) => problem === null);
    await expectRows({ problems: ['SHARED_OFFER', 'NO_ITERATIONS'] }, ({ problem }) =>
      ['SHARED_OFFER', 'NO_ITERATIONS'].includes(problem ?? ''),
    );
    await expectRows({ problems: [] }, () => false);
  });

  test.each(['ID', 'NAME', 'OFFER'] as const)('by %s, in both directions', async (field) => {
    const columns = { ID: 'campaign_id', NAME: 'campaign_name', OFFER: 'tune_offer_id' } as const;
    for (const direction of ['ASC', 'DESC'] as const) {
      const { rows } = await service.database.query<{ id: string }>(
        `select campaign_id::text as id from attribution.campaigns
         order by ${columns[field]} ${direction} nulls last, campaign_id ${direction}`,
      );
      const read = await campaigns({}, { field, direction });
      expect(read.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    }
  });

  test('one campaign, or none', async () => {
    const query = 'query ($id: ID!) { campaign(id: $id) { id name } }';
    expect((await service.send(query, { id: '7' })).data).toEqual({ campaign: { id: '7', name: 'Campaign 7' } });
    for (const id of ['404', 'seven', '']) expect((await service.send(query, { id })).data).toEqual({ campaign: null });
  });
});

describe('the click of a conversion', () => {
  test('is there if one was found, with its campaign and its distance to the begin of the iteration', async () => {
    const { conversions } = await service.ask(operations.ConversionClicksDocument, {});
    const listed = new Set(world.campaigns.map(({ id }) => id));
    const { rows } = await service.database.query<{ id: string; micros: string | null; loaded: string | null }>(
      `select event_id as id, microseconds_into_iteration::text as micros,
         to_char(click_loaded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as loaded
       from attribution.goal_complete_events_attributed`,
    );
    const stored = new Map(rows.map((row) => [row.id, row]));
    for (const { id, clickId, clickedAt, campaignId, click, campaign, secondsIntoIteration } of conversions.nodes) {
      expect(click, id).toEqual(
        clickedAt === null
          ? null
          : {
              id: clickId,
              timestamp: clickedAt,
              campaignId,
              campaign: campaign && { id: campaign.id },
              loadedAt: stored.get(id)?.loaded ?? null,
            },
      );
      expect(campaign?.id ?? null, id).toBe(campaignId !== null && listed.has(campaignId) ? campaignId : null);
      const exact = stored.get(id)?.micros ?? null;
      expect(secondsIntoIteration, id).toBe(exact === null ? null : (Number(exact) / 1e6).toFixed(6));
    }
    expect(conversions.nodes.find(({ id }) => id === 'early')?.secondsIntoIteration).toMatch(/^-60000\.00000\d$/);
    expect(conversions.nodes.some(({ click }) => click === null)).toBe(true);
    expect(conversions.nodes.some(({ click }) => click !== null && click.campaign === null)).toBe(true);
  });

  test('the number of statements does not depend on the number of conversions', async () => {
    service.takeStatements();
    await service.ask(operations.ConversionClicksDocument, {});
    expect(
      service
        .takeStatements()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(['builds.latest', 'campaigns.byId', 'clicks.loadedAt', 'conversions.page', 'iterations.byId']);
  });
});

test('isAttributed selects attributed conversions, or the others, with and without a status', async () => {
  const idsOf = async (filter: operations.ConversionFilter) =>
    (await service.ask(operations.ConversionClicksDocument, { filter })).conversions.nodes.map(({ id }) => id);
  const all = (await service.ask(operations.ConversionClicksDocument, {})).conversions.nodes;
  const expected = (matches: (status: string) => boolean) =>
    all.filter(({ status }) => matches(status)).map(({ id }) => id);
  expect(await idsOf({ isAttributed: true })).toEqual(expected((status) => status === 'ATTRIBUTED'));
  expect(await idsOf({ isAttributed: false })).toEqual(expected((status) => status !== 'ATTRIBUTED'));
  const status = ['ATTRIBUTED', 'SHARED_OFFER'] as const;
  expect(await idsOf({ isAttributed: false, status: [...status] })).toEqual(
    expected((each) => each === 'SHARED_OFFER'),
  );
  expect(await idsOf({ isAttributed: true, status: ['SHARED_OFFER'] })).toEqual([]);
  expect(await idsOf({ isAttributed: null })).toEqual(expected(() => true));
});

test('metrics with isAttributed equal those of the same conversions, from single rows and from daily sums', async () => {
  for (const [isAttributed, status] of [
    [true, ['ATTRIBUTED']],
    [false, ['ATTRIBUTED']],
    [false, undefined],
  ] as const) {
    const filter = { isAttributed, ...(status ? { status: [...status] } : {}) };
    const { metrics } = await service.ask(operations.GroupedMetricsDocument, { groupBy: ['ITERATION'], filter });
    const condition = `(attribution_status = 'ATTRIBUTED') = ${isAttributed}${status ? " and attribution_status = 'ATTRIBUTED'" : ''}`;
    const { rows } = await service.database.query<{ count: string }>(
      `select count(*)::text as count from attribution.goal_complete_events_attributed where ${condition}`,
    );
    expect(metrics.totals.conversions).toBe(Number(rows[0]?.count));
    expect(metrics.totals.clicks === null).toBe(!isAttributed);
  }
  const { strategies } = (
    await service.send('{ strategies { nodes { metrics(filter: { isAttributed: false }) { conversions clicks } } } }')
  ).data as { strategies: { nodes: { metrics: { conversions: number } }[] } };
  for (const { metrics } of strategies.nodes) expect(metrics.conversions).toBe(0);
});

describe('final metrics', () => {
  test('a day or an hour that ended before finalThrough is final, and one without an end is not', async () => {
    // The latest event was loaded hours before the latest click, so a part of the days is final.
    const { dataStatus, metrics } = await service.ask(operations.FinalMetricsDocument, { groupBy: ['DAY'] });
    const through = String(dataStatus.finalThrough);
    const finals = metrics.nodes.map(({ day, metrics: { isFinal, finalThrough, lastConversionAt } }) => {
      const end = `${new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 19)}.000000Z`;
      expect(isFinal, String(day)).toBe(end <= through);
      expect(finalThrough, String(day)).toBe(end <= through ? end : through);
      if (isFinal) expect(String(lastConversionAt) < through).toBe(true);
      return isFinal;
    });
    expect(new Set(finals)).toEqual(new Set([true, false]));
    expect(metrics.totals).toEqual({ isFinal: false, finalThrough: through });
    const hours = await service.ask(operations.FinalMetricsDocument, { groupBy: ['HOUR'] });
    for (const { hour, metrics: each } of hours.metrics.nodes) {
      const end = Date.parse(String(hour)) + 3_600_000;
      expect(each.isFinal).toBe(`${new Date(end).toISOString().slice(0, 19)}.000000Z` <= through);
    }
  });

  test('a filter by the time of the conversion bounds every group', async () => {
    const { dataStatus } = await service.ask(operations.FinalMetricsDocument, { groupBy: ['DAY'] });
    const to = String(dataStatus.finalThrough);
    const finals = async (filter: operations.ConversionFilter) => {
      const { metrics } = await service.ask(operations.FinalMetricsDocument, { groupBy: ['STRATEGY'], filter });
      return new Set([metrics.totals, ...metrics.nodes.map((each) => each.metrics)].map(({ isFinal }) => isFinal));
    };
    expect(await finals({ convertedBetween: { to } })).toEqual(new Set([true]));
    expect(await finals({ convertedBetween: { to: to.replace(/\d{6}Z$/, '999999Z') } })).toEqual(new Set([false]));
    expect(await finals({ clickedBetween: { to: '2026-01-02T00:00:00Z' } })).toEqual(new Set([false]));
  });
});
