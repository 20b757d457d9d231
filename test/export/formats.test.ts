import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Column } from '../../src/export/columns.ts';
import { formatOf, type Row } from '../../src/export/formats.ts';

const columns: readonly Column[] = [
  { name: 'id', path: ['id'], kind: 'text' },
  { name: 'payout', path: ['payout'], kind: 'number' },
  { name: 'strategy.name', path: ['strategy', 'name'], kind: 'text' },
  { name: 'causes', path: ['causes'], kind: 'list' },
];
const csv = formatOf({ format: 'csv', bom: false }, columns);
const tableOf = (rows: readonly Row[]) => csv.head + csv.write(rows);

test.each([
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1.2000', "'-1.2000"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\tx', "'\tx"],
  ['\rx', '"\'\rx"'],
  ['\nx', '"\'\nx"'],
  ['＝1', "'＝1"],
  ["'=1", "''=1"],
  ["it's", "it's"],
  ["'quoted'", "'quoted'"],
  ['x;=HYPERLINK(1)', "x;'=HYPERLINK(1)"],
  ['x;\'"=1;;-2', `"x;'""'=1;;'-2"`],
  ['x\t=1', "x\t'=1"],
  ['x\n=1', `"x\n'=1"`],
  ['x; y', 'x; y'],
  ['a=b', 'a=b'],
  [' x ', ' x '],
  ['a,"b"', '"a,""b"""'],
])('the text %j is the cell %j', (text, cell) => {
  expect(csv.write([{ id: text, payout: null, strategy: null, causes: null }])).toBe(`${cell},,,\r\n`);
});

test('numbers are not touched, lists are JSON, and null is empty', () => {
  const rows = [
    { id: 'a', payout: '-1.2000', strategy: { name: null }, causes: ['A', ';=1'] },
    { id: 'b', payout: -5, strategy: null, causes: [] },
  ];
  expect(tableOf(rows)).toBe('id,payout,strategy.name,causes\r\na,-1.2000,,"[""A"",""\\u003b=1""]"\r\nb,-5,,[]\r\n');
});

/** Texts with many of the characters that have a meaning. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom('=', '+', '-', '@', "'", '"', ',', '\t', '\r', '\n', '\r\n', ';', '\uFEFF', '＝'),
      fc.string({ unit: 'binary' }),
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.join(''));
const row = fc.record({
  id: text,
  payout: fc.oneof(fc.constant(null), fc.double({ noNaN: true }), fc.constant('-1.2000')),
  strategy: fc.option(fc.record({ name: fc.option(text) })),
  causes: fc.option(fc.array(text, { maxLength: 3 })),
});

test('a reader gets the same values back, and no text that a spreadsheet runs', () => {
  const formula = /^[=+\-@\t\r\n]/;
  // As docs/api.md says.
  const withoutApostrophe = (cell: string) => cell.replace(/(^|[;\t\r\n])(["']*)'(?=[=+\-@\t\r\n＝＋－＠])/g, '$1$2');
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), (rows) => {
      const [header, ...records] = parse(tableOf(rows), {
        record_delimiter: '\r\n',
        relax_column_count: false,
      }) as string[][];
      expect(header).toEqual(['id', 'payout', 'strategy.name', 'causes']);
      for (const [id = '', , name = '', causes = ''] of records)
        for (const cell of [id, name, causes]) expect(cell).not.toMatch(formula);
      // Excel with semicolons or tabs between cells. Numbers are as they are.
      const withoutNumbers = tableOf(rows.map((each) => ({ ...each, payout: null })));
      for (const cell of withoutNumbers.split(/[;\t\r\n]/)) expect(cell).not.toMatch(/^"*[=+\-@＝＋－＠]/);
      const read = records.map(([id = '', payout, name = '', causes = '']) => [
        withoutApostrophe(id),
        payout,
        withoutApostrophe(name),
        causes === '' ? null : JSON.parse(causes),
      ]);
      expect(read).toEqual(
        rows.map(({ id, payout, strategy, causes }) => [
          id,
          payout === null ? '' : String(payout),
          strategy?.name ?? '',
          causes,
        ]),
      );
    }),
  );
});

test('lines are those of csv-stringify', () => {
  const cells = ['id', 'name'].map((name): Column => ({ name, path: [name], kind: 'number' }));
  const { write } = formatOf({ format: 'csv', bom: false }, cells);
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { minLength: 1 }), (rows) => {
      const expected = stringify(rows, { record_delimiter: '\r\n', quoted_match: /[\r\n]/ });
      expect(write(rows.map(([id, name]) => ({ id, name })))).toBe(expected);
    }),
  );
});

test('a reader that skips blank lines gets each row of one column', () => {
  const { write } = formatOf({ format: 'csv', bom: false }, [
    { name: 'name', path: ['strategy', 'name'], kind: 'number' },
  ]);
  expect(write([{ strategy: null }, { strategy: { name: '' } }, { strategy: { name: 'a' } }])).toBe(
    '""\r\n""\r\na\r\n',
  );
  fc.assert(
    fc.property(fc.array(fc.record({ strategy: fc.option(fc.record({ name: fc.option(text) })) })), (rows) => {
      const read = parse(write(rows), { record_delimiter: '\r\n', skip_empty_lines: true });
      expect(read).toEqual(rows.map(({ strategy }) => [strategy?.name ?? '']));
    }),
  );
});

test('each line of NDJSON is a row, whatever it contains', () => {
  const { write } = formatOf({ format: 'ndjson', bom: true }, columns);
  fc.assert(
    fc.property(fc.array(row), (rows) => {
      const lines = write(rows).split('\n');
      expect(lines.pop()).toBe('');
      expect(lines).toEqual(rows.map((each) => JSON.stringify(each)));
    }),
  );
});
