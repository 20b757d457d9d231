import type { PostgresCursor, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type pg from 'pg';
import type { StoreClient } from '../store-client.ts';
import { settlesWithin } from '../timeout.ts';

/** A statement's answer did not come, and nobody knows whether the statement was done. Its connection was given up. */
export class LedgerTimeout extends Error {
  override readonly name = 'LedgerTimeout';

  constructor() {
    super('The ledger did not answer in time.');
  }
}

export interface LoanEvents {
  /** Called once, when it is given back. */
  readonly released: () => void;
  /** Called once, when an answer did not come. */
  readonly silent: () => void;
}

/** A connection on loan, whose every statement comes to an end by itself on this side. */
export class LimitedClient implements PostgresPoolClient {
  readonly #client: StoreClient & pg.PoolClient;
  readonly #milliseconds: number;
  readonly #on: LoanEvents;
  #isGone = false;

  /** @param milliseconds how long each statement's answer is waited for. */
  constructor(client: StoreClient & pg.PoolClient, milliseconds: number, on: LoanEvents) {
    this.#client = client;
    this.#milliseconds = milliseconds;
    this.#on = on;
  }

  query<Row>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>;
  query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>;
  query<Row>(
    text: string | PostgresCursor<Row>,
    parameters: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<Row>> | PostgresCursor<Row> {
    if (typeof text !== 'string') throw new TypeError('The ledger is read without cursors.');
    return this.#answer<Row>(text, parameters);
  }

  release(destroy = false): void {
    this.#client.release(destroy || this.#isGone);
    this.#on.released();
  }

  async #answer<Row>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>> {
    if (this.#isGone) throw new LedgerTimeout();
    const answer = this.#client.query(text, [...parameters]);
    if (await settlesWithin(answer, this.#milliseconds)) return (await answer) as unknown as PostgresQueryResult<Row>;
    this.#isGone = true;
    this.#client.drop();
    this.#on.silent();
    throw new LedgerTimeout();
  }
}
