import { ledgerKind } from './kinds.ts';
import { type EmbeddedStore, openDatabase, openEmbeddedStore, type StoreOptions } from './store.ts';

/**
 * Opens the ledger's database in DATA_DIR/ledger, and serves it on a Unix socket to clients that write. What is in it is
 * its clients' affair.
 *
 * A commit that was acknowledged survives the end of the process, however sudden: PGlite writes its log before it
 * answers. It does not force the disk to (fsync is off in it), so a power cut may cost what was written last.
 *
 * @throws {EmbeddedStoreError} where a person has to do something.
 */
export function openEmbeddedLedger(options: StoreOptions): Promise<EmbeddedStore> {
  return openEmbeddedStore(ledgerKind, options, (worker, files) => openDatabase(worker, files, ledgerKind));
}
