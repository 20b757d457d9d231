import { afterAll, beforeAll, expect, test } from 'vitest';
import { wilsonInterval } from '../../src/domain/rates.ts';
import { type Answer, serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

// Rates, orders and conditions of groups, against sums and sorts in memory.

interface Conversion {
  readonly STRATEGY: string | null;
  readonly ITERATION: string | null;
  readonly GOAL: string | null;
  readonly DAY: string;
  readonly click: string | null;
  readonly payout: number;
  readonly at: string;
}

type Dimension = 'STRATEGY' | 'ITERATION' | 'GOAL' | 'DAY';

interface Measures {
  readonly key: readonly (string | null)[];
  readonly CONVERSIONS: number;
  readonly PAYOUT: number;
  readonly FIRST_CONVERSION_AT: string;
  readonly LAST_CONVERSION_AT: string;
  readonly CLICKS: number | null;
  readonly CONVERTED_CLICKS: number;
  readonly CONVERSIONS_PER_CLICK: number | null;
  readonly CLICK_CONVERSION_RATE: number | null;
}

let database: TestDatabase;
let service: TestService;
let withSnapshot: TestService;
let conversions: Conversion[];
let clicks: { STRATEGY: string; ITERATION: string; DAY: string; clicks: number }[];

beforeAll(async () => {
  database = await openTestDatabase(smallWorld(14), smallWorldAsOf);
  service = await serve(database.target);
  withSnapshot = await serve(database.target, {}, { hasSnapshot: true });
  const gold = await database.query(
    `select strategy_id::text, iteration_id::text, goal_reference_id, click_id, coalesce(payout, 0)::text as payout,
       to_char(converted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
     from attribution.goal_complete_events_attributed where attribution_status = 'ATTRIBUTED'`,
  );
  conversions = gold.rows.map((row) => ({
    STRATEGY: row.strategy_id as string,
    ITERATION: row.iteration_id as string,
    GOAL: row.goal_reference_id as string | null,
    DAY: String(row.at).slice(0, 10),
    click: row.click_id as string,
    payout: Math.round(Number(row.payout) * 10_000),
    at: row.at as string,
  }));
  const daily = await database.query(
    `select strategy_id::text, iteration_id::text, click_day::text as day, clicks::int from attribution.iteration_clicks_daily`,
  );
  clicks = daily.rows.map((row) => ({
    STRATEGY: String(row.strategy_id),
    ITERATION: String(row.iteration_id),
    DAY: String(row.day),
    clicks: Number(row.clicks),
  }));
});
afterAll(async () => {
  await withSnapshot?.close();
  await service?.close();
  await database?.close();
});

const rounded = (value: number): number => Math.round(value * 1e12) / 1e12;

function measured(dimensions: readonly Dimension[]): Measures[] {
  const groups = Map.groupBy(conversions, (row) => JSON.stringify(dimensions.map((each) => row[each])));
  return [...groups].map(([text, rows]) => {
    const key: (string | null)[] = JSON.parse(text);
    const own = clicks.filter((row) => dimensions.every((each, at) => each !== 'GOAL' && row[each] === key[at]));
    const known = dimensions.includes('GOAL') ? null : own.reduce((sum, row) => sum + row.clicks, 0);
    const converted = new Set(rows.map(({ click }) => click)).size;
    const times = rows.map(({ at }) => at).toSorted();
    return {
      key,
      CONVERSIONS: rows.length,
      PAYOUT: rows.reduce((sum, { payout }) => sum + payout, 0),
      FIRST_CONVERSION_AT: times[0] as string,
      LAST_CONVERSION_AT: times.at(-1) as string,
      CLICKS: known,
      CONVERTED_CLICKS: converted,
      CONVERSIONS_PER_CLICK: known ? rounded(rows.length / known) : null,
      CLICK_CONVERSION_RATE: known ? rounded(converted / known) : null,
    };
  });
}

const compareKeys = (dimensions: readonly Dimension[], one: Measures, other: Measures): number => {
  for (const [at, dimension] of dimensions.entries()) {
    const [mine, theirs] = [one.key[at] ?? null, other.key[at] ?? null];
    if (mine === theirs) continue;
    if (mine === null || theirs === null) return mine === null ? 1 : -1;
    if (dimension === 'STRATEGY' || dimension === 'ITERATION') return Number(mine) - Number(theirs);
    return mine < theirs ? -1 : 1;
  }
  return 0;
};

type Field = Exclude<keyof Measures, 'key'>;

function inOrder(
  dimensions: readonly Dimension[],
  groups: readonly Measures[],
  field: Field,
  direction: 'ASC' | 'DESC',
) {
  const sign = direction === 'ASC' ? 1 : -1;
  return groups.toSorted((one, other) => {
    const [mine, theirs] = [one[field], other[field]];
    if (mine === theirs) return compareKeys(dimensions, one, other);
    if (mine === null || theirs === null) return mine === null ? 1 : -1;
    return mine < theirs ? -sign : sign;
  });
}

const query = `query ($groupBy: [MetricDimension!]!, $order: MetricOrder, $having: MetricHaving, $after: String, $range: InstantRange, $first: Int) {
  metrics(groupBy: $groupBy, orderBy: $order, having: $having, after: $after, first: $first, filter: { status: [ATTRIBUTED], convertedBetween: $range }) {
    totalCount pageInfo { hasNextPage endCursor } totals { conversions }
    nodes { strategyId iterationId goalReferenceId day
      metrics { conversions clicks convertedClicks conversionsPerClick conversionRate clickConversionRate clickConversionInterval { lower upper } } } } }`;

interface Metrics {
  readonly conversions: number;
  readonly clicks: number | null;
  readonly convertedClicks: number;
  readonly conversionsPerClick: number | null;
  readonly conversionRate: number | null;
  readonly clickConversionRate: number | null;
  readonly clickConversionInterval: { lower: number; upper: number } | null;
}

interface Node {
  readonly strategyId: string | null;
  readonly iterationId: string | null;
  readonly goalReferenceId: string | null;
  readonly day: string | null;
  readonly metrics: Metrics;
}

type Page = Answer<{
  metrics: {
    totalCount: number;
    pageInfo: { hasNextPage: boolean; endCursor: string };
    totals: { conversions: number };
    nodes: Node[];
  };
}>;

async function allPages(by: TestService, variables: Readonly<Record<string, unknown>>) {
  const nodes: Node[] = [];
  let after: string | null = null;
  for (;;) {
    const answer: Page = await by.send(query, { ...variables, after });
    expect(answer.errors).toBeUndefined();
    const { metrics } = answer.data;
    nodes.push(...metrics.nodes);
    if (!metrics.pageInfo.hasNextPage) {
      expect(metrics.totalCount).toBe(nodes.length);
      expect(metrics.totals.conversions).toBe(conversions.length);
      return nodes;
    }
    after = metrics.pageInfo.endCursor;
  }
}

const lists: Dimension[][] = [['STRATEGY'], ['ITERATION'], ['STRATEGY', 'DAY'], ['GOAL', 'STRATEGY']];
const fields: Field[] = [
  'CONVERSIONS',
  'PAYOUT',
  'FIRST_CONVERSION_AT',
  'LAST_CONVERSION_AT',
  'CLICKS',
  'CONVERTED_CLICKS',
  'CONVERSIONS_PER_CLICK',
  'CLICK_CONVERSION_RATE',
];

test.each(lists.map((dimensions) => ({ dimensions })))(
  'groups by $dimensions are in the order of each metric, page by page',
  async ({ dimensions }) => {
    const groups = measured(dimensions);
    const keyOf = (node: Node) =>
      dimensions.map(
        (each) =>
          ({ STRATEGY: node.strategyId, ITERATION: node.iterationId, GOAL: node.goalReferenceId, DAY: node.day })[each],
      );
    const countable = groups.every(({ CLICKS }) => CLICKS !== null);
    const ownClicks = !dimensions.includes('DAY');
    for (const [index, field] of fields.entries()) {
      if (field === 'CLICK_CONVERSION_RATE' && !ownClicks) continue;
      if (!countable && /CLICKS?$|RATE/.test(field) && field !== 'CONVERTED_CLICKS') continue;
      const direction = index % 2 ? 'ASC' : 'DESC';
      const having = [
        null,
        { minConversions: 3 },
        { minConvertedClicks: 2 },
        ...(countable ? [{ minClicks: 6, minConversions: 2 }] : []),
      ];
      for (const condition of having) {
        const expected = inOrder(dimensions, groups, field, direction).filter(
          (group) =>
            group.CONVERSIONS >= (condition?.minConversions ?? 0) &&
            group.CONVERTED_CLICKS >= (condition?.minConvertedClicks ?? 0) &&
            (group.CLICKS ?? 0) >= ((condition as { minClicks?: number } | null)?.minClicks ?? 0),
        );
        const variables = { groupBy: dimensions, order: { field, direction }, having: condition, first: 7 };
        const nodes = await allPages(service, variables);
        const context = `${dimensions} by ${field} ${direction} having ${JSON.stringify(condition)}`;
        expect(nodes.map(keyOf), context).toEqual(expected.map(({ key }) => key));
        for (const [at, { metrics }] of nodes.entries()) {
          const own = expected[at] as Measures;
          expect(metrics.clicks).toBe(own.CLICKS);
          expect(metrics.convertedClicks).toBe(own.CONVERTED_CLICKS);
          expect(metrics.conversionRate).toBe(metrics.conversionsPerClick);
          expect(metrics.conversionsPerClick).toBe(own.CLICKS ? own.CONVERSIONS / own.CLICKS : null);
          const hasRate = own.CLICKS && ownClicks;
          expect(metrics.clickConversionRate).toBe(hasRate ? own.CONVERTED_CLICKS / (own.CLICKS ?? 0) : null);
          expect(metrics.clickConversionInterval).toEqual(
            hasRate ? wilsonInterval(own.CONVERTED_CLICKS, own.CLICKS ?? 0) : null,
          );
        }
        if (condition === null) expect(await allPages(withSnapshot, variables)).toEqual(nodes);
      }
    }
  },
);

test('the rates of a goal divide by the clicks of the iteration', async () => {
  const rates = 'convertedClicks conversionsPerClick clickConversionRate clickConversionInterval { lower upper }';
  const answer = await service.send(`{ iterations(first: 100) { nodes { id
    metrics { clicks conversions clickConversionRate byGoal { goalReferenceId conversions ${rates} } } } }
    metrics(groupBy: [ITERATION, GOAL], first: 500) { nodes { iterationId goalReferenceId metrics { clicks byGoal { goalReferenceId conversions ${rates} } } } } }`);
  expect(answer.errors).toBeUndefined();
  interface Goal {
    readonly goalReferenceId: string | null;
    readonly conversions: number;
    readonly convertedClicks: number;
    readonly conversionsPerClick: number | null;
    readonly clickConversionRate: number | null;
    readonly clickConversionInterval: unknown;
  }
  const data = answer.data as {
    iterations: { nodes: { id: string; metrics: { clicks: number; byGoal: Goal[] } }[] };
    metrics: { nodes: { iterationId: string | null; goalReferenceId: string | null; metrics: { byGoal: Goal[] } }[] };
  };
  let compared = 0;
  for (const { id, metrics } of data.iterations.nodes) {
    for (const goal of metrics.byGoal) {
      const own = conversions.filter((row) => row.ITERATION === id && row.GOAL === goal.goalReferenceId);
      const converted = new Set(own.map(({ click }) => click)).size;
      expect(goal).toEqual({
        goalReferenceId: goal.goalReferenceId,
        conversions: own.length,
        convertedClicks: converted,
        conversionsPerClick: metrics.clicks ? own.length / metrics.clicks : null,
        clickConversionRate: metrics.clicks ? converted / metrics.clicks : null,
        clickConversionInterval: wilsonInterval(converted, metrics.clicks),
      });
      // A group of the goal has the same.
      const group = data.metrics.nodes.find(
        (node) => node.iterationId === id && node.goalReferenceId === goal.goalReferenceId,
      );
      expect(group?.metrics.byGoal).toEqual([goal]);
      compared += 1;
    }
  }
  expect(compared).toBeGreaterThan(20);
});

test('in a period of conversions, clicks that convert are no part of its clicks', async () => {
  const rates =
    'clicks convertedClicks conversionsPerClick clickConversionRate clickConversionInterval { lower } byGoal { clickConversionRate }';
  const answer = await service.send(`{ metrics(groupBy: STRATEGY, filter: { status: [ATTRIBUTED],
    convertedBetween: { fromDay: "2026-01-02" } }) { totals { ${rates} } nodes { metrics { ${rates} } } } }`);
  expect(answer.errors).toBeUndefined();
  const { totals, nodes } = (answer.data as { metrics: { totals: Metrics; nodes: { metrics: Metrics }[] } }).metrics;
  expect(nodes.length).toBeGreaterThan(1);
  for (const metrics of [totals, ...nodes.map((node) => node.metrics)]) {
    expect(metrics).toMatchObject({ clickConversionRate: null, clickConversionInterval: null });
    expect(metrics.conversionsPerClick === null).toBe(!metrics.clicks);
  }
});

test('an order or a condition that these groups do not have is refused', async () => {
  const ask = async (text: string) => {
    const { errors } = await service.send(`{ metrics(${text}) { totalCount } }`);
    return errors?.[0];
  };
  const attributed = 'filter: { status: [ATTRIBUTED] }';
  const refusals = [
    [`groupBy: GOAL, ${attributed}, orderBy: { field: CLICKS }`, 'orderBy: needs clicks'],
    [`groupBy: CAMPAIGN, ${attributed}, having: { minClicks: 1 }`, 'having: needs clicks'],
    [
      'groupBy: STRATEGY, orderBy: { field: CLICK_CONVERSION_RATE }',
      'orderBy: CLICK_CONVERSION_RATE needs attributed conversions only',
    ],
    [
      `groupBy: [STRATEGY, DAY], ${attributed}, orderBy: { field: CLICK_CONVERSION_RATE }`,
      'orderBy: CLICK_CONVERSION_RATE needs groups and a filter without a period of conversions',
    ],
    [
      'groupBy: STRATEGY, filter: { status: [ATTRIBUTED], convertedBetween: { from: "2026-01-02T00:00:00Z" } }, orderBy: { field: CLICK_CONVERSION_RATE }',
      'orderBy: CLICK_CONVERSION_RATE needs groups and a filter without a period of conversions',
    ],
    [`groupBy: STRATEGY, ${attributed}, having: { minClicks: -1 }`, 'having.minClicks: must be 0 or more'],
  ];
  for (const [text = '', message] of refusals) {
    const error = await ask(text);
    expect(error?.message).toContain(message);
    expect(error?.extensions.code).toBe('BAD_USER_INPUT');
  }
  expect(await ask('groupBy: ITERATION, orderBy: { field: CLICK_CONVERSION_RATE }')).toBeUndefined();
});
