import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localLabels, startOfLocalHour } from '../support/local-time.ts';
import { proofs } from '../support/proofs.ts';
import { type Answer, serve, type TestService } from '../support/service.ts';
import { openTestDatabase, type RawWorld, type TestDatabase } from '../support/warehouses.ts';

const zones = [
  'America/New_York',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'America/Havana',
  'Pacific/Chatham',
  'UTC',
  'Africa/Abidjan',
] as const;

/** Changes of the clock in these zones; Havana's are at midnight. */
const changes = [
  '2025-03-09T07:00:00Z',
  '2025-03-09T05:00:00Z',
  '2025-11-02T06:00:00Z',
  '2025-11-02T05:00:00Z',
  '2025-11-02T04:30:00Z',
  '2025-04-05T15:00:00Z',
  '2025-10-04T15:30:00Z',
  '2025-09-27T14:00:00Z',
];

const random = (seed: number) => {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
};

/** Times around the changes, most of them within some hours, a few on a border of a quarter-hour. */
function timesAround(count: number, seed: number): string[] {
  const next = random(seed);
  return Array.from({ length: count }, (_, index) => {
    const change = Date.parse(changes[index % changes.length] as string);
    const hours = index % 3 === 0 ? 40 : 3;
    let time = change + Math.round((next() - 0.5) * 2 * hours * 3_600_000);
    if (index % 5 === 0) time = Math.round(time / 900_000) * 900_000;
    const micros = index % 5 === 0 ? '000' : index % 5 === 1 ? '999' : '001';
    return `${new Date(time).toISOString().slice(0, -1)}${micros}Z`;
  });
}

const clickTimes = timesAround(400, 7);
const eventTimes = timesAround(400, 11);
const [first, second] = ['2025-01-01T00:00:00Z', '2025-11-02T05:07:03Z'];

const world: RawWorld = {
  strategies: [{ id: '1', name: 'S', tune_offer_id: '10', created_at: first }],
  iterations: [first, second].map((created_at, index) => ({
    iteration_id: String(index + 1),
    strategy_id: '1',
    name: null,
    created_at,
  })),
  campaigns: [{ id: '5', name: 'C', adaction_id: '10' }],
  clicks: clickTimes.map((timestamp, index) => ({
    click_id: `c${index}`,
    campaign_id: '5',
    timestamp,
    iteration_id: null,
    loaded_at: '2025-12-01T00:00:00Z',
  })),
  events: eventTimes.map((timestamp, index) => ({
    event_id: `e${index}`,
    event_type: 'goal_complete',
    click_id: `c${(index * 7) % 300}`,
    goal_reference_id: `g${index % 3}`,
    payout: '1.5',
    timestamp,
    loaded_at: '2025-12-01T00:00:00Z',
  })),
};

const iterationAt = (time: string) => (Date.parse(time) < Date.parse(second) ? '1' : '2');

/** What each conversion, and each click, is grouped by. */
const conversions = eventTimes.map((time, index) => ({
  time,
  iteration: iterationAt(clickTimes[(index * 7) % 300] as string),
}));
const clicks = clickTimes.map((time) => ({ time, iteration: iterationAt(time) }));

type Dimension = 'ITERATION' | 'DAY' | 'HOUR';

function counted(
  rows: readonly { readonly time: string; readonly iteration: string }[],
  zone: string,
  dimensions: readonly Dimension[],
): Map<string, number> {
  const labelOf = ({ time, iteration }: { readonly time: string; readonly iteration: string }, each: Dimension) => {
    if (each === 'ITERATION') return iteration;
    return each === 'DAY' ? localLabels(zone, time).day : startOfLocalHour(zone, time);
  };
  const groups = Map.groupBy(rows, (row) => JSON.stringify(dimensions.map((each) => labelOf(row, each))));
  return new Map([...groups].map(([key, each]) => [key, each.length]));
}

const metricsQuery = `query ($groupBy: [MetricDimension!]!, $zone: TimeZone, $after: String, $range: InstantRange) {
  metrics(groupBy: $groupBy, timeZone: $zone, first: 150, after: $after, orderBy: { field: KEY, direction: ASC },
    filter: { status: [ATTRIBUTED], convertedBetween: $range }) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { iterationId day hour metrics { conversions clicks byGoal { conversions } } drillDown(first: 1) { totalCount nodes { convertedAt } } } } }`;

