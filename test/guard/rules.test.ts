import { describe, expect, test } from 'vitest';
import { checkStatement } from '../../scripts/redshift-guard/check.ts';
import { textOf } from '../../scripts/redshift-guard/rule.ts';
import { rules } from '../../scripts/redshift-guard/rules/index.ts';

const refusedBy = (sql: string): string[] => [...new Set(checkStatement(sql).map(({ rule }) => rule))];

test('the rules have names of their own, and each has statements that it refuses and near misses', () => {
  const names = rules.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, refused, accepted } of rules) {
    expect(refused.length, name).toBeGreaterThan(0);
    expect(accepted.length, name).toBeGreaterThan(0);
  }
});

describe.each(rules.map((rule) => [rule.name, rule] as const))('%s', (name, { refused, accepted }) => {
  test('refuses its examples, and no other rule does', () => {
    for (const example of refused) expect(refusedBy(textOf(example)), textOf(example).slice(0, 200)).toEqual([name]);
  });

  test('lets its near misses pass', () => {
    for (const example of accepted) expect(refusedBy(textOf(example)), textOf(example).slice(0, 200)).toEqual([]);
  });
});
