import pg from 'pg';

/**
 * The driver's client, with two differences.
 *
 * It takes nothing from libpq's variables (PGOPTIONS, PGAPPNAME …): settings would stand in the startup packet, where a
 * Redshift refuses those that it does not know. And a connection whose login fails is closed at once: the driver leaves it
 * open, and a server keeps such a one, beyond the pool's bound, until its own patience ends.
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

  /** Closes the connection at once, without a word to the server; what it was at fails. */
  drop(): void {
    const { connection } = this as unknown as { connection: { stream: { destroy(): void } } };
    connection.stream.destroy();
  }
}
