import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attributionStatuses } from '../../src/db/warehouse/tables.ts';
import * as operations from '../generated/operations.ts';
import { openTestService, type TestService } from '../support/service.ts';
import { type Proof, proofOf } from './asking.ts';
import { explainedAsOf, explainedWorld } from './world.ts';

let service: TestService;
beforeAll(async () => {
  service = await openTestService(explainedWorld, explainedAsOf);
});
afterAll(() => service?.close());

/** The verdict, and what each hop led to and suggests. */
const outline = ({ status, method, decidedBy, rule, ...proof }: Proof) => {
  const hops = [proof.event, proof.click, proof.campaign, proof.offer, proof.strategy, proof.iterations];
  return {
    verdict: [status, method, decidedBy],
    rule,
    outcomes: hops.map(({ outcome }) => outcome).join(' '),
    suggestions: hops.flatMap(({ suggestion }) => suggestion ?? []),
  };
};

const outlines: Readonly<Record<string, ReturnType<typeof outline>>> = {
  attributed: {
    verdict: ['ATTRIBUTED', 'DERIVED', 'ITERATIONS'],
    rule: 'Iteration 11 was live when the click happened: 2026-01-02T00:00:00.000000Z <= 2026-01-05T00:00:00.000000Z < 2026-01-05T00:00:00.000001Z.',
    outcomes: 'FOUND FOUND FOUND FOUND FOUND FOUND',
    suggestions: [],
  },
  'attributed-open': {
    verdict: ['ATTRIBUTED', 'DERIVED', 'ITERATIONS'],
    rule: 'Iteration 13 was live when the click happened: 2026-01-09T00:00:00.000000Z <= 2026-01-09T00:00:00.000000Z < 2026-02-01T00:00:00.000000Z, the asOf of the build.',
    outcomes: 'FOUND FOUND FOUND FOUND FOUND FOUND',
    suggestions: [],
  },
  explicit: {
    verdict: ['ATTRIBUTED', 'EXPLICIT', 'CLICK'],
    rule: 'The click names iteration 12, which exists, so its campaign and time do not matter.',
    outcomes: 'FOUND FOUND NOT_USED NOT_USED FOUND FOUND',
    suggestions: [],
  },
  'explicit-orphan': {
    verdict: ['ATTRIBUTED', 'EXPLICIT', 'CLICK'],
    rule: 'The click names iteration 77, which exists, so its campaign and time do not matter.',
    outcomes: 'FOUND FOUND NOT_USED NOT_USED NOT_USED FOUND',
    suggestions: ['Restore strategy 7 in AdSuite, or correct the strategy of the iteration.'],
  },
  'no-click-id': {
    verdict: ['NO_CLICK_ID', null, 'EVENT'],
    rule: 'Event no-click-id has no click id.',
    outcomes: 'NOT_FOUND NOT_REACHED NOT_REACHED NOT_REACHED NOT_REACHED NOT_REACHED',
    suggestions: ['Send the event again with its click id: the copy that is loaded last counts.'],
  },
  'click-not-found': {
    verdict: ['CLICK_NOT_FOUND', null, 'CLICK'],
    rule: 'No click has the id "missing".',
    outcomes: 'FOUND NOT_FOUND NOT_REACHED NOT_REACHED NOT_REACHED NOT_REACHED',
    suggestions: [
      'The click may still arrive; each build looks for it again. The build has clicks loaded through 2026-01-30T00:00:00.000000Z. If it does not, ask for click "missing" where clicks are sent.',
    ],
  },
  'campaign-not-found': {
    verdict: ['CAMPAIGN_NOT_FOUND', null, 'CAMPAIGN'],
    rule: 'AdGem lists no campaign 999.',
    outcomes: 'FOUND FOUND NOT_FOUND NOT_REACHED NOT_REACHED NOT_REACHED',
    suggestions: ['Load campaign 999 from AdGem, or correct the clicks.'],
  },
  'campaign-not-found-2': {
    verdict: ['CAMPAIGN_NOT_FOUND', null, 'CAMPAIGN'],
    rule: 'The click has no campaign id.',
    outcomes: 'FOUND FOUND NOT_FOUND NOT_REACHED NOT_REACHED NOT_REACHED',
    suggestions: ['Have the click sent again with its campaign id.'],
  },
  'campaign-without-offer': {
    verdict: ['CAMPAIGN_WITHOUT_OFFER', null, 'CAMPAIGN'],
    rule: 'Campaign 500 has no offer: its adaction_id is empty.',
    outcomes: 'FOUND FOUND NOT_FOUND NOT_REACHED NOT_REACHED NOT_REACHED',
    suggestions: ['Enter the offer of campaign 500 in AdGem (adaction_id).'],
  },
  'strategy-not-found': {
    verdict: ['STRATEGY_NOT_FOUND', null, 'OFFER'],
    rule: 'No strategy has the tune_offer_id 905180.',
    outcomes: 'FOUND FOUND FOUND NOT_FOUND NOT_REACHED NOT_REACHED',
    suggestions: [
      'Enter offer 905180 in AdSuite at the strategy that it belongs to. Strategy 12 has no tune_offer_id. 3 other conversions worth 41.20 wait for offer 905180.',
    ],
  },
  'shared-offer': {
    verdict: ['SHARED_OFFER', null, 'OFFER'],
    rule: '2 strategies have the tune_offer_id 20: 2 and 3.',
    outcomes: 'FOUND FOUND FOUND AMBIGUOUS NOT_REACHED NOT_REACHED',
    suggestions: ['Leave offer 20 to one of strategies 2 and 3 in AdSuite.'],
  },
  'no-iterations': {
    verdict: ['NO_ITERATIONS', null, 'STRATEGY'],
    rule: 'Strategy 4 has no iterations.',
    outcomes: 'FOUND FOUND FOUND FOUND NOT_FOUND NOT_REACHED',
    suggestions: ['Add an iteration to strategy 4 in AdSuite that was live when the click happened.'],
  },
  'before-first-iteration': {
    verdict: ['BEFORE_FIRST_ITERATION', null, 'ITERATIONS'],
    rule: 'The click happened before the first iteration of strategy 1 (11) began: 2026-01-01T23:59:59.999999Z < 2026-01-02T00:00:00.000000Z.',
    outcomes: 'FOUND FOUND FOUND FOUND FOUND NOT_FOUND',
    suggestions: ['If strategy 1 was live earlier, add the missing iteration in AdSuite.'],
  },
  'click-after-build': {
    verdict: ['CLICK_AFTER_BUILD', null, 'ITERATIONS'],
    rule: 'Iteration 13 had begun, 2026-01-09T00:00:00.000000Z <= 2026-02-01T00:00:00.000000Z, but the click is not before the asOf of the build: 2026-02-01T00:00:00.000000Z >= 2026-02-01T00:00:00.000000Z.',
    outcomes: 'FOUND FOUND FOUND FOUND FOUND NOT_FOUND',
    suggestions: [
      'The click is later than its conversion, so its time is probably wrong. Load a copy of it with the right time; as it is, a build attributes it only when its asOf is later than the click.',
    ],
  },
  'click-and-conversion-after-build': {
    verdict: ['CLICK_AFTER_BUILD', null, 'ITERATIONS'],
    rule: 'Iteration 13 had begun, 2026-01-09T00:00:00.000000Z <= 2026-02-01T00:00:00.000000Z, but the click is not before the asOf of the build: 2026-02-01T00:00:00.000000Z >= 2026-02-01T00:00:00.000000Z.',
    outcomes: 'FOUND FOUND FOUND FOUND FOUND NOT_FOUND',
    suggestions: ['Wait for a build whose asOf is later than the click.'],
  },
  'attributed-copies': {
    verdict: ['ATTRIBUTED', 'DERIVED', 'ITERATIONS'],
    rule: 'Iteration 12 was live when the click happened: 2026-01-05T00:00:00.000001Z <= 2026-01-06T00:00:00.000000Z < 2026-01-09T00:00:00.000000Z.',
    outcomes: 'FOUND FOUND FOUND FOUND FOUND FOUND',
    suggestions: ['The click names iteration 4711, which does not exist. Correct it where clicks are sent.'],
  },
  conflict: {
    verdict: ['ATTRIBUTED', 'DERIVED', 'ITERATIONS'],
    rule: 'Iteration 11 was live when the click happened: 2026-01-02T00:00:00.000000Z <= 2026-01-05T00:00:00.000000Z < 2026-01-05T00:00:00.000001Z.',
    outcomes: 'FOUND FOUND FOUND FOUND FOUND FOUND',
    suggestions: [
      'Copies of the event differ in payout. Send it again with the correct values: the copy that is loaded last counts.',
    ],
  },
};

