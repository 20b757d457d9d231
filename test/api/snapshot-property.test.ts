import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as operations from '../generated/operations.ts';
import { proofs } from '../support/proofs.ts';
import { type Answer, serve, type TestService } from '../support/service.ts';
import {
  openTestDatabase,
  type RawWorld,
  smallWorld,
  smallWorldAsOf,
  type TestDatabase,
} from '../support/warehouses.ts';

// Two services on one warehouse, of which one has the snapshot: their answers must be equal, text for text.

const far = '9007199254740993';
const farther = '-9223372036854775808';

/** Values at the edges of what the models let through, and those that they clamp or leave out. */
const extremeWorld: RawWorld = {
  strategies: [
    { id: far, name: null, tune_offer_id: '1', created_at: 'infinity' },
    { id: '9007199254740992', name: 'B', tune_offer_id: '2', created_at: '1999-12-31T23:59:59.999999Z' },
    { id: farther, name: '', tune_offer_id: farther, created_at: '0044-03-15 00:00:00+00 BC' },
    { id: '-7', name: 'a ', tune_offer_id: null, created_at: '2000-01-01T00:00:00Z' },
    { id: '3', name: 'a', tune_offer_id: '2', created_at: '2099-12-31T23:59:59.999999Z' },
    { id: '4', name: '\u{1F600} z', tune_offer_id: '4', created_at: '2026-01-01T00:00:00.000001Z' },
    { id: '5', name: '\uFFFD', tune_offer_id: '5', created_at: '2026-01-01T00:00:00Z' },
    { id: '6', name: 'É\t', tune_offer_id: null, created_at: '2026-01-01T00:00:00Z' },
  ],
  iterations: [
    { iteration_id: far, strategy_id: far, name: null, created_at: '2000-01-01T00:00:00.000001Z' },
    { iteration_id: '9007199254740992', strategy_id: far, name: 'x', created_at: '2026-01-01T00:00:00.000001Z' },
    { iteration_id: farther, strategy_id: farther, name: 'x', created_at: '2025-12-31T23:59:59.999999Z' },
    { iteration_id: '-1', strategy_id: farther, name: null, created_at: '2099-12-31T23:59:59.999999Z' },
    { iteration_id: '40', strategy_id: '4', name: null, created_at: '2026-01-01T00:00:00Z' },
    { iteration_id: '41', strategy_id: '4', name: null, created_at: '2026-01-01T00:00:00Z' },
    { iteration_id: '42', strategy_id: '4', name: null, created_at: 'infinity' },
    // Its strategy is not listed.
    { iteration_id: '99', strategy_id: '999', name: null, created_at: '2026-01-01T00:00:00Z' },
  ],
  campaigns: [
    { id: '1', name: null, adaction_id: '1' },
    { id: '2', name: 'b', adaction_id: '2' },
    { id: farther, name: 'a ', adaction_id: farther },
    { id: '4', name: 'a', adaction_id: '4' },
    { id: '5', name: 'a', adaction_id: null },
  ],
  clicks: ['1', farther, '4', '2'].flatMap((campaign, at) =>
    Array.from({ length: 6 }, (_, index) => ({
      click_id: `c${at}${index}`,
      campaign_id: campaign,
      timestamp: `2026-01-0${1 + (index % 3)}T00:00:00.00000${index}Z`,
      iteration_id: index === 5 ? '40' : null,
      loaded_at: '2026-01-05T00:00:00Z',
    })),
  ),
  events: Array.from({ length: 60 }, (_, index) => ({
    event_id: `e${index}`,
    event_type: 'goal_complete',
    click_id: `c${index % 4}${index % 6}`,
    goal_reference_id: [null, '', 'g', 'g ', ' g', 'G', '\u{1F600}', '\uFFFD', 'g\t'][index % 9] as string | null,
    payout: [null, '-0.0001', '0', '9999999999.9999', '-9999999999.9999', '1.5'][index % 6] as string | null,
    timestamp: ['2026-01-03T23:59:59.999999Z', '2026-01-04T00:00:00Z', '2099-12-31T23:59:59.999999Z', 'infinity'][
      Math.floor(index / 3) % 4
    ] as string,
    loaded_at: '2026-01-06T00:00:00Z',
  })),
};

