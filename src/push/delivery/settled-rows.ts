import type { DeliveryStore } from '../ports.ts';
import type { RowResult } from '../types.ts';

/** The same store, which calls `onSettled` with the results that it has recorded. */
export const reportSettled = (
  store: DeliveryStore,
  onSettled: (results: readonly RowResult[]) => void,
): DeliveryStore => ({
  ...store,
  settle: async (lease, batch, results) => {
    const isHeld = await store.settle(lease, batch, results);
    if (isHeld) onSettled(results);
    return isHeld;
  },
});