describe('each status has its explanation', () => {
  test.each(Object.entries(outlines))('%s', async (id, expected) => {
    expect(outline(await proofOf(service, id))).toEqual(expected);
  });

  test('no status is left out', () => {
    const explained = new Set(Object.values(outlines).map(({ verdict: [status] }) => status));
    expect([...attributionStatuses].filter((status) => !explained.has(status))).toEqual([]);
  });
});

test('copies of a click show which one counted', async () => {
  expect((await proofOf(service, 'attributed-copies')).click.copies).toEqual({
    differ: true,
    firstAt: '2026-01-06T00:00:00.000000Z',
    lastAt: '2026-01-06T00:00:02.000000Z',
    campaignFromCopyAt: '2026-01-06T00:00:01.000000Z',
    lowestCampaignId: '100',
    highestCampaignId: '200',
    iterationFromCopyAt: '2026-01-06T00:00:02.000000Z',
    namedIterationId: '4711',
    lowestIterationId: '4711',
    highestIterationId: '4711',
    summary:
      'Copies have times from 2026-01-06T00:00:00.000000Z, which counts, to 2026-01-06T00:00:02.000000Z; campaigns from 100 to 200, ' +
      'of which that of the copy of 2026-01-06T00:00:01.000000Z counts.',
  });
  expect((await proofOf(service, 'attributed')).click.copies).toMatchObject({ differ: false });
  expect((await proofOf(service, 'conflict')).event.conflictingColumns).toEqual(['payout']);
});