const worlds = { 'small world': smallWorld(14), 'extreme values': extremeWorld } as const;

interface Ids {
  readonly strategies: readonly string[];
  readonly iterations: readonly string[];
  readonly offers: readonly string[];
  readonly times: readonly string[];
}

function idsOf(world: RawWorld): Ids {
  const all = (values: readonly (string | null | undefined)[]) => [...new Set(values.flatMap((each) => each ?? []))];
  return {
    strategies: all([...world.strategies.map(({ id }) => id), '12345', '-3']),
    iterations: all([...world.iterations.map(({ iteration_id }) => iteration_id), '54321']),
    offers: all([...world.strategies.map((row) => row.tune_offer_id), '77']),
    times: all([
      ...world.iterations.map((row) => row.created_at),
      ...world.strategies.map((row) => row.created_at),
      '2026-01-02T00:00:00Z',
      '2026-01-03T00:00:00Z',
      '2026-01-04T00:00:00Z',
      '2026-02-01T00:00:00Z',
    ]).filter((time) => /^\d{4}-\d\d-\d\dT/.test(time)),
  };
}

const list = (values: readonly string[]) => fc.array(fc.constantFrom(...values), { maxLength: 4 });
const sometimes = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { freq: 4, nil: undefined });
/** Few keys are present, so that most filters match something. */
const some = (model: Readonly<Record<string, fc.Arbitrary<unknown>>>) =>
  fc.record(
    Object.fromEntries(
      Object.entries(model).map(([key, each]) => [
        key,
        fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: each }),
      ]),
    ),
  );
const range = (times: readonly string[]) =>
  fc
    .tuple(fc.constantFrom(...times), fc.constantFrom(...times), fc.integer({ min: 0, max: 2 }))
    .map(([one, other, ends]) => {
      const [from, to] = [one, other].toSorted();
      return ends === 0 ? { from, to } : ends === 1 ? { from } : { to };
    });

/** An operation with its variables; a list is named `page`. */
interface Question {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

const iteration = '{ id name strategyId sequence createdAt endedAt isCurrent }';
const metrics =
  '{ conversions payout firstConversionAt lastConversionAt clicks conversionRate byGoal { goalReferenceId conversions payout } }';
const pageInfo = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor }';

const strategyFields = `id name tuneOfferId createdAt currentIteration ${iteration}
  metrics(filter: $conversions) ${metrics}
  iterations(first: $own, orderBy: $iterationOrder, activeAt: $at) { totalCount ${pageInfo}
    nodes { id strategy { id } metrics(filter: $conversions) ${metrics} daily(filter: $conversions) { day metrics ${metrics} } } }`;

const nested = '$conversions: ConversionFilter, $own: Int, $iterationOrder: IterationOrder, $at: DateTime';

