import { describe, expect, test } from 'vitest';
import { checkStatement } from '../../scripts/redshift-lint/check.ts';
import { textOf } from '../../scripts/redshift-lint/rule.ts';
import { rules } from '../../scripts/redshift-lint/rules/index.ts';

const refusedBy = (sql: string): string[] => [...new Set(checkStatement(sql).map(({ rule }) => rule))];

test('rule names are unique, and each rule has refused examples and near misses', () => {
  const names = rules.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, refused, accepted } of rules) {
    expect(refused.length, name).toBeGreaterThan(0);
    expect(accepted.length, name).toBeGreaterThan(0);
  }
});

describe.each(rules.map((rule) => [rule.name, rule] as const))('%s', (name, { refused, accepted }) => {
  test('only this rule refuses its examples', () => {
    for (const example of refused) expect(refusedBy(textOf(example)), textOf(example).slice(0, 200)).toEqual([name]);
  });

  test('accepts its near misses', () => {
    for (const example of accepted) expect(refusedBy(textOf(example)), textOf(example).slice(0, 200)).toEqual([]);
  });
});
