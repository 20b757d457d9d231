import { expect, test } from 'vitest';
import { remembered } from '../../src/db/warehouse/loader-factories.ts';

test('a look-up is done once for each key, also one that finds nothing', () => {
  const asked: string[] = [];
  const load = remembered<string, number | null>((key) => {
    asked.push(key);
    return key === 'none' ? null : key.length;
  });
  expect(['none', 'one', 'none', 'one'].map(load)).toEqual([null, 3, null, 3]);
  expect(asked).toEqual(['none', 'one']);
});
