/** The ledger can't be used as it is, or as it was configured; the message says what to do. Holds no secret. */
export class LedgerUnusable extends Error {
  override readonly name = 'LedgerUnusable';
}