const queries = {
  strategies: `query ($filter: StrategyFilter, $order: StrategyOrder, $first: Int, $after: String, ${nested}) {
    page: strategies(filter: $filter, orderBy: $order, first: $first, after: $after) { totalCount ${pageInfo} nodes { ${strategyFields} } } }`,
  iterations: `query ($filter: IterationFilter, $order: IterationOrder, $first: Int, $after: String) {
    page: iterations(filter: $filter, orderBy: $order, first: $first, after: $after) { totalCount ${pageInfo}
      nodes { ${iteration.slice(1, -1)} strategy { id name } } } }`,
  campaigns: `query ($filter: CampaignFilter, $order: CampaignOrder, $first: Int, $after: String) {
    page: campaigns(filter: $filter, orderBy: $order, first: $first, after: $after) { totalCount ${pageInfo}
      nodes { id name offerId problem strategy { id } } } }`,
  metrics: `query ($groupBy: [MetricDimension!]!, $filter: ConversionFilter, $order: MetricOrder, $zone: TimeZone, $having: MetricHaving, $first: Int, $after: String) {
    page: metrics(groupBy: $groupBy, filter: $filter, timeZone: $zone, having: $having, orderBy: $order, first: $first, after: $after) { totalCount ${pageInfo}
      totals ${metrics} nodes { strategyId iterationId goalReferenceId day metrics ${metrics} strategy { name } iteration { id } } } }`,
  one: `query ($strategy: ID!, $offer: ID!, $iteration: ID!) {
    strategy(id: $strategy) { id name tuneOfferId createdAt } byOffer: strategy(tuneOfferId: $offer) { id } iteration(id: $iteration) ${iteration} }`,
} as const;

function questions({ strategies, iterations, offers, times }: Ids): fc.Arbitrary<Question> {
  const direction = fc.constantFrom('ASC', 'DESC');
  const order = (...fields: string[]) => sometimes(fc.record({ field: fc.constantFrom(...fields), direction }));
  const first = fc.constantFrom(1, 2, 3, 5, 100);
  const days = times.filter((time) => time.endsWith('T00:00:00Z'));
  const conversions = some({
    iterationIds: list(iterations),
    strategyIds: list(strategies),
    goalReferenceIds: list(['g', 'g ', 'G', ' g', '\u{1F600}', 'g0', 'g1', 'nothing', '']),
    convertedBetween: range([...days, ...times.slice(0, 1)]),
  });
  const attributed = fc.tuple(conversions, fc.constantFrom({ status: ['ATTRIBUTED'] }, { isAttributed: true }, {}));
  const question = (query: keyof typeof queries, variables: fc.Arbitrary<Record<string, unknown>>) =>
    variables.map((each) => ({ query: queries[query], variables: each }));
  return fc.oneof(
    question(
      'strategies',
      fc.record({
        filter: some({
          ids: list(strategies),
          tuneOfferIds: list(offers),
          hasTuneOffer: fc.boolean(),
          createdBetween: range(times),
          nameContains: fc.constantFrom('', 'a', 'Strategy'),
        }),
        order: order('ID', 'NAME', 'CREATED_AT'),
        first,
        conversions: sometimes(conversions),
        own: first,
        iterationOrder: order('ID', 'CREATED_AT'),
        at: sometimes(fc.constantFrom(...times)),
      }),
    ),
    question(
      'iterations',
      fc.record({
        filter: some({
          ids: list(iterations),
          strategyIds: list(strategies),
          activeAt: fc.constantFrom(...times),
          isCurrent: fc.boolean(),
          createdBetween: range(times),
        }),
        order: order('ID', 'CREATED_AT'),
        first,
      }),
    ),
    question(
      'campaigns',
      fc.record({
        filter: some({
          ids: list(['1', '2', '5', farther, '77']),
          offerIds: list(offers),
          hasProblem: fc.boolean(),
          problems: fc.subarray(['CAMPAIGN_WITHOUT_OFFER', 'STRATEGY_NOT_FOUND', 'SHARED_OFFER', 'NO_ITERATIONS']),
        }),
        order: order('ID', 'NAME', 'OFFER'),
        first,
      }),
    ),
    {
      weight: 3,
      arbitrary: question(
        'metrics',
        fc
          .tuple(
            fc.shuffledSubarray(['STRATEGY', 'ITERATION', 'GOAL', 'DAY'], { minLength: 1 }),
            attributed,
            order('CONVERSIONS', 'PAYOUT', 'KEY'),
            first,
            some({
              zone: fc.constantFrom('UTC', 'Africa/Abidjan', 'America/New_York', 'Asia/Kathmandu'),
              having: fc.constantFrom({}, { minConversions: 2 }),
            }),
          )
          .map(([groupBy, [filter, status], by, size, rest]) => ({
            ...rest,
            groupBy,
            filter: { ...filter, ...status },
            order: by,
            first: size,
          })),
      ),
    },
    question(
      'one',
      fc.record({
        strategy: fc.constantFrom(...strategies),
        offer: fc.constantFrom(...offers),
        iteration: fc.constantFrom(...iterations),
      }),
    ),
  );
}

