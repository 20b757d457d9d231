import { parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { queryOfDay, queryOfIteration } from '../../src/web/results/queries.ts';
import { timelineOf } from '../../src/web/results/timeline-model.ts';
import { dayText, flagText, ratePath, timelineLegend } from '../../src/web/results/timeline-text.ts';
import { byDay, byDayData, listsIn, schema } from './answer-of.ts';

describe('a timeline', () => {
  test('has a bar for each iteration with a beginning, and sums by day', () => {
    const lists = listsIn(byDay.replace('payout }', 'isFinal }'), byDayData);
    const now = Date.UTC(2026, 0, 5);
    const timeline = timelineOf(lists, now);
    expect(timeline?.lanes).toEqual([
      {
        key: '{"name":"One"}',
        label: 'One',
        bars: [
          { id: '7', label: '7', from: Date.UTC(2026, 0, 1, 10), to: Date.UTC(2026, 0, 2), isEndKnown: true },
          { id: '8', label: '8', from: Date.UTC(2026, 0, 2), to: null, isEndKnown: true },
        ],
      },
    ]);
    expect(timeline?.days).toEqual([
      { at: Date.UTC(2026, 0, 1), conversions: 2, clicks: 10, isImmature: false },
      { at: Date.UTC(2026, 0, 2), conversions: 5, clicks: null, isImmature: false },
    ]);
    expect(timeline).toMatchObject({ from: Date.UTC(2026, 0, 1), to: now });
  });

  test('does not end before an iteration that begins after the build', () => {
    const nodes = [{ id: '7', createdAt: '2026-01-05T00:00:00.000000Z', endedAt: null }];
    const lists = listsIn('{ iterations { nodes { id createdAt endedAt } } }', { iterations: { nodes } });
    expect(timelineOf(lists, Date.UTC(2026, 0, 4))).toMatchObject({ to: Date.UTC(2026, 0, 5) });
  });

  const iteration = (id: string, day: number, more = {}) => ({
    id,
    createdAt: `2026-01-0${day}T00:00:00.000001Z`,
    ...more,
  });
  const endsIn = (query: string, data: unknown) =>
    timelineOf(listsIn(query, data), Date.UTC(2026, 0, 5))?.lanes.map(({ label, bars }) => [
      label,
      ...bars.map(({ id, to }) => [id, to]),
    ]);

  test('without endedAt, an iteration ends where the next one of its strategy begins; each is drawn once', () => {
    const query = `{ a: iterations { nodes { id createdAt strategyId } } b: iterations { nodes { id createdAt strategyId } } }`;
    const nodes = [
      iteration('8', 3, { strategyId: '1' }),
      iteration('9', 2, { strategyId: '2' }),
      iteration('7', 1, { strategyId: '1' }),
    ];
    expect(endsIn(query, { a: { nodes }, b: { nodes } })).toEqual([
      ['1', ['7', Date.UTC(2026, 0, 3)], ['8', null]],
      ['2', ['9', null]],
    ]);
  });

  test('no end is assumed of iterations that have none, or whose strategy is not known', () => {
    const withoutEnds = { nodes: [iteration('7', 1), iteration('8', 2)] };
    expect(endsIn('{ iterations { nodes { id createdAt } } }', { iterations: withoutEnds })).toEqual([
      ['', ['7', null], ['8', null]],
    ]);
    const nodes = [iteration('7', 1, { endedAt: null }), iteration('8', 2, { endedAt: null })];
    const strategy = { name: 'One', iterations: { nodes } };
    expect(
      endsIn('{ strategy(id: "1") { name iterations { nodes { id createdAt endedAt } } } }', { strategy }),
    ).toEqual([['One', ['7', null], ['8', null]]]);
  });

  test('strategies of the same name have bars of their own, with their ids', () => {
    const query = '{ strategies { nodes { id name iterations { nodes { id createdAt } } } } }';
    const nodes = ['1', '2', '3'].map((id, index) => ({
      id,
      name: id === '3' ? 'Other' : 'Same',
      iterations: { nodes: [iteration(`7${id}`, index + 1)] },
    }));
    expect(endsIn(query, { strategies: { nodes } })).toEqual([
      ['Same 1', ['71', null]],
      ['Same 2', ['72', null]],
      ['Other', ['73', null]],
    ]);
  });

  test('days without conversions, which the API omits, have none and no rate, and can grow only after one that can', () => {
    const query = '{ iteration(id: "7") { id createdAt daily { day metrics { conversions clicks isFinal } } } }';
    const day = (day: string, conversions: number, clicks: number, isFinal: boolean) => ({
      day: `2026-01-0${day}`,
      metrics: { conversions, clicks, isFinal },
    });
    const daily = [
      day('2', 2, 4, true),
      day('3', 1, 4, true),
      day('5', 3, 4, true),
      day('7', 1, 4, false),
      day('9', 1, 4, false),
    ];
    const iteration = { id: '7', createdAt: '2026-01-01T00:00:00Z', daily };
    const days = timelineOf(
      [
        ...listsIn(query, { iteration }),
        ...listsIn('{ iterations { nodes { id createdAt } } }', { iterations: { nodes: [iteration] } }).slice(0, 1),
      ],
      0,
    )?.days;
    expect(days?.map(({ at, ...sums }) => [new Date(at).getUTCDate(), ...Object.values(sums)])).toEqual([
      [2, 2, 4, false],
      [3, 1, 4, false],
      [4, 0, null, false],
      [5, 3, 4, false],
      [6, 0, null, false],
      [7, 1, 4, true],
      [8, 0, null, true],
      [9, 1, 4, true],
    ]);
    const path = ratePath(
      days ?? [],
      (rate) => rate * 100,
      (at) => new Date(at).getUTCDate(),
    );
    expect(path).toBe('M2 50L2 50L3 25M5 75L5 75M7 25L7 25M9 25L9 25');
  });

  test('days that a list may have beyond its page are not known, and not 0', () => {
    const query =
      '{ iterations(first: 1) { nodes { id createdAt endedAt daily { day metrics { conversions clicks isFinal } } } pageInfo { hasNextPage } } }';
    const day = (day: string) => ({ day: `2026-01-0${day}`, metrics: { conversions: 2, clicks: 4, isFinal: true } });
    const node = {
      id: '7',
      createdAt: '2026-01-01T10:00:00Z',
      endedAt: '2026-01-06T00:00:00Z',
      daily: [day('2'), day('4')],
    };
    const timeline = (hasNextPage: boolean) =>
      timelineOf(listsIn(query, { iterations: { nodes: [node], pageInfo: { hasNextPage } } }), 0);
    const conversions = (hasNextPage: boolean) => timeline(hasNextPage)?.days.map((each) => each.conversions);
    expect(conversions(false)).toEqual([2, 0, 2]);
    // Of all days of the iteration, also before the first row and after the last one.
    expect(conversions(true)).toEqual([null, 2, null, 2, null]);
    const cut = timeline(true);
    if (!cut) throw new Error('no timeline');
    expect(cut.days.map(dayText)[2]).toBe('2026-01-03: not in the answer');
    expect(cut.days.map(dayText)[4]).toBe('2026-01-05: not in the answer');
    expect(cut.canGrow).toBe(false);
    expect(timelineLegend(cut).map(({ mark }) => mark)).not.toContain('immature');
    // The list is complete, but the days after its last one are not known to be able to grow.
    expect(timeline(false)?.canGrow).toBe(false);
    expect(timelineLegend(cut).map(({ mark }) => mark)).toContain('unknown');
    expect(
      ratePath(
        cut.days,
        (rate) => rate,
        (at) => new Date(at).getUTCDate(),
      ),
    ).toBe('M2 0.5L2 0.5M4 0.5L4 0.5');
  });

  test.each([
    ['final', true, 'UTC', '2026-01-06T00:00:00Z', false],
    ['not final', false, 'UTC', '2026-01-06T00:00:00Z', true],
    ['not final, and no day follows', false, 'UTC', '2026-01-05T00:00:00Z', false],
    ['not final, and the next day has not begun there', false, 'America/Los_Angeles', '2026-01-05T08:00:00Z', false],
    ['not final, and the next day has begun there', false, 'America/Los_Angeles', '2026-01-05T08:00:01Z', true],
  ])('the days after the last one can grow if that can: %s', (_, isFinal, timeZone, endedAt, canGrow) => {
    const query = `{ iterations { nodes { id createdAt endedAt daily(timeZone: "${timeZone}") {
      day metrics { conversions isFinal } } } pageInfo { hasNextPage } } }`;
    const daily = [{ day: '2026-01-04', metrics: { conversions: 2, isFinal } }];
    const node = { id: '7', createdAt: '2026-01-01T10:00:00Z', endedAt, daily };
    const timeline = timelineOf(listsIn(query, { iterations: { nodes: [node], pageInfo: { hasNextPage: false } } }), 0);
    expect(timeline?.canGrow).toBe(canGrow);
    expect(timeline && timelineLegend(timeline).some(({ mark }) => mark === 'immature')).toBe(!isFinal);
  });

  test('the first and the last unknown day are those of the time zone of the list', () => {
    const query = `{ iterations(first: 1) { nodes { id createdAt endedAt daily(timeZone: "Asia/Tokyo") {
      day metrics { conversions } } } pageInfo { hasNextPage } } }`;
    const node = {
      id: '7',
      // Tokyo is 9 hours ahead.
      createdAt: '2026-01-01T16:00:00Z',
      endedAt: '2026-01-03T15:00:00.000001Z',
      daily: [{ day: '2026-01-03', metrics: { conversions: 2 } }],
    };
    const days = timelineOf(
      listsIn(query, { iterations: { nodes: [node], pageInfo: { hasNextPage: true } } }),
      0,
    )?.days;
    expect(days?.map(({ at, conversions }) => [new Date(at).toISOString().slice(0, 10), conversions])).toEqual([
      ['2026-01-02', null],
      ['2026-01-03', 2],
    ]);
  });

  test('has one flag for all findings of a build, at its edge if they are older, with the time when they were seen', () => {
    const query = `{ iterations { nodes { id createdAt endedAt } }
      dataQualityHistory { nodes { check subject detail firstSeen { at } } } }`;
    const finding = (subject: string, at: string) => ({ check: 'C', subject, detail: null, firstSeen: { at } });
    const data = {
      iterations: { nodes: [{ id: '7', createdAt: '2026-01-01T00:00:00Z', endedAt: '2026-01-03T00:00:00Z' }] },
      dataQualityHistory: {
        nodes: [
          finding('1', '2026-01-02T00:00:00Z'),
          finding('2', '2026-01-02T00:00:00Z'),
          finding('3', '2025-01-01T00:00:00Z'),
        ],
      },
    };
    const flags = timelineOf(listsIn(query, data), 0)?.flags ?? [];
    expect(flags.map(flagText)).toEqual([
      'Finding, 2025-01-01 00:00 UTC: C 3',
      '2 findings, 2026-01-02 00:00 UTC: C 1; C 2',
    ]);
    expect(flags).toEqual([
      { at: Date.UTC(2026, 0, 1), findings: [{ seen: Date.UTC(2025, 0, 1), label: 'C 3' }] },
      {
        at: Date.UTC(2026, 0, 2),
        findings: [
          { seen: Date.UTC(2026, 0, 2), label: 'C 1' },
          { seen: Date.UTC(2026, 0, 2), label: 'C 2' },
        ],
      },
    ]);
  });

  test.each([
    ['timeZone: "Asia/Tokyo"', 'Asia/Tokyo'],
    ['', 'UTC'],
  ])('a day is asked for in the time zone of its list: %j', (argument, timeZone) => {
    const query = `{ iteration(id: "7") { id createdAt daily${argument && `(${argument})`} { day metrics { conversions } } } }`;
    const daily = [{ day: '2026-01-02', metrics: { conversions: 2 } }];
    const timeline = timelineOf(
      listsIn(query, { iteration: { id: '7', createdAt: '2026-01-01T10:00:00Z', daily } }),
      0,
    );
    const day = timeline?.days[0];
    if (!timeline || !day) throw new Error('no day');
    const written = queryOfDay(['7'], day.at, timeline.timeZone);
    expect(JSON.parse(written.variables)).toEqual({ day: '2026-01-02', timeZone, iterationIds: ['7'] });
    expect(JSON.parse(queryOfIteration('7', timeline.timeZone).variables)).toEqual({ id: '7', timeZone });
  });

  test('a query about a day of an unknown time zone says so', () => {
    expect(queryOfDay(['7'], 0, null).query).toContain('The time zone of the day is unknown');
    expect(queryOfDay(['7'], 0, 'UTC').query).not.toContain('unknown');
  });

  test('writes queries that are valid', () => {
    for (const { query } of [queryOfDay(['7'], 0, null), queryOfIteration('7', null)])
      expect(validate(schema, parse(query))).toEqual([]);
  });

  test('needs iterations', () => {
    expect(timelineOf(listsIn('{ dataStatus { build } }', { dataStatus: { build: 'b' } }), 0)).toBeNull();
  });
});
