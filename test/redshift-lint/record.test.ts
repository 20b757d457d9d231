import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeRules } from '../../scripts/redshift-lint/check.ts';
import {
  addToRecord,
  checkRecorded,
  emptyRecord,
  kindOf,
  type RecordedStatement,
  readRecord,
  reviewRecord,
} from '../../scripts/redshift-lint/record.ts';
import { rules } from '../../scripts/redshift-lint/rules/index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'record-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const good: RecordedStatement = { name: 'a.page', sql: 'select a from x where b = $1', kinds: ['string'] };
const other: RecordedStatement = { name: 'b.page', sql: 'select b from x', kinds: [] };

test('the record holds each distinct statement of all test files once, until it is emptied', () => {
  expect(readRecord(join(folder, 'absent'))).toEqual([]);
  addToRecord([good, other], folder);
  addToRecord([good, { ...good, kinds: ['null'] }], folder);
  expect(readRecord(folder)).toHaveLength(3);
  emptyRecord(folder);
  expect(readRecord(folder)).toEqual([]);
});

test('a complete record without faults passes, with the number of shapes per query', () => {
  const another = { ...good, sql: 'select a from x where b in ($1)' };
  const { shapes, faults } = reviewRecord([other, good, { ...good, kinds: ['null'] }, another], ['a.page', 'b.page']);
  expect(faults).toEqual([]);
  expect([...shapes]).toEqual([
    ['a.page', 2],
    ['b.page', 1],
  ]);
});

test('an empty record and a missing query are faults', () => {
  expect(reviewRecord([], ['a.page', 'b.page']).faults).toHaveLength(2);
  expect(reviewRecord([good], ['a.page', 'b.page']).faults).toEqual([expect.stringMatching(/^b\.page: no test sent/)]);
});

test('a fault is reported once per query and rule, with position and source', () => {
  const bad = [1, 2, 3].map((value) => ({ ...good, sql: `select now() from x where a = ${value}` }));
  const [fault, ...rest] = reviewRecord(bad, []).faults;
  expect(rest).toEqual([]);
  expect(fault).toMatch(
    /^a\.page: now\(\).*\(clock\)\n {2}at: now\(\) from x where a = 1\n.*\[guide, .*\]\n {2}3 times$/,
  );
});

test('anything but one SELECT with plain parameters is a fault', () => {
  const rulesOf = (statement: RecordedStatement) => checkRecorded(statement).map(({ rule }) => rule);
  expect(rulesOf({ ...good, sql: 'delete from x where a = $1' })).toEqual(['service-writes']);
  expect(rulesOf({ ...good, sql: 'select a into y from x' })).toEqual(['service-writes']);
  expect(rulesOf({ ...good, sql: 'select a from x; delete from x' })).toEqual(['service-writes']);
  expect(rulesOf({ ...good, sql: 'select a from x; select b from x' })).toEqual(['service-writes']);
  expect(rulesOf({ ...good, kinds: ['Array', 'Date', 'null', 'number'] })).toEqual([
    'parameter-kind',
    'parameter-kind',
  ]);
  const values = ['a', 1, true, 1n, null, undefined, [], new Date(0), Buffer.of(1), {}];
  expect(values.map(kindOf)).toEqual([
    ...['string', 'number', 'boolean', 'bigint', 'null', 'null', 'Array', 'Date', 'Buffer', 'Object'],
  ]);
});

test('the list of rules names every rule', () => {
  const list = describeRules();
  for (const { name, construct } of rules) expect(list).toContain(`${name}: ${construct}\n`);
  expect(list.length).toBeLessThan(100_000);
});
