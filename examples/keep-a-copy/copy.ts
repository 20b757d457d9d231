import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { openFile } from './file.ts';
import type { CopiedFragment } from './operations.ts';

/** The columns of the copy, named as the fields of the API. Ids, decimals and times are text, and sort as they should. */
const columns = [
  'id',
  'clickId',
  'goalReferenceId',
  'payout',
  'convertedAt',
  'clickedAt',
  'loadedAt',
  'campaignId',
  'status',
  'method',
  'strategyId',
  'iterationId',
] as const satisfies readonly (keyof CopiedFragment)[];

/** All conversions as they were at one build, in an SQLite file. */
export class Copy {
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;

  /** @throws {Error} if the file exists and is not a copy; it is not changed. */
  constructor(path: string) {
    this.#database = openFile(path, [
      `conversions (${columns.join(' text, ')} text, primary key (id))`,
      'state (build text not null)',
    ]);
    this.#put = this.#database.prepare(
      `insert or replace into conversions values (${columns.map(() => '?').join(', ')})`,
    );
    this.#remove = this.#database.prepare('delete from conversions where id = ?');
  }

  /** The build of which this is a copy; null if nothing has been read completely. */
  get build(): string | null {
    const row = this.#database.prepare('select build from state').get();
    return row === undefined ? null : String(row.build);
  }

  /**
   * Changes the copy in one transaction, together with the build of which it is a copy: if the work fails, or this process
   * ends before, everything stays as it was. Two processes cannot change a copy at the same time.
   *
   * @returns the count that the work returned.
   */
  async change(work: () => Promise<{ readonly build: string; readonly count: number }>): Promise<number> {
    this.#database.exec('begin immediate');
    try {
      const { build, count } = await work();
      this.#database.exec('delete from state');
      this.#database.prepare('insert into state values (?)').run(build);
      this.#database.exec('commit');
      return count;
    } catch (error) {
      this.#database.exec('rollback');
      throw error;
    }
  }

  clear(): void {
    this.#database.exec('delete from conversions');
  }

  put(conversion: CopiedFragment): void {
    this.#put.run(...columns.map((column) => conversion[column]));
  }

  remove(id: string): void {
    this.#remove.run(id);
  }

  close(): void {
    this.#database.close();
  }
}
