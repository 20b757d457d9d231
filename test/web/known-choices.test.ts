import { expect, test } from 'vitest';
import { knownChoices } from '../../src/web/results/known-choices.ts';
import type { Choices, View } from '../../src/web/results/view.ts';
import { byDay, byDayData, listsIn } from './answer-of.ts';

test('only choices that the answer has are kept in a link or a saved query', () => {
  const lists = listsIn(byDay, byDayData);
  const chosen = (view: View, choices: Choices, given = lists) => knownChoices({ view, choices }, given);
  const mine = { metric: 'metrics.payout', time: 'day', group: 'iterations: id' };
  expect(chosen('Chart', mine)).toEqual(mine);
  expect(chosen('Chart', { list: 'strategy › iterations › daily', ...mine, group: null })).toEqual({
    list: 'strategy › iterations › daily',
    ...mine,
    group: null,
  });
  expect(chosen('Chart', { list: 'conversions', metric: 'conversionRate', time: 'hour', group: 'name' })).toEqual({});
  // The list around it has no such numbers.
  expect(chosen('Chart', { list: 'strategy › iterations', ...mine })).toEqual({ list: 'strategy › iterations' });
  expect(chosen('Table', { list: 'strategy › iterations' })).toEqual({ list: 'strategy › iterations' });
  // An answer without rows says nothing.
  for (const empty of [[], listsIn('{ iterations { nodes { id } } }', { iterations: { nodes: [] } })])
    expect(chosen('Chart', mine, empty)).toEqual(mine);
  const query = '{ metrics { nodes { day metrics { payout } } } iterations { nodes { id } } }';
  const withOthers = listsIn(query, { metrics: { nodes: [] }, iterations: { nodes: [{ id: '1' }] } });
  const ofEmpty = { list: 'metrics', ...mine };
  expect(chosen('Chart', ofEmpty, withOthers)).toEqual(ofEmpty);
});
