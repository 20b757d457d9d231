import type { DeliveryStore } from '../ports.ts';
import type { RowState } from '../types.ts';

/** How many rows got a result, by state. */
export type SettledRows = Readonly<Partial<Record<RowState, number>>>;

/** The same store, which calls `onSettled` with the numbers of results that it has recorded. */
export const reportSettled = (store: DeliveryStore, onSettled: (settled: SettledRows) => void): DeliveryStore => ({
  ...store,
  settle: async (lease, batch, results) => {
    const isHeld = await store.settle(lease, batch, results);
    if (isHeld) onSettled(counted(results.map(({ state }) => state)));
    return isHeld;
  },
});

function counted(states: readonly RowState[]): SettledRows {
  const counts: Partial<Record<RowState, number>> = {};
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
