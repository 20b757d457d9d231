import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkStatement } from '../../scripts/redshift-lint/check.ts';
import { statementBuilder } from '../../src/db/warehouse/dialect.ts';
import type { ParentKey } from '../../src/db/warehouse/list-query.ts';
import { conversionDimensions, isInGroups, metricDimensions } from '../../src/db/warehouse/queries/dimensions.ts';
import { paddedKeys, paddedTexts } from '../../src/db/warehouse/sql.ts';

const builder = statementBuilder();
const expressions = conversionDimensions(metricDimensions);
const compile = (keys: readonly ParentKey[]) =>
  isInGroups(metricDimensions, expressions, keys).build().compile(builder);

/** Keys of all dimensions. As in the table, the first four may be null; status, day and hour never are. */
const value = fc.constantFrom('1', '2', '3');
const missable = fc.option(value, { freq: 2 });
const key: fc.Arbitrary<ParentKey> = fc.tuple(missable, missable, missable, missable, value, value, value);
const keys = fc.array(key, { minLength: 1, maxLength: 150 });

test('the shape of a condition on groups depends on how many keys share the same nulls, not on their order', () => {
  fc.assert(
    fc.property(keys, fc.infiniteStream(fc.nat()), (all, random) => {
      const ranks = new Map(all.map((each) => [each, random.next().value]));
      const shuffled = all.toSorted((one, other) => Number(ranks.get(one)) - Number(ranks.get(other)));
      expect(compile(shuffled).sql).toBe(compile(all).sql);
    }),
  );
});

test('its lists have padded sizes, so the linter accepts them', () => {
  fc.assert(
    fc.property(keys, (all) => {
      const { sql } = compile(all);
      expect(checkStatement(`select event_id from x where ${sql}`)).toEqual([]);
    }),
    { numRuns: 20 },
  );
});

test('it binds no more parameters than Redshift accepts, whichever values are null', () => {
  // One key more than a full step for each of the 16 kinds; the remaining keys have all values, which costs the most
  // parameters.
  const kinds = Array.from({ length: 16 }, (_, bits) =>
    Array.from({ length: 7 }, (_, at) => (at < 4 && bits & (1 << at) ? null : '1')),
  );
  const spread = kinds.flatMap((each) => new Array<ParentKey>(101).fill(each));
  const all = [...spread, ...new Array<ParentKey>(2_500 - spread.length).fill(new Array(7).fill('1'))];
  // Event ids are compared with and without the blanks at their end.
  const filters = 7 * 1_000;
  expect(compile(all).parameters.length + filters).toBeLessThanOrEqual(32_767);
});

test('keys are padded to 1, 10, and hundreds', () => {
  const sizes = [0, 1, 2, 10, 11, 100, 101, 200, 2_500].map((count) => paddedKeys(new Array(count).fill('a')).length);
  expect(sizes).toEqual([0, 1, 10, 10, 100, 100, 200, 200, 2_500]);
});

test('texts are padded with the shortest, so that a long one is sent once', () => {
  const long = 'a'.repeat(1_000);
  expect(paddedTexts([long, 'ab', 'b', 'abc'])).toEqual([long, 'ab', 'b', 'abc', ...new Array(6).fill('b')]);
  expect([paddedTexts([]), paddedTexts([long])]).toEqual([[], [long]]);
});
