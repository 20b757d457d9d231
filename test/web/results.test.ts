import { assertObjectType, getNullableType, isListType, isObjectType, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { iterationsAround, maxStrategiesOfOffer } from '../../src/db/warehouse/queries/explain-strategies.ts';
import * as quality from '../../src/domain/quality.ts';
import { mostKeptRows } from '../../src/push/record/service.ts';
import { sorted, tabSeparated } from '../../src/web/results/cells.ts';
import { lineStyle, numberText, timeRange, valueRange } from '../../src/web/results/chart-style.ts';
import { cutLists, rowsOfRefused, subjectsOfAnyBuild } from '../../src/web/results/cut-lists.ts';
import { defaultList } from '../../src/web/results/default-list.ts';
import { listsOf } from '../../src/web/results/lists.ts';
import { pageNote, pageNotes } from '../../src/web/results/page-note.ts';
import { edited, stateEdit, stateNamedIn } from '../../src/web/results/seen-as.ts';
import { chartChoice, chartOf, chartOptions, maxSeries } from '../../src/web/results/series.ts';
import { shapeOf } from '../../src/web/results/shape.ts';
import { type Choices, choicesOf, statesOf, type View, type ViewState } from '../../src/web/results/view.ts';
import { byDay, byDayData, listsIn, metrics, schema } from './answer-of.ts';

const withStateNamed = (query: string, state: ViewState) => edited(query, stateEdit(query, state));

const table = (list: ReturnType<typeof listsOf>[number] | undefined) =>
  list && [list.columns.map(({ name }) => name), ...list.rows];

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
    expect(table(strategy)).toEqual([
      ['name', 'iterations.totalCount'],
      ['One', 3],
    ]);
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

  test('without a schema, the forms of texts tell days, instants and exact decimals from ids', () => {
    const [list] = listsOf(
      { a: [{ id: '1001', d: '2026-01-01', t: '2026-01-01T10:00:00.000001Z', p: '-1.2000' }] },
      null,
    );
    expect(list?.columns.map(({ kind }) => kind)).toEqual(['text', 'day', 'instant', 'number']);
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

  test.each([
    [['1.5000', 'many'], 'text'],
    [['many', '1.5000'], 'text'],
    [[1, null, '2.5000'], 'number'],
    [['2026-01-01', 'never', '2026-01-02'], 'text'],
    [[null, null], 'text'],
  ])('without a schema, the column of %j is %s', (cells, kind) => {
    const [list] = listsOf({ a: cells.map((x) => ({ x, y: 1 })) }, null);
    expect(list?.columns[0]).toMatchObject({ name: 'x', kind });
  });

  test('say whether they are only a page, also of the list around them', () => {
    const query = `{ a: iterations { nodes { id daily { day } } pageInfo { hasNextPage } }
      b: iterations { nodes { id daily { day } } pageInfo { hasNextPage } } c: iterations { totalCount nodes { id } }
      d: iterations(first: 1) { nodes { id daily { day } } } e: iterations(first: 2) { nodes { id } } f: iterations { nodes { id } } }`;
    const nodes = [{ id: '7', daily: [{ day: '2026-01-01' }] }];
    const data = {
      a: { nodes, pageInfo: { hasNextPage: true } },
      b: { nodes, pageInfo: { hasNextPage: false } },
      c: { totalCount: 30, nodes: [{ id: '7' }] },
      d: { nodes },
      e: { nodes: [{ id: '7' }] },
      f: { nodes: [{ id: '7' }] },
    };
    expect(
      listsIn(query, data)
        .map(({ name, extent, total }) => [name, extent, total])
        .slice(0, 8),
    ).toEqual([
      ['a', 'cut', null],
      ['a › daily', 'cut', null],
      ['b', 'complete', 1],
      ['b › daily', 'complete', 1],
      ['c', 'cut', 30],
      ['d', 'unknown', null],
      ['d › daily', 'unknown', null],
      ['e', 'complete', 1],
    ]);
    const extents = (answer: unknown) => listsOf(answer, null).map(({ extent }) => extent);
    expect(extents({ a: { nodes } })).toEqual(['unknown', 'unknown']);
    // Nothing says whether the query had a cursor or a limit.
    expect(extents({ a: { nodes: [] }, b: nodes })).toEqual(['unknown', 'unknown', 'unknown']);
    expect(extents({ a: { nodes, pageInfo: { hasNextPage: false } } })[0]).toBe('unknown');
    expect(extents({ a: { nodes, totalCount: 1 } })[0]).toBe('complete');
  });

  test('a list without pages may be cut if it is as long as its `first`, which may be a variable, unless the number beside it says more', () => {
    const query = `query Q($first: Int) { buildDiff(from: "1", to: "2") {
      moves(first: $first) { conversions } iterations { conversionsAfter } } }`;
    const counted = query.replace('moves(', 'moveCount moves(');
    const moves = (count: number) => Array.from({ length: count }, () => ({ conversions: 1 }));
    const read = (
      buildDiff: object,
      variables: Record<string, unknown>,
      schemaOrNone = schema as typeof schema | null,
    ) =>
      listsOf({ buildDiff }, shapeOf(schemaOrNone, parse('moveCount' in buildDiff ? counted : query), null, variables))
        .slice(0, 2)
        .map(({ extent, total, doubt }) => [extent, total, doubt]);
    const iterations = [{ conversionsAfter: 1 }];
    for (const known of [schema, null]) {
      expect(read({ moves: moves(2), iterations }, { first: 2 }, known)).toEqual([
        ['unknown', null, 'select moveCount to know'],
        ['complete', 1, null],
      ]);
      // 100, by the schema.
      expect(read({ moves: moves(2), iterations }, {}, known)[0]).toEqual(['complete', 2, null]);
      expect(read({ moves: moves(100) }, { first: null }, known)[0]).toEqual([
        'unknown',
        null,
        'select moveCount to know',
      ]);
      expect(read({ moveCount: 2, moves: moves(2) }, { first: 2 }, known)[0]).toEqual(['complete', 2, null]);
      expect(read({ moveCount: 3, moves: moves(2) }, { first: 2 }, known)[0]).toEqual(['cut', 3, null]);
    }
  });

  test('a list without pages that the schema does not describe may be cut if it is as long as its `first`', () => {
    const extents = (first: number) =>
      listsOf({ a: [{ id: '1' }] }, shapeOf(null, parse(`{ a: unheard(first: ${first}) { id } }`), null, {})).map(
        ({ extent, doubt }) => [extent, doubt],
      );
    expect(extents(1)).toEqual([['unknown', 'the query asks for at most 1 row']]);
    expect(extents(2)).toEqual([['complete', null]]);
  });

  test('the rows of a plan have the pages of the plan', () => {
    const query = '{ planMetricsPush(first: 1) { rows { iterationId } findings { guard } pageInfo { hasNextPage } } }';
    const plan = (hasNextPage: boolean | null) => ({
      planMetricsPush: {
        rows: [{ iterationId: '7' }],
        findings: [{ guard: 'g' }],
        ...(hasNextPage === null ? {} : { pageInfo: { hasNextPage } }),
      },
    });
    const extents = (answer: unknown) =>
      listsIn(query, answer)
        .slice(0, 2)
        .map(({ name, extent }) => [name, extent]);
    for (const [hasNextPage, extent] of [
      [true, 'cut'],
      [false, 'complete'],
      [null, 'unknown'],
    ] as const)
      expect(extents(plan(hasNextPage))).toEqual([
        ['planMetricsPush › rows', extent],
        ['planMetricsPush › findings', 'complete'],
      ]);
  });

  describe('that the service cuts', () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `${index}` }));
    const known = (query: string, data: unknown) => {
      const lists = listsIn(query, data);
      return [lists.map(({ extent, total }) => [extent, total]).at(-1), pageNotes(lists).at(-1)?.text ?? null];
    };
    const finding = (field: string, subjects: number, counted: object) =>
      known(`{ dataQuality { ${field} subjects { id } } }`, {
        dataQuality: [{ subjects: many(subjects), ...counted }],
      });

    test('may be cut at a length, unless the number beside it says more', () => {
      expect(finding('check', 9, {})).toEqual([['complete', 9], null]);
      expect(finding('check', 10, {})).toEqual([
        ['unknown', null],
        'dataQuality › subjects: These may be only the first rows: select count to know.',
      ]);
      expect(finding('count', 10, { count: 10 })).toEqual([['complete', 10], null]);
      expect(finding('all: count', 10, { all: 14 })).toEqual([
        ['cut', 14],
        'dataQuality › subjects: Only the first 10 rows of 14.',
      ]);
    });

    test('around a row has no first rows', () => {
      const candidates = (rows: number, counted: object) =>
        known('{ conversion(id: "1") { explanation { iterations { candidateCount candidates { id } } } } }', {
          conversion: { explanation: { iterations: { ...counted, candidates: many(rows) } } },
        })[1];
      const name = 'conversion › explanation › iterations › candidates';
      expect(candidates(49, {})).toBeNull();
      expect(candidates(50, {})).toMatch(/These may not be all rows: select candidateCount to know\.$/);
      expect(candidates(50, { candidateCount: 70 })).toBe(`${name}: Only 50 rows of 70.`);
    });

    test('is in the schema, with all that have an argument `first`', () => {
      for (const [list, { count }] of Object.entries(cutLists)) {
        const [type = '', field = ''] = list.split('.');
        const fields = assertObjectType(schema.getType(type)).getFields();
        expect([field, String(fields[count]?.type).replace('!', '')]).toEqual([fields[field]?.name, 'Int']);
      }
      const withFirst = Object.values(schema.getTypeMap())
        .filter(isObjectType)
        .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })))
        .filter(({ field }) => isListType(getNullableType(field.type)))
        .flatMap(({ type, field }) =>
          field.args
            .filter(({ name }) => name === 'first')
            .map(({ defaultValue }) => [`${type.name}.${field.name}`, defaultValue]),
        );
      expect(withFirst).toEqual(withFirst.map(([name]) => [name, cutLists[String(name)]?.from]));
      expect(withFirst).not.toEqual([]);
    });

    test('is cut where the service cuts it', () => {
      expect(cutLists['DataQualityFinding.subjects']?.from).toBe(quality.subjectsOfAnyBuild);
      expect(subjectsOfAnyBuild).toBe(quality.subjectsOfAnyBuild);
      expect(cutLists['ExplainedOffer.strategies']?.from).toBe(maxStrategiesOfOffer);
      expect(cutLists['ExplainedIterations.candidates']?.from).toBe(
        1 + Math.min(iterationsAround.before, iterationsAround.after),
      );
      expect(rowsOfRefused).toBe(mostKeptRows);
    });

    test.each([
      ['', { totalCount: 10 }, ['unknown', null]],
      ['', { totalCount: 9 }, ['complete', 9]],
      ['count', { totalCount: 10, count: 10 }, ['complete', 10]],
      ['count', { totalCount: 10, count: 14 }, ['cut', 14]],
      ['all: count', { totalCount: 10, all: 14 }, ['cut', 14]],
      ['', { totalCount: 20 }, ['cut', null]],
      ['count', { totalCount: 20, count: 30 }, ['cut', 30]],
    ])('is that of the subjects of a check: %s %j', (selection, counted, expected) => {
      const query = `{ dataQualitySubjects(check: EVENT_WITHOUT_CLICK) { totalCount ${selection} nodes { id } } }`;
      const data = { dataQualitySubjects: { ...counted, nodes: many(Math.min(counted.totalCount, 10)) } };
      expect(listsIn(query, data).map(({ extent, total }) => [extent, total])[0]).toEqual(expected);
    });

    describe('is that of the rows of a run', () => {
      const rows = (run: object, count: number, { args = 'first: 1000', nodes = 'nodes', totalCount = count } = {}) => {
        const selected = Object.keys(run).map((key) => (key === 'counts' ? 'counts { planned }' : key));
        const query = `{ pushRun(id: "1") { id ${selected.join(' ')} rows(${args}) {
          ${nodes} { iterationId } totalCount pageInfo { hasNextPage } } } }`;
        const pageInfo = { hasNextPage: totalCount > count };
        const page = { [nodes.split(':')[0] ?? '']: many(count), totalCount, pageInfo };
        return known(query, { pushRun: { id: '1', ...run, rows: page } })[1];
      };
      const kept = 'pushRun › rows: These may not be all rows: a refused run keeps at most 1,000 rows.';

      test('of a refused one', () => {
        expect(rows({ state: 'REFUSED' }, 1000)).toBe(kept);
        expect(rows({}, 1000)).toBe(kept);
        expect(rows({ state: 'REFUSED' }, 999)).toBeNull();
        expect(rows({ state: 'SUCCEEDED' }, 1000)).toBeNull();
      });

      test('of a refused one that counts them', () => {
        const run = (planned: number) => ({ state: 'REFUSED', counts: { planned } });
        expect(rows(run(1000), 1000)).toBeNull();
        expect(rows(run(1200), 1000)).toBe('pushRun › rows: Only 1,000 rows of 1,200.');
      });

      test('of one page of a refused one, which has no known total', () => {
        const page = { args: 'first: 500', totalCount: 1000 };
        expect(rows({ state: 'REFUSED' }, 500, page)).toBe('pushRun › rows: Only 500 rows; the list has more.');
        expect(rows({ state: 'SUCCEEDED' }, 500, page)).toBe('pushRun › rows: Only the first 500 rows of 1,000.');
      });

      test('of some states of a refused one, however few', () => {
        const args = 'states: [REJECTED]';
        expect(rows({ state: 'REFUSED' }, 3, { args })).toBe(kept);
        expect(rows({ state: 'REFUSED', counts: { planned: 5 } }, 3, { args })).toBeNull();
        expect(rows({ state: 'SUCCEEDED' }, 3, { args })).toBeNull();
      });

      test('with an alias inside', () => {
        expect(rows({ state: 'REFUSED' }, 1000, { nodes: 'all: nodes' })).toBe(kept.replace('rows:', 'rows › all:'));
      });

      test('that were deleted', () => {
        const state = 'SUCCEEDED';
        expect(rows({ state, rowsDeletedAt: '2026-01-01T00:00:00.000000Z' }, 0)).toBe(
          'pushRun › rows: These may not be all rows: the rows of the run have been deleted.',
        );
        expect(rows({ state }, 0)).toBe('pushRun › rows: These may not be all rows: select rowsDeletedAt to know.');
        expect(rows({ state, rowsDeletedAt: null }, 0)).toBeNull();
        expect(rows({ state, counts: { planned: 0 } }, 0)).toBeNull();
      });
    });
  });

  test('a list with an alias is cut as one without', () => {
    const query = '{ conversions(first: 1) { all: nodes { id } pageInfo { hasNextPage } } }';
    const data = { conversions: { all: [{ id: '1' }], pageInfo: { hasNextPage: true } } };
    expect(listsIn(query, data)[0]).toMatchObject({ name: 'conversions › all', extent: 'cut' });
  });

  test('rows after a cursor are cut, also those of the last page', () => {
    const query = `query Q($after: String) { a: conversions(after: $after) { nodes { id } pageInfo { hasNextPage } }
      b: conversions(after: "x") { totalCount nodes { id } } }`;
    const nodes = [{ id: '1' }, { id: '2' }];
    const data = { a: { nodes, pageInfo: { hasNextPage: false } }, b: { totalCount: 1000, nodes } };
    const notes = (variables: Record<string, unknown>) =>
      pageNotes(listsIn(query, data, variables)).map(({ text }) => text);
    expect(notes({ after: 'x' })).toEqual([
      'a: Only 2 rows, those after the cursor; the list has others before them.',
      'b: Only 2 rows of 1,000, those after the cursor.',
    ]);
    expect(notes({ after: null })).toHaveLength(1);
  });

  test('rows of several lists are not called the first ones', () => {
    const query = `{ strategies(first: 2) { nodes { id iterations(first: 1) { nodes { id } pageInfo { hasNextPage } } } pageInfo { hasNextPage } } }`;
    const iterations = { nodes: [{ id: '7' }], pageInfo: { hasNextPage: true } };
    const nodes = ['1', '2'].map((id) => ({ id, iterations }));
    const notes = (pageInfo?: { hasNextPage: boolean }) =>
      pageNotes(listsIn(query, { strategies: { nodes: [...nodes], ...(pageInfo && { pageInfo }) } })).map(
        ({ text }) => text,
      );
    expect(notes({ hasNextPage: false })).toEqual(['strategies › iterations: Only 2 rows; the list has more.']);
    expect(notes({ hasNextPage: true })).toEqual([
      'strategies: Only the first 2 rows; the list has more.',
      'strategies › iterations: Only 2 rows; the list has more.',
    ]);
    // It only may be cut, but the inner one is.
    expect(notes()).toEqual([
      'strategies: These may be only the first rows: select pageInfo { hasNextPage } to know.',
      'strategies › iterations: Only 2 rows; the list has more.',
    ]);
  });

  test('a list that is whole itself, in one that is cut, has no note of its own', () => {
    const query =
      '{ strategies(first: 1) { nodes { id iterations { nodes { id } totalCount } } pageInfo { hasNextPage } } }';
    const strategy = { id: '1', iterations: { nodes: [{ id: '7' }], totalCount: 1 } };
    const lists = listsIn(query, { strategies: { nodes: [strategy], pageInfo: { hasNextPage: true } } });
    expect(pageNotes(lists).map(({ text }) => text)).toEqual(['strategies: Only the first row; the list has more.']);
    // Alone, it is not complete.
    const inner = lists.filter(({ name }) => name === 'strategies › iterations');
    expect(pageNotes(inner).map(({ text }) => text)).toEqual(['Only 1 row; the list has more.']);
  });

  test('counts items, also those without values of their own', () => {
    const query =
      '{ conversions(first: 2) { nodes { explanation { iterations { candidates { id } } } } pageInfo { hasNextPage } } }';
    const node = { explanation: { iterations: { candidates: [{ id: '1' }] } } };
    const data = { conversions: { nodes: [node, node], pageInfo: { hasNextPage: true } } };
    expect(pageNotes(listsIn(query, data)).map(({ text }) => text)).toEqual([
      'conversions: Only the first 2 rows; the list has more.',
    ]);
  });

  describe('without a schema', () => {
    const read = (query: string, data: unknown) => listsOf(data, shapeOf(null, parse(query), null, {}))[0];
    const nodes = [
      { day: '2026-01-01', metrics: { conversions: 2 } },
      { day: '2026-01-03', metrics: { conversions: 1 } },
    ];
    const drawn = (list: ReturnType<typeof read>) =>
      list && chartOf(list, { time: 'day', metric: 'metrics.conversions', group: null }).lines[0]?.values;

    test.each([
      ['', [2, 0, 1], 'complete', 'UTC'],
      ['(timeZone: "Asia/Tokyo")', [2, 0, 1], 'complete', 'Asia/Tokyo'],
      ['(having: { minConversions: 1 })', [2, null, 1], 'complete', 'UTC'],
      ['(after: "x")', [2, null, 1], 'cut', 'UTC'],
    ])('arguments are read from the operation: %s', (args, values, extent, timeZone) => {
      const query = `{ metrics${args} { nodes { day metrics { conversions } } pageInfo { hasNextPage } } }`;
      const list = read(query, { metrics: { nodes, pageInfo: { hasNextPage: false } } });
      expect(list).toMatchObject({ extent, timeZone });
      expect(drawn(list)).toEqual(values);
    });

    test('a time zone is that of the lists in it, and an argument may be in a fragment', () => {
      const query = `{ ...All } fragment All on Query { metrics(timeZone: "Asia/Tokyo") {
        nodes { day drillDown { nodes { day } } } } }`;
      const data = { metrics: { nodes: [{ day: '2026-01-01', drillDown: { nodes: [{ day: '2026-01-01' }] } }] } };
      const lists = listsOf(data, shapeOf(null, parse(query), null, {}));
      expect(lists.map(({ timeZone }) => timeZone)).toEqual(['Asia/Tokyo', 'Asia/Tokyo']);
    });

    test.each(['planMetricsPush(input: {})', 'pushDrift'])('a page of %s may be a part', (field) => {
      const list = read(`{ ${field} { rows { iterationId } } }`, { [field.split('(')[0] ?? '']: { rows: nodes } });
      expect(list && pageNote(list)).toBe('These may be only the first rows: select pageInfo { hasNextPage } to know.');
    });

    test('and without the operation, nothing is assumed', () => {
      const list = listsOf({ metrics: { nodes, pageInfo: { hasNextPage: false } } }, null)[0];
      expect(list).toMatchObject({ extent: 'unknown', hasBounds: null, timeZone: null });
      expect(drawn(list)).toEqual([2, null, 1]);
      expect(list && pageNote(list)).toBe(
        'These may not be all rows: the page no longer has the query of this answer. Run it again to know.',
      );
    });
  });

  const whole = {
    count: 2,
    isFromStart: true,
    isAfterCursor: false,
    hasNext: null,
    doubt: null,
  } as const;
  const after = { extent: 'cut', total: null, isAfterCursor: true, isFromStart: false } as const;
  test.each([
    [{ ...after, hasNext: true }, 'Only 2 rows, those after the cursor; the list has others before and after them.'],
    [{ ...after, hasNext: false }, 'Only 2 rows, those after the cursor; the list has others before them.'],
    [
      { ...after, hasNext: null },
      'Only 2 rows, those after the cursor; the list has others before them, and may have others after them.',
    ],
    [
      { ...after, count: 1, hasNext: true },
      'Only 1 row, the one after the cursor; the list has others before and after it.',
    ],
    [{ ...after, total: 1000, count: 1 }, 'Only 1 row of 1,000, the one after the cursor.'],
    [{ extent: 'cut', total: 1000 }, 'Only the first 2 rows of 1,000.'],
    [{ extent: 'cut', total: null }, 'Only the first 2 rows; the list has more.'],
    [{ extent: 'cut', total: 3, count: 1 }, 'Only the first row of 3.'],
    [{ extent: 'unknown', total: null }, 'These may be only the first rows: select pageInfo { hasNextPage } to know.'],
    [
      { extent: 'unknown', total: null, doubt: 'select count to know' },
      'These may be only the first rows: select count to know.',
    ],
    [
      { extent: 'unknown', total: null, isFromStart: false },
      'These may not be all rows: select pageInfo { hasNextPage } to know.',
    ],
  ] as const)('%j is said', (list, text) => {
    expect(pageNote({ ...whole, ...list })).toBe(text);
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

describe('what a view shows at first', () => {
  const chosen = (view: 'Table' | 'Chart', query: string, data: unknown) =>
    defaultList(view, listsIn(query, data))?.name;

  test('is the outermost list, for a chart one with its own days', () => {
    expect(chosen('Table', byDay, byDayData)).toBe('strategy › iterations');
    expect(chosen('Chart', byDay, byDayData)).toBe('strategy › iterations › daily');
  });

  test('is the list of a connection, not its totals, which have another name', () => {
    const query =
      '{ metrics(groupBy: [DAY]) { totals { conversions } nodes { day metrics { conversions } drillDown { nodes { id } } } } }';
    const row = { day: '2026-01-01', metrics: { conversions: 2 }, drillDown: { nodes: [{ id: '1' }, { id: '2' }] } };
    const data = { metrics: { totals: { conversions: 2 }, nodes: [row] } };
    expect(listsIn(query, data).map(({ name }) => name)).toEqual(['metrics', 'metrics › drillDown', 'metrics: totals']);
    expect(chosen('Table', query, data)).toBe('metrics');
    expect(chosen('Chart', query, data)).toBe('metrics');
  });

  test('is a list with rows, or else an object', () => {
    const query = '{ dataStatus { build mirror { table } } iterations { nodes { id sequence createdAt } } }';
    const dataStatus = { build: 'b', mirror: [] };
    const nodes = [{ id: '7', sequence: 1, createdAt: '2026-01-01T00:00:00.000000Z' }];
    expect(chosen('Table', query, { dataStatus, iterations: { nodes } })).toBe('iterations');
    expect(chosen('Chart', query, { dataStatus, iterations: { nodes } })).toBe('iterations');
    expect(chosen('Table', query, { dataStatus, iterations: { nodes: [] } })).toBe('dataStatus');
    expect(chosen('Chart', query, { dataStatus, iterations: { nodes: [] } })).toBe('dataStatus');
  });
});

test.each([
  ['# How many?\n#\n# Best seen as Chart: lines.\nquery Q { a }', 'Chart'],
  ['# Best seen as Poster.\n{ a }', undefined],
  ['{ a(text: "Best seen as Chart") }', undefined],
])('the comment of %j names the view %s', (query, view) => {
  expect(stateNamedIn(query)?.view).toBe(view);
});

test.each<[View, Choices, string | null]>([
  ['JSON', { list: 'a' }, null],
  ['Timeline', { list: 'a' }, 'Best seen as Timeline'],
  ['Table', { list: 'a › b', metric: 'm' }, 'Best seen as Table, in `a › b`'],
  ['Chart', {}, 'Best seen as Chart'],
  ['Chart', { metric: 'metrics.payout', group: null }, 'Best seen as Chart of `metrics.payout`, not split'],
  ['Chart', { metric: 'clicks', group: 'id' }, 'Best seen as Chart of `clicks`, split by `id`'],
  ['Chart', { time: 'day', group: null }, 'Best seen as Chart by `day`, one line'],
  [
    'Chart',
    { list: 'a', metric: 'm.x', time: 'day', group: 'a: id' },
    'Best seen as Chart of `m.x` by `day`, lines by `a: id`, in `a`',
  ],
])('a saved query says its view and choices in a comment: %s %j', (view, choices, text) => {
  const query = '{ a { b } }';
  const saved = withStateNamed(query, { view, choices });
  expect(saved).toBe(text === null ? query : `# ${text}.\n${query}`);
  expect(withStateNamed(saved, { view, choices })).toBe(saved);
  // What the view does not use is not saved.
  if (text !== null) expect(withStateNamed(query, stateNamedIn(saved) ?? { view: 'JSON', choices: {} })).toBe(saved);
  if (text !== null) expect(withStateNamed('# What?\n{ a }', { view, choices })).toBe(`# ${text}.\n#\n# What?\n{ a }`);
  const named = '# How many?\n#\n# Best seen as Chart of `x` by `y`: lines.\n{ a }';
  if (text !== null) expect(withStateNamed(named, { view, choices })).toBe(`# How many?\n#\n# ${text}: lines.\n{ a }`);
});

test.each(['x\nquery Injected { a }\n#', 'a`b', 'x'.repeat(201), '', 'a#b', '{ a }'])(
  'a choice that is no name of a list or a column is ignored: %j',
  (text) => {
    expect(choicesOf({ list: text, metric: text, time: text, group: text })).toEqual({});
  },
);

test.each([
  ['# Best seen as Chart, one line per strategy.\n{ a }', { view: 'Chart', choices: {} }],
  ['# Best seen as Charts.\n{ a }', null],
  ['# Best seen as Chart, one lines.\n{ a }', { view: 'Chart', choices: {} }],
  ['\ufeff  # Best seen as Table.\n{ a }', { view: 'Table', choices: {} }],
  ['# How?\n\n# Best seen as Table.\n{ a }', { view: 'Table', choices: {} }],
  // Not above the operation.
  ['{ a }\n# Best seen as Table.', null],
  ['{ a(text: """\n# Best seen as Table.\n""") }', null],
])('prose is not read as a choice: %j', (query, state) => {
  expect(stateNamedIn(query)).toEqual(state);
});

test('a query that is saved as JSON no longer names another view', () => {
  expect(withStateNamed('# Best seen as Chart of `x`: lines.\n{ a }', { view: 'JSON', choices: {} })).toBe(
    '# Best seen as JSON: lines.\n{ a }',
  );
});

test('the edit that names a view leaves the rest of the query as it is', () => {
  const query = '# How?\n# Best seen as Table, in `a`: rows.\n{ a { b } }';
  const chart = { view: 'Chart', choices: {} } as const;
  const edit = stateEdit(query, chart);
  expect(edit && query.slice(edit.from, edit.to)).toBe('Best seen as Table, in `a`');
  expect(edit?.text).toBe('Best seen as Chart');
  expect(stateEdit(edited(query, edit), chart)).toBeNull();
  expect(stateEdit('{ a }', chart)).toEqual({ from: 0, to: 0, text: '# Best seen as Chart.\n' });
  expect(stateEdit('{ a }', { view: 'JSON', choices: {} })).toBeNull();
});

test('views that were stored without choices are read, and what is no view is not', () => {
  const choices = { list: 'a', group: null };
  expect(
    statesOf({
      1: 'Chart',
      2: { view: 'Table', choices: { ...choices, time: 3 } },
      3: 'Cake',
      4: null,
      5: { view: 'Timeline' },
      6: { view: 'Cake', choices },
    }),
  ).toEqual({
    1: { view: 'Chart', choices: {} },
    2: { view: 'Table', choices },
    5: { view: 'Timeline', choices: {} },
  });
});

describe('a table', () => {
  const rows = [['10.0000'], [null], ['9.5000'], ['-1.2000']];

  test('orders exact decimals by size, nulls last in both directions', () => {
    expect(sorted(rows, 0, 'number', 'ascending')).toEqual([['-1.2000'], ['9.5000'], ['10.0000'], [null]]);
    expect(sorted(rows, 0, 'number', 'descending')).toEqual([['10.0000'], ['9.5000'], ['-1.2000'], [null]]);
  });

  test('is copied with safe texts, and numbers as they are', () => {
    const copied = tabSeparated(
      ['name', 'payout'],
      [
        ['=HYPERLINK("x")', '-1.2000'],
        ['a\tb\nc', null],
        ['@x', 3],
        ['"quoted" text', true],
        ['-1+1', -2.5],
        ['say "x"', '+1'],
      ],
    );
    expect(copied).toBe(
      [
        'name\tpayout',
        '\'=HYPERLINK("x")\t-1.2000',
        '"a\tb\nc"\t',
        "'@x\t3",
        '"""quoted"" text"\ttrue',
        "'-1+1\t-2.5",
        'say "x"\t\'+1',
      ].join('\n'),
    );
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
      isByDay: true,
      lines: [
        { label: '9', values: [0, 4] },
        { label: '7', values: [2, 1] },
      ],
      omitted: 0,
      repeated: 0,
      isSum: true,
    });
    const ungrouped = chartOf(list, { time: 'day', metric: 'metrics.conversions', group: null });
    expect(ungrouped).toMatchObject({ lines: [{ values: [2, 5] }], repeated: 1, isSum: true });
  });

  test('draws what was chosen, as far as the list has it', () => {
    const list = listsIn(byDay, byDayData)[1];
    const options = list && chartOptions(list);
    if (!options) throw new Error('no options');
    expect(chartChoice(options, {})).toEqual(options.choice);
    expect(chartChoice(options, { time: 'metrics.payout', metric: 'gone', group: 'gone' })).toEqual(options.choice);
    expect(chartChoice(options, { metric: 'metrics.payout', group: null })).toEqual({
      time: 'day',
      metric: 'metrics.payout',
      group: null,
    });
  });

  test('adds up counts and amounts, but not rates', () => {
    const rows = [
      { day: '2026-01-01', payout: '1.5000', rate: 0.5 },
      { day: '2026-01-01', payout: '2.2500', rate: 0.25 },
      { day: '2026-01-02', payout: null, rate: null },
    ];
    const [list] = listsOf({ rows }, null);
    if (!list) throw new Error('no list');
    const values = (metric: string) => chartOf(list, { time: 'day', metric, group: null }).lines[0]?.values;
    expect(values('payout')).toEqual([3.75, null]);
    expect(values('rate')).toEqual([0.5, null]);
  });

  test('fills days that the API omits: conversions and amounts with 0, and clicks and rates with a gap', () => {
    const day = (day: string, conversions: number) => ({
      day,
      metrics: { ...metrics(conversions, 8), conversionRate: conversions / 8 },
    });
    const daily = [day('2026-01-01', 2), day('2026-01-04', 1)];
    const query = '{ iteration(id: "7") { daily { day metrics { conversions clicks payout conversionRate } } } }';
    const [list] = listsIn(query, { iteration: { daily } });
    if (!list) throw new Error('no list');
    const drawn = (metric: string) => chartOf(list, { time: 'day', metric: `metrics.${metric}`, group: null });
    expect(drawn('conversions').times.map((seconds) => new Date(seconds * 1000).getUTCDate())).toEqual([1, 2, 3, 4]);
    expect(drawn('conversions').lines[0]?.values).toEqual([2, 0, 0, 1]);
    expect(drawn('payout').lines[0]?.values).toEqual([2.5, 0, 0, 1.5]);
    expect(drawn('clicks').lines[0]?.values).toEqual([8, null, null, 8]);
    expect(drawn('conversionRate').lines[0]?.values).toEqual([0.25, null, null, 0.125]);
  });

  test.each([
    ['', {}, null, ''],
    ['totalCount', { totalCount: 2 }, null, 'having: { conversions: { min: 1 } }'],
    ['pageInfo { hasNextPage }', { pageInfo: { hasNextPage: true } }, null, ''],
    ['pageInfo { hasNextPage }', { pageInfo: { hasNextPage: false } }, 0, ''],
    ['totalCount', { totalCount: 2 }, 0, ''],
    ['totalCount', { totalCount: 3 }, null, ''],
  ])('fills hours, with 0 only if the list is complete: %s %j', (selection, page, missing, having) => {
    const query = `query Q($first: Int) { metrics(groupBy: [HOUR], first: $first ${having}) { nodes { hour metrics { conversions } } ${selection} } }`;
    const hour = (hour: number, conversions: number) => ({
      hour: `2026-01-01T0${hour}:00:00.000000Z`,
      metrics: { conversions },
    });
    const list = listsIn(query, { metrics: { nodes: [hour(1, 2), hour(4, 1)], ...page } }, { first: 2 })[0];
    if (!list) throw new Error('no list');
    const chart = chartOf(list, { time: 'hour', metric: 'metrics.conversions', group: null });
    expect(chart.times.map((seconds) => new Date(seconds * 1000).getUTCHours())).toEqual([1, 2, 3, 4]);
    expect(chart.isByDay).toBe(false);
    expect(chart.lines[0]?.values).toEqual([2, missing, missing, 1]);
  });

  test('draws a line of its own for rows without a group', () => {
    const rows = [
      { day: '2026-01-01', name: null, value: 1 },
      { day: '2026-01-01', name: 'none', value: 2 },
    ];
    const [list] = listsOf({ rows }, null);
    if (!list) throw new Error('no list');
    expect(chartOf(list, { time: 'day', metric: 'value', group: 'name' }).lines).toEqual([
      { label: 'none', values: [2] },
      { label: '(none)', values: [1] },
    ]);
  });

  test.each([
    [0, 100, [0, 105]],
    [-100, -20, [-105, 1]],
    [-100, 100, [-105, 105]],
    [0, 0, [0, 1]],
    [-10, 0, [-10.5, 1]],
  ])('from %j to %j has 0 and all values on its axis', (least, greatest, expected) => {
    const range = valueRange(least, greatest);
    expect(range.map((each) => each + 0)).toEqual(expected);
  });

  test('the axis of a single day or hour has it in the middle', () => {
    expect(timeRange([86_400], [86_400, 99_000], true)).toEqual([0, 172_800]);
    expect(timeRange([7200], [7200, 99_000], false)).toEqual([3600, 10_800]);
    expect(timeRange([0, 86_400], [0, 50_000], true)).toEqual([0, 50_000]);
    expect(timeRange([], [0, 1], true)).toEqual([0, 1]);
  });

  test.each([
    [1234.5, '1,234.5'],
    [0.0123456789012, '0.0123456789012'],
    [-3, '-3'],
  ])('shows %j with all its digits', (value, text) => {
    expect(numberText(value)).toBe(text);
  });

  test('draws the largest lines', () => {
    const rows = Array.from({ length: maxSeries + 3 }, (_, index) => ({
      day: '2026-01-01',
      name: `n${index}`,
      value: index,
    }));
    const [list] = listsOf({ rows }, null);
    if (!list) throw new Error('no list');
    const chart = chartOf(list, { time: 'day', metric: 'value', group: 'name' });
    expect(chart.lines.map(({ label }) => label)).toEqual(
      Array.from({ length: maxSeries }, (_, i) => `n${maxSeries + 2 - i}`),
    );
    expect(chart.omitted).toBe(3);
  });

  test('has a different color or dash for each line, also in the legend', () => {
    const styles = Array.from({ length: maxSeries }, (_, index) => lineStyle(index));
    expect(new Set(styles.map(({ color, border }) => `${color} ${border}`)).size).toBe(maxSeries);
    expect(styles.map(({ dash, border }) => dash.length > 0 === (border === 'dashed'))).not.toContain(false);
  });

  test('needs a time and a number', () => {
    const [list] = listsOf({ rows: [{ name: 'x' }] }, null);
    expect(list && chartOptions(list)).toBeNull();
  });
});
