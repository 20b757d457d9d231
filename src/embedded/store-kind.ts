import type { ServingOptions } from './worker-protocol.ts';

/** A kind of embedded store. */
export interface EmbeddedStoreKind {
  /** Its name, and its folder in DATA_DIR. */
  readonly name: 'warehouse' | 'ledger';
  /** What to do if its files can't be opened. One or more sentences, for display. */
  readonly remedy: string;
  readonly serving: ServingOptions;
}

export const embeddedWarehouse: EmbeddedStoreKind = {
  name: 'warehouse',
  remedy:
    'It contains only data loaded from the demo data or WAREHOUSE_CSV, and can be created again, but its build numbers then start ' +
    'over: move it away together with the folders ledger and sandbox, or set DATA_DIR to another folder.',
  // Clients may only read: the next start would not notice manual changes.
  serving: { readOnly: true, idleMilliseconds: 30_000 },
};

export const embeddedLedger: EmbeddedStoreKind = {
  name: 'ledger',
  remedy:
    'It contains the history of all pushes and what AdSuite last accepted: restore a backup of that folder, or ' +
    'set DATA_DIR to another folder. With an empty ledger, the next push sends every iteration again.',
  // A push writes its rows in one transaction, and a page of the plan may take long to arrive from the warehouse.
  serving: { readOnly: false, idleMilliseconds: 300_000 },
};
