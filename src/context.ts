import type { AnswerInProgress } from './answers/answer-in-progress.ts';
import type { Caller } from './auth/caller.ts';
import type { LedgerReads } from './db/ledger/connect.ts';
import { createLedgerLoaders, type LedgerLoaders } from './db/ledger/loaders.ts';
import type { BuildWatch } from './db/warehouse/build-watch.ts';
import type { Warehouse } from './db/warehouse/connect.ts';
import { createLoaders, type WarehouseLoaders } from './db/warehouse/loaders.ts';
import type { Snapshots } from './db/warehouse/snapshots.ts';
import type { FreshnessLimits } from './domain/freshness.ts';
import type { ExportStep } from './export/step.ts';
import type { RequestOutcome } from './http/request-outcome.ts';
import type { RequestInProgress } from './limits/request-in-progress.ts';
import type { OpenPushing, Pushing } from './push/index.ts';
import type { SavedQueries } from './saved-queries/saved-queries.ts';

/** What resolvers have access to. Created for each request. */
export interface Context {
  /** Who sent the request. */
  readonly caller: Caller;
  /** Its id in the log. */
  readonly requestId: string;
  /** Its time limit, and the signal that ends its work. */
  readonly request: RequestInProgress;
  /** The text of the document, if the request names it by its id; else null. */
  readonly trustedDocument: string | null;
  /** Set if it is a part of an export. */
  readonly exportStep: ExportStep | null;
  /** What metrics and traces say about it. */
  readonly outcome: RequestOutcome;
  /** What is found out about its answer, which may be shared with other requests and kept. */
  readonly answer: AnswerInProgress;
  /** The warehouse. Look-ups are batched within the request; those by id also with other requests. */
  readonly loaders: WarehouseLoaders;
  /** Pushes of metrics to AdSuite. */
  readonly push: Pushing;
  /** The ledger of pushes, to list runs. */
  readonly ledger: LedgerReads;
  /** The ledger of pushes, with look-ups batched within the request. */
  readonly pushes: LedgerLoaders;
  /** The queries that callers have saved in the ledger. */
  readonly savedQueries: SavedQueries;
  readonly now: () => Date;
  readonly staleAfterMinutes: FreshnessLimits;
}

export interface ContextOptions extends Omit<Context, 'loaders' | 'pushes' | 'push'> {
  readonly warehouse: Warehouse;
  readonly push: Pick<OpenPushing, 'within'>;
  readonly builds: BuildWatch;
  /** Null: the warehouse answers everything. */
  readonly snapshots: Snapshots | null;
}

export function createContext({ warehouse, builds, snapshots, push, ...rest }: ContextOptions): Context {
  const ledger = rest.ledger.within(rest.request.signal);
  return {
    ...rest,
    ledger,
    loaders: createLoaders(warehouse, builds, rest.request.signal, snapshots),
    push: push.within(rest.request),
    pushes: createLedgerLoaders(ledger),
  };
}
