import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { sorted, tabSeparated } from '../../src/web/results/cells.ts';
import { listsOf } from '../../src/web/results/lists.ts';
import { chartOf, chartOptions, maxSeries } from '../../src/web/results/series.ts';
import { shapeOf } from '../../src/web/results/shape.ts';
import { timelineOf } from '../../src/web/results/timeline-model.ts';

const schema = buildSchema(readFileSync(join(import.meta.dirname, '../../src/schema/schema.graphql'), 'utf8'));

const listsIn = (query: string, data: unknown) => listsOf(data, shapeOf(schema, parse(query), null));
const table = (list: ReturnType<typeof listsOf>[number] | undefined) =>
  list && [list.columns.map(({ name }) => name), ...list.rows];

const metrics = (conversions: number, clicks: number | null = null) => ({ conversions, clicks, payout: `${conversions}.5000` });

const byDay = `query { strategy(id: "1") { name iterations { totalCount nodes { id createdAt endedAt strategy { name }
  daily { day metrics { conversions clicks payout } } } pageInfo { hasNextPage } } } }`;
const byDayData = {
  strategy: {
    name: 'One',
    iterations: {
      totalCount: 3,
      nodes: [
        {
          id: '7',
          createdAt: '2026-01-01T10:00:00.000000Z',
          endedAt: '2026-01-02T00:00:00.000001Z',
          strategy: { name: 'One' },
          daily: [
            { day: '2026-01-01', metrics: metrics(2, 10) },
            { day: '2026-01-02', metrics: metrics(1, null) },
          ],
        },
        { id: '8', createdAt: '2026-01-02T00:00:00.000001Z', endedAt: null, strategy: null, daily: [] },
        {
          id: '9',
          createdAt: null,
          endedAt: null,
          strategy: null,
          daily: [{ day: '2026-01-02', metrics: metrics(4, 8) }],
        },
      ],
      pageInfo: { hasNextPage: false },
    },
  },
};

describe('the lists of an answer', () => {
  test('have rows with the scalars of items, of objects in them, and of rows around them', () => {
    const [iterations, daily, strategy, ...others] = listsIn(byDay, byDayData);
    expect(others).toEqual([]);
    expect(iterations).toMatchObject({ name: 'strategy › iterations', type: 'Iteration' });
    expect(table(iterations)).toEqual([
      ['id', 'createdAt', 'endedAt', 'strategy.name', 'strategy: name', 'strategy: iterations.totalCount'],
      ['7', '2026-01-01T10:00:00.000000Z', '2026-01-02T00:00:00.000001Z', 'One', 'One', 3],
      ['8', '2026-01-02T00:00:00.000001Z', null, null, 'One', 3],
      ['9', null, null, null, 'One', 3],
    ]);
    expect(daily?.name).toBe('strategy › iterations › daily');
    expect(daily?.columns.slice(0, 5)).toEqual([
      { name: 'day', kind: 'day', type: 'Day', isOuter: false },
      { name: 'metrics.conversions', kind: 'number', type: 'Int', isOuter: false },
      { name: 'metrics.clicks', kind: 'number', type: 'Int', isOuter: false },
      { name: 'metrics.payout', kind: 'number', type: 'Decimal', isOuter: false },
      { name: 'iterations: id', kind: 'text', type: 'ID', isOuter: true },
    ]);
    expect(daily?.rows.map((row) => row.slice(0, 5))).toEqual([
      ['2026-01-01', 2, 10, '2.5000', '7'],
      ['2026-01-02', 1, null, '1.5000', '7'],
      ['2026-01-02', 4, 8, '4.5000', '9'],
    ]);
    expect(table(strategy)).toEqual([['name', 'iterations.totalCount'], ['One', 3]]);
  });

  test('edges are rows of their nodes, aliases name columns, and fragments have types', () => {
    const query = `query Q { all: conversions { edges { cursor node { ...C } } } }
      fragment C on Conversion { paid: payout ... on Conversion { convertedAt } }`;
    const node = { paid: '-1.2000', convertedAt: '2026-01-01T00:00:00.000000Z' };
    const [list] = listsIn(query, { all: { edges: [{ cursor: 'x', node }] } });
    expect(list).toMatchObject({ name: 'all', type: 'Conversion' });
    expect(list?.columns.map(({ name, kind }) => [name, kind])).toEqual([
      ['paid', 'number'],
      ['convertedAt', 'instant'],
    ]);
  });

  test('an object is a list of one row, a list of texts a cell, and an empty list has no rows', () => {
    const query = '{ dataStatus { build isStale staleReasons staleAfterMinutes { build } mirror { table } } }';
    const data = {
      dataStatus: {
        build: 'b',
        isStale: true,
        staleReasons: ['one', 'two'],
        staleAfterMinutes: { build: 3 },
        mirror: [],
      },
    };
    const [mirror, status] = listsIn(query, data);
    expect(mirror).toMatchObject({ name: 'dataStatus › mirror', rows: [] });
    expect(table(status)).toEqual([
      ['build', 'isStale', 'staleReasons', 'staleAfterMinutes.build'],
      ['b', true, 'one, two', 3],
    ]);
  });

  test('without a schema, columns are classified by their values', () => {
    const [list] = listsOf({ a: [{ x: null, y: true }, { x: 1 }] }, null);
    expect(list?.columns.map(({ name, kind }) => [name, kind])).toEqual([
      ['x', 'number'],
      ['y', 'boolean'],
    ]);
    expect(list?.rows).toEqual([
      [null, true],
      [1, null],
    ]);
  });

  test.each([null, undefined, 'text', [], {}])('%j has none', (data) => {
    expect(listsOf(data, null)).toEqual([]);
  });

  test('a document with a cycle of fragments, as one may be typed, still has types', () => {
    const query = '{ dataStatus { ...A } } fragment A on DataStatus { isStale ...A }';
    const [list] = listsIn(query, { dataStatus: { isStale: false } });
    expect(list?.columns[0]?.kind).toBe('boolean');
  });
});