type Paged = Answer<{
  readonly page?: { readonly pageInfo: { readonly endCursor: string | null; hasNextPage: boolean } };
} | null>;

const withoutSource = ({ extensions, ...answer }: Answer<unknown>) => {
  const { snapshot: _, ...data } = (extensions?.data ?? {}) as { readonly snapshot?: boolean };
  return { ...answer, extensions: { data } };
};

describe.each(Object.entries(worlds))('%s', (_name, world) => {
  let database: TestDatabase;
  let plain: TestService;
  let service: TestService;
  beforeAll(async () => {
    database = await openTestDatabase(world, smallWorldAsOf);
    plain = await serve(database.target);
    service = await serve(database.target, {}, { hasSnapshot: true });
  });
  afterAll(async () => {
    await service?.close();
    await plain?.close();
    await database?.close();
  });

  test('the snapshot explains conversions as the warehouse does', async () => {
    plain.takeStatements();
    const first = { first: 100 };
    const expected = await plain.send(operations.ExplanationsDocument, first);
    const answer = await service.send(operations.ExplanationsDocument, first);
    expect(expected.errors).toBeUndefined();
    expect(withoutSource(answer)).toEqual(withoutSource(expected));
    const read = (each: TestService) =>
      each.takeStatements().filter(({ name }) => /^explain\.(strategies|windows)/.test(name)).length;
    expect(read(plain)).toBeGreaterThan(1);
    expect(read(service)).toBe(0);
  });

  test('the snapshot answers as the warehouse does, page by page', async () => {
    // The orders of pages that were continued.
    const orders = new Set<string>();
    const counts = { answers: 0, snapshot: 0, pages: 0 };
    await fc.assert(
      fc.asyncProperty(questions(idsOf(world)), async ({ query, variables }) => {
        let after: string | null = null;
        for (let page = 0; page < 4; page += 1) {
          const sent = { ...variables, after } as never;
          const expected: Paged = await plain.send(query, sent);
          const answer: Paged = await service.send(query, sent);
          expect(withoutSource(answer)).toEqual(withoutSource(expected));
          counts.answers += 1;
          counts.snapshot += (answer.extensions?.data as { snapshot?: boolean } | undefined)?.snapshot ? 1 : 0;
          const info = expected.data?.page?.pageInfo;
          if (!info?.hasNextPage) return;
          after = info.endCursor;
          counts.pages += 1;
          const { field, direction } = (variables.order ?? {}) as {
            readonly field?: string;
            readonly direction?: string;
          };
          orders.add(`${field} ${direction}`);
        }
      }),
      { numRuns: proofs(200, 150, 1500), endOnFailure: true },
    );
    expect(service.snapshot()?.fills).toEqual({ COMPLETE: 1, PARTIAL: 0, REFUSED: 0, FAILED: 0, SUPERSEDED: 0 });
    // Most questions need no statement. Days of other zones do.
    expect(counts.snapshot).toBeGreaterThan(counts.answers * 0.6);
    for (const field of ['ID', 'NAME', 'KEY', 'CONVERSIONS']) {
      expect(
        [...orders].some((order) => order.startsWith(field)),
        field,
      ).toBe(true);
    }
    expect([...orders].filter((order) => order.endsWith('DESC')).length).toBeGreaterThan(3);
    expect(counts.pages).toBeGreaterThan(20);
  });
});