test('comparisons have both sides, and distances their sign', async () => {
  const { iterations } = await proofOf(service, 'explicit');
  expect(
    iterations.comparisons.map(({ left, leftValue, operator, right, rightValue, holds }) =>
      [left, leftValue, operator, right, rightValue, holds].join(' '),
    ),
  ).toEqual([
    'click.explicitIterationId 12 = iteration 12 id 12 true',
    'iteration 12 createdAt 2026-01-05T00:00:00.000001Z <= click.timestamp 2026-01-01T00:00:00.000000Z false',
    'click.timestamp 2026-01-01T00:00:00.000000Z < iteration 12 endedAt 2026-01-09T00:00:00.000000Z true',
  ]);
  expect(iterations.candidates.map(({ id, sinceStart, untilEnd }) => [id, sinceStart, untilEnd])).toEqual([
    ['11', '-86400000000', '345600000001'],
    ['12', '-345600000001', '691200000000'],
    ['13', '-691200000000', '2678400000000'],
  ]);
});

test.each([
  ['many-0', 0, 50],
  ['many-60', 11, 110],
  ['many-119', 70, 119],
  ['many-after', 70, 119],
])('%s: of many iterations those around the one that decided are shown', async (id, first, last) => {
  const { iterations } = await proofOf(service, id);
  const ids = iterations.candidates.map((each) => Number(each.id) - 800);
  expect([iterations.candidateCount, ids[0], ids.at(-1), ids.length]).toEqual([120, first, last, last - first + 1]);
  expect(ids.length).toBeLessThanOrEqual(100);
});

test('finality follows from what the build had read', async () => {
  expect(await proofOf(service, 'attributed')).toMatchObject({
    isFinal: true,
    finalThrough: '2026-01-30T00:00:00.000000Z',
  });
  expect(await proofOf(service, 'click-after-build')).toMatchObject({ isFinal: false });
});

test('there is no explanation of a conversion that does not exist', async () => {
  expect(await service.ask(operations.ExplainAttributionDocument, { id: 'none' })).toEqual({
    explainAttribution: null,
  });
});
