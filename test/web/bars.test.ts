import { expect, test } from 'vitest';
import { barChoice, barNotes, barOptions, barsOf, maxBars } from '../../src/web/results/bars.ts';
import { defaultList } from '../../src/web/results/default-list.ts';
import { knownChoices } from '../../src/web/results/known-choices.ts';
import { listsIn } from './answer-of.ts';

const query = `query { metrics(groupBy: [ITERATION]) { nodes { iterationId iteration { name }
  metrics { clickConversionRate clickConversionInterval { lower upper } clicks } } } }`;
const row = (id: string | null, name: string | null, rate: number | null) => ({
  iterationId: id,
  iteration: name === null ? null : { name },
  metrics: {
    clickConversionRate: rate,
    clickConversionInterval: rate === null ? null : { lower: rate - 0.1, upper: rate + 0.2 },
    clicks: 100,
  },
});
const listOf = (...nodes: ReturnType<typeof row>[]) => {
  const [list] = listsIn(query, { metrics: { nodes } });
  if (!list) throw new Error('no list');
  return list;
};
const drawn = (list: ReturnType<typeof listOf>, chosen = {}) => {
  const options = barOptions(list);
  if (!options) throw new Error('no bars');
  return barsOf(list, barChoice(options, chosen));
};

test('rows are bars in their order, with their texts and the interval of their rate', () => {
  const { bars, range, omitted, intervalName } = drawn(listOf(row('7', 'Seven', 0.5), row('8', null, 0.25)));
  expect(bars).toEqual([
    { label: '7, Seven', value: 0.5, text: '0.5', interval: [0.4, 0.7] },
    { label: '8', value: 0.25, text: '0.25', interval: [0.15, 0.45] },
  ]);
  expect({ range, omitted, intervalName }).toEqual({
    range: [0, 0.7],
    omitted: 0,
    intervalName: 'metrics.clickConversionInterval',
  });
});

test('metric and label can be chosen; a choice that the list does not have is left to the view', () => {
  const list = listOf(row('7', 'Seven', 0.5));
  const chosen = { metric: 'metrics.clicks', group: 'iteration.name' };
  expect(drawn(list, chosen)).toMatchObject({
    bars: [{ label: 'Seven', value: 100, interval: null }],
    intervalName: null,
  });
  expect(drawn(list, { metric: 'metrics.payout', group: 'name' }).bars).toMatchObject([
    { label: '7, Seven', value: 0.5 },
  ]);
  expect(knownChoices({ view: 'Chart', choices: { ...chosen, time: 'day' } }, [list])).toEqual(chosen);
});

test('rows without a value or a text, and more rows than bars', () => {
  expect(drawn(listOf(row(null, null, null)))).toMatchObject({
    bars: [{ label: '(none)', value: null, text: '–', interval: null }],
    range: [0, 1],
  });
  const many = drawn(listOf(...Array.from({ length: maxBars + 2 }, (_, index) => row(String(index), null, 0.5))));
  expect(many).toMatchObject({ omitted: 2 });
  expect(many.bars).toHaveLength(maxBars);
  expect(barNotes(many)[0]).toBe('Only the first 30 of 32 rows are drawn.');
});

test('counts and amounts keep all digits, and rates have six', () => {
  const texts = (value: unknown) => {
    const [list] = listsIn('{ metrics { nodes { strategyId metrics { value: payout } } } }', {
      metrics: { nodes: [{ strategyId: '1', metrics: { value } }] },
    });
    const options = list && barOptions(list);
    return options && barsOf(list, barChoice(options, {})).bars[0]?.text;
  };
  expect([1_234_567, '1234567.89', '0.10', 1 / 3].map(texts)).toEqual(['1,234,567', '1,234,567.89', '0.1', '0.333333']);
  // More than a JavaScript number can hold.
  expect(texts('12345678901234567.89')).toBe('12345678901234567.89');
});

test('rows of a nested list with the same texts also have those around them', () => {
  const query = '{ metrics { nodes { strategyId metrics { byGoal { goalReferenceId conversions } } } } }';
  const node = (strategyId: string, ...goals: string[]) => ({
    strategyId,
    metrics: { byGoal: goals.map((goalReferenceId) => ({ goalReferenceId, conversions: 1 })) },
  });
  const labels = (...nodes: ReturnType<typeof node>[]) => {
    const list = listsIn(query, { metrics: { nodes } }).find(({ name }) => name.endsWith('byGoal'));
    return list && drawn(list).bars.map(({ label }) => label);
  };
  expect(labels(node('1', 'g1'), node('2', 'g2'))).toEqual(['g1', 'g2']);
  expect(labels(node('1', 'g1', 'g2'), node('2', 'g1'))).toEqual(['g1, 1', 'g2, 1', 'g1, 2']);
});

test('an object, and a list without numbers or rows, has no bars; a chart prefers a list that has them', () => {
  const lists = listsIn(
    '{ dataStatus { build lagSeconds } strategies { nodes { id iterations { nodes { id sequence } } } } }',
    {
      dataStatus: { build: 'b', lagSeconds: 5 },
      strategies: { nodes: [{ id: '1', iterations: { nodes: [{ id: '7', sequence: 1 }] } }] },
    },
  );
  expect(lists.filter(barOptions).map(({ name }) => name)).toEqual(['strategies › iterations']);
  expect(defaultList('Chart', lists)?.name).toBe('strategies › iterations');
  expect(barOptions(listOf())).toBeNull();
});
