import pg from 'pg';

/**
 * The driver's client, with two changes.
 *
 * - It ignores libpq's environment variables (PGOPTIONS, PGAPPNAME …). They would add parameters to the startup packet,
 *   and Redshift rejects parameters that it does not know.
 * - It closes a connection as soon as its login fails. The driver leaves that connection open, and the server keeps it,
 *   outside the pool's limit, until its own timeout.
 */
export class StoreClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    const { connectionParameters } = this as unknown as { connectionParameters: object };
    Object.assign(connectionParameters, { application_name: undefined, options: undefined, replication: undefined });
  }

  override connect(): Promise<this>;
  override connect(callback: (error: Error) => void): void;
  override connect(callback?: (error: Error) => void): Promise<this> | undefined {
    if (!callback) {
      return super.connect().catch((error) => {
        this.drop();
        throw error;
      }) as Promise<this>;
    }
    super.connect((error: Error) => {
      if (error) this.drop();
      callback(error);
    });
    return undefined;
  }

  /** Closes the connection immediately, without notifying the server. Pending queries fail. */
  drop(): void {
    const { connection } = this as unknown as { connection: { stream: { destroy(): void } } };
    connection.stream.destroy();
  }
}
