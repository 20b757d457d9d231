import type { ServingOptions } from './worker-protocol.ts';

/** A store that can be embedded: what differs between them. */
export interface EmbeddedStoreKind {
  /** What it is called, also its folder in DATA_DIR. */
  readonly name: 'warehouse' | 'ledger';
  /** What to do with files that can't be opened: a sentence or more for a person. */
  readonly remedy: string;
  readonly serving: ServingOptions;
}

export const embeddedWarehouse: EmbeddedStoreKind = {
  name: 'warehouse',
  remedy:
    'It holds nothing but what was loaded from the demo data or WAREHOUSE_CSV: delete that folder to have it made ' +
    'anew, or choose another DATA_DIR.',
  // Whoever connects comes to look: the next start would not notice what was written by hand.
  serving: { readOnly: true, idleMilliseconds: 30_000 },
};

export const embeddedLedger: EmbeddedStoreKind = {
  name: 'ledger',
  remedy:
    'It holds the history of all pushes and what AdSuite accepted last: put a backup of that folder in its place, or ' +
    'choose another DATA_DIR. With an empty one, the next push sends every iteration once more.',
  // A push's rows are written in one transaction, and a page of the plan may be long in coming from the warehouse.
  serving: { readOnly: false, idleMilliseconds: 300_000 },
};
