import { expect, test } from 'vitest';
import { exampleValues, needsBuild, needsValues, withValues } from '../../src/web/example-values.ts';

const data = {
  metrics: { nodes: [{ strategyId: '77' }, { strategyId: '78' }] },
  conversions: { nodes: [{ convertedAt: '2026-03-31T23:59:59.999999Z' }] },
  builds: { nodes: [{ id: 'newest' }, { id: 'earlier' }] },
};

test('the values are the strategies with the most conversions, the 30 days up to the last one of the data, and the build before the newest', () => {
  expect(exampleValues(data)).toEqual({
    strategyId: '77',
    strategyIds: ['77', '78'],
    lastDays: { from: '2026-03-02T00:00:00Z', to: '2026-04-01T00:00:00Z', fromDay: '2026-03-02', toDay: '2026-03-31' },
    earlierBuild: 'earlier',
  });
});

test('without data there are none, and the variables stay as they are', () => {
  const none = exampleValues({ metrics: { nodes: [] }, conversions: { nodes: [] }, builds: { nodes: [{ id: 'b' }] } });
  expect(none).toEqual({ strategyId: null, strategyIds: [], lastDays: null, earlierBuild: null });
  const variables = { strategyId: '1001', strategyIds: null, from: null, to: null, sinceBuild: 'id of a build' };
  expect(JSON.parse(withValues(JSON.stringify(variables), none))).toEqual(variables);
});

test('variables that ask for such a value get it, and all others stay', () => {
  const filled = (variables: unknown) => JSON.parse(withValues(JSON.stringify(variables), exampleValues(data)));
  expect(filled({ strategyId: '1001', first: 5 })).toEqual({ strategyId: '77', first: 5 });
  expect(filled({ from: null, to: null })).toEqual({ from: '2026-03-02T00:00:00Z', to: '2026-04-01T00:00:00Z' });
  expect(filled({ fromDay: null, toDay: null })).toEqual({ fromDay: '2026-03-02', toDay: '2026-03-31' });
  expect(filled({ from: 'id of a build', to: null })).toEqual({ from: 'earlier', to: null });
  expect(filled({ strategyIds: null })).toEqual({ strategyIds: ['77', '78'] });
  expect(filled({ strategyIds: ['5'] })).toEqual({ strategyIds: ['5'] });
  // A mutation changes nothing until the user enters the id of a run.
  expect(filled({ runId: 'the id of a run' })).toEqual({ runId: 'the id of a run' });
  expect(withValues('', exampleValues(data))).toBe('');
});

test.each([
  ['', false],
  ['{"first":5,"runId":"the id of a run"}', false],
  ['{"from":"2026-01-01T00:00:00Z","to":null}', false],
  ['{"strategyId":"1001"}', true],
  ['{"from":null,"to":null}', true],
  ['{"fromDay":null,"toDay":null}', true],
  ['{"fromDay":null,"toDay":"2026-01-01"}', false],
  ['{"strategyIds":null}', true],
  ['{"strategyIds":["5"]}', false],
  ['{"sinceBuild":"id of a build"}', true],
])('%s needs values of the data: %j', (variables, expected) => {
  expect(needsValues(variables)).toBe(expected);
});

test('only variables with the text for it need a build', () => {
  expect(['', '{"from":null}', '{"from":"id of a build"}'].map(needsBuild)).toEqual([false, false, true]);
});