interface Group {
  readonly iterationId: string | null;
  readonly day: string | null;
  readonly hour: string | null;
  readonly metrics: { conversions: number; clicks: number | null; byGoal: { conversions: number }[] };
  readonly drillDown: { totalCount: number; nodes: { convertedAt: string }[] };
}

type Groups = Answer<{
  metrics: {
    totalCount: number;
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
    nodes: Group[];
  };
}>;

describe('days and hours of time zones', () => {
  let database: TestDatabase;
  let service: TestService;
  let withSnapshot: TestService;
  beforeAll(async () => {
    database = await openTestDatabase(world, '2025-12-02T00:00:00.000000Z');
    service = await serve(database.target);
    withSnapshot = await serve(database.target, {}, { hasSnapshot: true });
  });
  afterAll(async () => {
    await withSnapshot?.close();
    await service?.close();
    await database?.close();
  });

  async function groupsOf(variables: Readonly<Record<string, unknown>>) {
    const nodes: Group[] = [];
    let [after, total] = [null as string | null, 0];
    do {
      const answer: Groups = await service.send(metricsQuery, { ...variables, after });
      expect(answer.errors).toBeUndefined();
      const { pageInfo, totalCount, nodes: page } = answer.data.metrics;
      nodes.push(...page);
      total = totalCount;
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    expect(nodes.length).toBe(total);
    return nodes;
  }

  test('equal those of Intl, instant by instant', async () => {
    const dimensionLists: Dimension[][] = [
      ['DAY'],
      ['HOUR'],
      ['ITERATION', 'DAY'],
      ['HOUR', 'ITERATION'],
      ['DAY', 'HOUR'],
    ];
    // Quick: each zone, with dimensions in turn; Lord Howe and Chatham, which have parts of hours, with hours.
    const chosen = zones.flatMap((zone, at) =>
      Array.from({ length: proofs(2, 1, dimensionLists.length) }, (_, index) => ({
        zone,
        dimensions: dimensionLists[(at + index) % dimensionLists.length] as Dimension[],
      })),
    );
    for (const { zone, dimensions } of chosen) {
      const nodes = await groupsOf({ groupBy: dimensions, zone });
      const keyOf = (node: Group) =>
        JSON.stringify(
          dimensions.map((each) => ({ ITERATION: node.iterationId, DAY: node.day, HOUR: node.hour })[each]),
        );
      const found = new Map(nodes.map((node) => [keyOf(node), node]));
      const expected = counted(conversions, zone, dimensions);
      const expectedClicks = counted(clicks, zone, dimensions);
      const context = `${zone} by ${dimensions}`;
      expect(new Map([...found].map(([key, node]) => [key, node.metrics.conversions])), context).toEqual(expected);
      for (const [key, { metrics, drillDown }] of found) {
        expect(metrics.clicks, `clicks of ${context} ${key}`).toBe(expectedClicks.get(key) ?? 0);
        expect(drillDown.totalCount).toBe(metrics.conversions);
        expect(drillDown.nodes).toHaveLength(1);
        expect(metrics.byGoal.reduce((sum, goal) => sum + goal.conversions, 0)).toBe(metrics.conversions);
      }
    }
  });

  test('the days of an iteration are those of the zone, with the snapshot as without', async () => {
    const query = `query ($zone: TimeZone) { iteration(id: 1) { daily(timeZone: $zone) { day metrics { conversions clicks conversionRate } } } }`;
    for (const zone of zones) {
      const answer = await service.send(query, { zone });
      expect((await withSnapshot.send(query, { zone })).data).toEqual(answer.data);
      const { daily } = (answer.data as { iteration: { daily: { day: string; metrics: Record<string, number> }[] } })
        .iteration;
      const own = (rows: typeof clicks) =>
        counted(
          rows.filter(({ iteration }) => iteration === '1'),
          zone,
          ['DAY'],
        );
      const expectedClicks = own(clicks);
      expect(daily.map(({ day, metrics }) => [day, metrics.conversions, metrics.clicks])).toEqual(
        [...own(conversions)]
          .map(([key, count]) => [JSON.parse(key)[0], count, expectedClicks.get(key) ?? 0])
          .toSorted(([one], [other]) => (String(one) < String(other) ? -1 : 1)),
      );
    }
  });

  test('ranges of days are those of Intl, and are returned with their instants', async () => {
    const query = `query ($zone: TimeZone, $range: InstantRange) {
      metrics(groupBy: DAY, timeZone: $zone, filter: { status: [ATTRIBUTED], convertedBetween: $range }) {
        convertedBetween { from to fromDay toDay timeZone } clickedBetween { from }
        totals { conversions clicks } nodes { day } }
      conversions(timeZone: $zone, filter: { convertedBetween: $range }) { totalCount }
      iteration(id: 1) { metrics(timeZone: $zone, filter: { clickedBetween: $range }) { conversions clicks } } }`;
    type Data = Record<string, never> & {
      metrics: {
        convertedBetween: Record<'from' | 'to' | 'fromDay' | 'toDay' | 'timeZone', string>;
        clickedBetween: null;
        totals: Record<string, number>;
        nodes: { day: string }[];
      };
      conversions: { totalCount: number };
      iteration: { metrics: Record<string, number> };
    };
    const days = ['2025-03-08', '2025-03-09', '2025-04-06', '2025-09-28', '2025-10-05', '2025-11-01', '2025-11-02'];
    const dayOf = fc.constantFrom(...days);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...zones), dayOf, dayOf, async (zone, one, other) => {
        const [fromDay, toDay] = [one, other].toSorted() as [string, string];
        const isInDays = ({ time }: { readonly time: string }) => {
          const { day } = localLabels(zone, time);
          return day >= fromDay && day <= toDay;
        };
        const answer: Answer<Data> = await service.send(query, { zone, range: { fromDay, toDay } });
        expect(answer.errors).toBeUndefined();
        const { metrics, conversions: list, iteration } = answer.data;
        const expected = conversions.filter(isInDays);
        expect(list.totalCount).toBe(expected.length);
        expect(metrics.totals).toEqual({ conversions: expected.length, clicks: clicks.filter(isInDays).length });
        expect(new Set(metrics.nodes.map(({ day }) => day))).toEqual(
          new Set(expected.map(({ time }) => localLabels(zone, time).day)),
        );
        const own = clicks.filter((click) => click.iteration === '1' && isInDays(click)).length;
        expect(iteration.metrics.clicks).toBe(own);
        const { convertedBetween: applied } = metrics;
        expect(applied).toMatchObject({ fromDay, toDay, timeZone: zone });
        expect(localLabels(zone, applied.from).day).toBe(fromDay);
        const before = new Date(Date.parse(applied.from) - 1).toISOString();
        expect(localLabels(zone, before).day < fromDay).toBe(true);
        expect(localLabels(zone, new Date(Date.parse(applied.to) - 1).toISOString()).day).toBe(toDay);
        expect(localLabels(zone, applied.to).day > toDay).toBe(true);
        // The same range by its instants has the same answer.
        const byInstants = await service.send(query, { zone, range: { from: applied.from, to: applied.to } });
        expect(byInstants.data).toEqual(answer.data);
      }),
      { numRuns: proofs(25, 15, 60) },
    );
  });

  test('a range that begins with a part of an hour has no hour before', async () => {
    // The clock is set back by half an hour at 15:00, within a local hour.
    const range = { from: '2025-04-05T15:00:00Z', to: '2025-04-05T18:00:00Z' };
    const nodes = await groupsOf({ groupBy: ['HOUR'], zone: 'Australia/Lord_Howe', range });
    const own = conversions.filter(({ time }) => time >= range.from && time < range.to);
    const expected = counted(own, 'Australia/Lord_Howe', ['HOUR']);
    expect(new Map(nodes.map(({ hour, metrics }) => [JSON.stringify([hour]), metrics.conversions]))).toEqual(expected);
    expect(nodes[0]?.hour).toBe('2025-04-05T15:00:00.000000Z');
    for (const { metrics, drillDown } of nodes) expect(drillDown.totalCount).toBe(metrics.conversions);
  });

  test('the last days are those before the day of asOf', async () => {
    const query = `query ($zone: TimeZone, $days: Int!) { metrics(groupBy: DAY, timeZone: $zone,
      filter: { convertedBetween: { last: { days: $days } } }) { convertedBetween { from to fromDay toDay timeZone } totals { conversions } } }`;
    const ask = async (zone: string, days: number) => (await service.send(query, { zone, days })).data;
    // asOf is 2025-12-02T00:00:00Z: in New York the day before is not over.
    expect(await ask('UTC', 30)).toMatchObject({
      metrics: {
        convertedBetween: {
          from: '2025-11-02T00:00:00.000000Z',
          to: '2025-12-02T00:00:00.000000Z',
          fromDay: '2025-11-02',
          toDay: '2025-12-01',
          timeZone: 'UTC',
        },
        totals: { conversions: conversions.filter(({ time }) => time >= '2025-11-02').length },
      },
    });
    expect(await ask('America/New_York', 29)).toMatchObject({
      metrics: {
        convertedBetween: {
          from: '2025-11-02T04:00:00.000000Z',
          to: '2025-12-01T05:00:00.000000Z',
          fromDay: '2025-11-02',
          toDay: '2025-11-30',
        },
      },
    });
  });

  test('pages of the last days continue with the days or the instants that the first one returned', async () => {
    const query = `query ($range: InstantRange, $after: String, $zone: TimeZone = "America/New_York") {
      metrics(groupBy: DAY, timeZone: $zone, first: 1, after: $after, orderBy: { field: KEY }, filter: { convertedBetween: $range }) {
        convertedBetween { from to fromDay toDay } pageInfo { endCursor } nodes { day } } }`;
    type Data = {
      metrics: {
        convertedBetween: Record<'from' | 'to' | 'fromDay' | 'toDay', string>;
        pageInfo: { endCursor: string };
        nodes: { day: string }[];
      };
    };
    const last = { last: { days: 200 } };
    const { metrics }: Data = (await service.send(query, { range: last })).data as Data;
    const { from, to, fromDay, toDay } = metrics.convertedBetween;
    const { endCursor: after } = metrics.pageInfo;
    const next = await Promise.all(
      [last, { from, to }, { fromDay, toDay }].map((range) => service.send(query, { range, after })),
    );
    expect(next.map(({ errors }) => errors)).toEqual([undefined, undefined, undefined]);
    const [second, ...others] = next.map(({ data }) => data as Data);
    expect(second?.metrics.nodes[0]?.day).not.toBe(metrics.nodes[0]?.day);
    for (const data of others) expect(data).toEqual(second);
    const { errors } = await service.send(query, { range: { from, to }, after, zone: 'Asia/Kolkata' });
    expect(errors?.[0]?.message).toContain('with the field, parent, filter, having, orderBy, timeZone and build');
  });

  test('the last days of a field are the same for all parents', async () => {
    const metrics = '{ conversions clicks }';
    const { data, errors } = await service.send(`{ iterations { nodes { id
      last: metrics(filter: { convertedBetween: { last: { days: 60 } } }) ${metrics}
      days: metrics(filter: { convertedBetween: { fromDay: "2025-10-03", toDay: "2025-12-01" } }) ${metrics}
      conversions(filter: { convertedBetween: { last: { days: 60 } } }) { totalCount convertedBetween { fromDay toDay } } } } }`);
    expect(errors).toBeUndefined();
    type Own = { conversions: number; clicks: number };
    type Each = { id: string; last: Own; days: Own; conversions: unknown };
    const { nodes } = (data as { iterations: { nodes: Each[] } }).iterations;
    expect(nodes).toHaveLength(2);
    for (const { id, last, days, conversions: list } of nodes) {
      const own = conversions.filter(({ time, iteration }) => iteration === id && time >= '2025-10-03');
      expect(last).toEqual(days);
      expect(last.conversions).toBe(own.length);
      expect(list).toEqual({
        totalCount: own.length,
        convertedBetween: { fromDay: '2025-10-03', toDay: '2025-12-01' },
      });
    }
  });

  test('lists of conversions and of summaries return the ranges of their filter', async () => {
    const range = 'convertedBetween { from to fromDay toDay timeZone } clickedBetween { fromDay }';
    const filter =
      'filter: { convertedBetween: { fromDay: "2025-11-01", toDay: "2025-11-02" } }, timeZone: "America/New_York"';
    const { data, errors } = await service.send(`{
      conversions(${filter}) { ${range} } attributionSummaries(groupBy: DAY, ${filter}) { ${range} totals { ${range} } nodes { summary { ${range} } drillDown { ${range} } } }
      attributionSummary(${filter}) { ${range} } all: attributionSummary { ${range} }
      metrics(groupBy: DAY, ${filter}, first: 1) { ${range} nodes { drillDown { ${range} } } }
      iteration(id: 1) { conversions(${filter}) { ${range} } none: conversions { ${range} } } }`);
    expect(errors).toBeUndefined();
    const applied = {
      convertedBetween: {
        from: '2025-11-01T04:00:00.000000Z',
        to: '2025-11-03T05:00:00.000000Z',
        fromDay: '2025-11-01',
        toDay: '2025-11-02',
        timeZone: 'America/New_York',
      },
      clickedBetween: null,
    };
    expect(data).toMatchObject({
      conversions: applied,
      attributionSummaries: {
        ...applied,
        totals: applied,
        nodes: [
          { summary: applied, drillDown: applied },
          { summary: applied, drillDown: applied },
        ],
      },
      attributionSummary: applied,
      all: { convertedBetween: null, clickedBetween: null },
      metrics: { ...applied, nodes: [{ drillDown: applied }] },
      iteration: { conversions: applied, none: { convertedBetween: null, clickedBetween: null } },
    });
  });

  test.each([
    ['America/New_York', { from: '0001-01-01T00:00:00Z' }, { fromDay: null, toDay: null }],
    ['Asia/Tokyo', { to: '9999-12-31T23:00:00Z' }, { fromDay: null, toDay: null }],
    [
      'Asia/Tokyo',
      { from: '2025-03-01T15:00:00Z', to: '2025-03-02T15:00:00Z' },
      { fromDay: '2025-03-02', toDay: '2025-03-02' },
    ],
    // Ranges without an instant: no day is in them. One of a microsecond is in a day.
    ['America/New_York', { from: '2025-03-09T05:00:00Z', to: '2025-03-09T05:00:00Z' }, { fromDay: null, toDay: null }],
    ['UTC', { from: '2025-03-09T12:00:00Z', to: '2025-03-09T13:00:00+01:00' }, { fromDay: null, toDay: null }],
    [
      'UTC',
      { from: '2025-03-09T00:00:00Z', to: '2025-03-09T00:00:00.000001Z' },
      { fromDay: '2025-03-09', toDay: '2025-03-09' },
    ],
    // The day that Samoa left out.
    ['Pacific/Apia', { fromDay: '2011-12-30', toDay: '2011-12-30' }, { fromDay: '2011-12-30', toDay: '2011-12-30' }],
  ])('in %s, the range %j has the days %j', async (zone, range, days) => {
    const { data, errors } = await service.send(
      `query ($zone: TimeZone, $range: InstantRange) { metrics(groupBy: STRATEGY, timeZone: $zone, filter: { convertedBetween: $range }) {
        convertedBetween { fromDay toDay } } }`,
      { zone, range },
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({ metrics: { convertedBetween: days } });
  });

  test.each([
    [{ fromDay: '2025-03-09', toDay: '2025-03-08' }, 'toDay (2025-03-08) is before fromDay (2025-03-09)'],
    [{ from: '2025-03-09T00:00:00Z', to: '2025-03-08T23:59:59Z' }, 'is after to (2025-03-08T23:59:59.000000Z)'],
    [{ last: { days: 0 } }, 'last.days: must be from 1 to 3660'],
    [{ last: { days: 3661 } }, 'last.days: must be from 1 to 3660'],
    [{ last: { days: 3 }, fromDay: '2025-03-09' }, 'has more than one of: from and to, fromDay and toDay, last'],
    [
      { from: '2025-03-09T00:00:00Z', toDay: '2025-03-09' },
      'has more than one of: from and to, fromDay and toDay, last',
    ],
    [{ fromDay: '1999-12-31' }, '1999-12-31 is not a day from 2000-01-01 to 2099-12-31'],
    [{ toDay: '2025-02-29' }, 'is not a Day. Use a day of the calendar as YYYY-MM-DD'],
  ])('the range %j is rejected', async (range, message) => {
    for (const query of [
      'query ($range: InstantRange) { metrics(groupBy: DAY, filter: { convertedBetween: $range }) { totalCount } }',
      'query ($range: InstantRange) { iterations(filter: { createdBetween: $range }) { totalCount } }',
      'query ($range: InstantRange) { pushRuns(filter: { startedBetween: $range }) { totalCount } }',
    ]) {
      const { errors } = await service.send(query, { range });
      expect(errors?.[0]?.message).toContain(message);
      expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    }
  });

  test('an unknown zone is rejected with a valid example', async () => {
    const ask = (zone: string) =>
      service.send('query ($zone: TimeZone) { metrics(groupBy: DAY, timeZone: $zone) { totalCount } }', { zone });
    for (const zone of ['Mars/Olympus', '+05:30', '', "UTC'; drop table x", 'Europe/Wien']) {
      const { errors } = await ask(zone);
      expect(errors?.[0]?.message).toContain(
        'is not a TimeZone. Use a name of the IANA time zone database, for example Europe/Vienna',
      );
      expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    }
    expect((await ask('US/Eastern')).errors).toBeUndefined();
  });
});
