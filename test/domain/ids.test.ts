import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareGoalIds, compareIds, textKey } from '../../src/domain/ids.ts';

test('ids are ordered as numbers', () => {
  const id = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  fc.assert(
    fc.property(id, id, (one, other) => {
      expect(compareIds(String(one), String(other))).toBe(one < other ? -1 : one > other ? 1 : 0);
    }),
  );
});

test('ids of goals are ordered as texts, null last', () => {
  expect(['9', null, '10', '', null, 'a'].toSorted(compareGoalIds)).toEqual(['', '10', '9', 'a', null, null]);
});

test('text ids are compared without the blanks at their end, and only those', () => {
  expect(['a', 'a ', 'a   ', ' a', 'a b ', 'a\t', 'a\u00a0', ' ', ''].map(textKey)).toEqual([
    'a',
    'a',
    'a',
    ' a',
    'a b',
    'a\t',
    'a\u00a0',
    '',
    '',
  ]);
});