describe('a table', () => {
  const rows = [['10.0000'], [null], ['9.5000'], ['-1.2000']];

  test('orders exact decimals by size, nulls last in both directions', () => {
    expect(sorted(rows, 0, 'number', 'ascending')).toEqual([['-1.2000'], ['9.5000'], ['10.0000'], [null]]);
    expect(sorted(rows, 0, 'number', 'descending')).toEqual([['10.0000'], ['9.5000'], ['-1.2000'], [null]]);
  });

  test('is copied with safe texts, and numbers as they are', () => {
    const columns = [
      { name: 'name', kind: 'text' },
      { name: 'payout', kind: 'number' },
    ] as const;
    const copied = tabSeparated(columns, [
      ['=HYPERLINK("x")', '-1.2000'],
      ['a\tb\nc', null],
      ['@x', 3],
    ]);
    expect(copied).toBe('name\tpayout\n\'=HYPERLINK("x")\t-1.2000\na b c\t\n\'@x\t3');
  });
});

describe('a chart', () => {
  test('draws a line for each value of the column that makes days unique', () => {
    const list = listsIn(byDay, byDayData)[1];
    if (!list) throw new Error('no list');
    const options = chartOptions(list);
    expect(options?.choice).toEqual({ time: 'day', metric: 'metrics.conversions', group: 'iterations: id' });
    expect(chartOf(list, options?.choice ?? { time: '', metric: '', group: null })).toEqual({
      times: [Date.UTC(2026, 0, 1) / 1000, Date.UTC(2026, 0, 2) / 1000],
      lines: [
        { label: '9', values: [null, 4] },
        { label: '7', values: [2, 1] },
      ],
      left: 0,
      repeated: 0,
    });
    const ungrouped = chartOf(list, { time: 'day', metric: 'metrics.conversions', group: null });
    expect(ungrouped).toMatchObject({ lines: [{ values: [2, 1] }], repeated: 1 });
  });

  test('draws the largest lines', () => {
    const rows = Array.from({ length: maxSeries + 3 }, (_, index) => ({ day: '2026-01-01', name: `n${index}`, value: index }));
    const [list] = listsOf({ rows }, null);
    if (!list) throw new Error('no list');
    const chart = chartOf(list, { time: 'day', metric: 'value', group: 'name' });
    expect(chart.lines.map(({ label }) => label)).toEqual(Array.from({ length: maxSeries }, (_, i) => `n${maxSeries + 2 - i}`));
    expect(chart.left).toBe(3);
  });

  test('needs a time and a number', () => {
    const [list] = listsOf({ rows: [{ name: 'x' }] }, null);
    expect(list && chartOptions(list)).toBeNull();
  });
});

describe('a timeline', () => {
  test('has a bar for each iteration with a beginning, and sums by day', () => {
    const lists = listsIn(byDay.replace('payout }', 'isFinal }'), byDayData);
    const now = Date.UTC(2026, 0, 5);
    const timeline = timelineOf(lists, now);
    expect(timeline?.lanes).toEqual([
      {
        label: 'One',
        bars: [
          { id: '7', label: '7', from: Date.UTC(2026, 0, 1, 10), to: Date.UTC(2026, 0, 2) },
          { id: '8', label: '8', from: Date.UTC(2026, 0, 2), to: null },
        ],
      },
    ]);
    expect(timeline?.days).toEqual([
      { at: Date.UTC(2026, 0, 1), conversions: 2, clicks: 10, isImmature: false },
      { at: Date.UTC(2026, 0, 2), conversions: 5, clicks: null, isImmature: false },
    ]);
    expect(timeline).toMatchObject({ from: Date.UTC(2026, 0, 1), to: now });
  });

  test('needs iterations', () => {
    expect(timelineOf(listsIn('{ dataStatus { build } }', { dataStatus: { build: 'b' } }), 0)).toBeNull();
  });
});
