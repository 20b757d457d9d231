import { BuildReplaced } from '../../errors.ts';
import type { BuildReader } from './connect.ts';
import { hasStatesOf } from './queries/history-states.ts';

/**
 * Reads the states of builds in the history, which must have them.
 *
 * If the data come from another source, the history begins again with a running build, which deletes all earlier intervals before it
 * is recorded. So if a query finds nothing, it is checked that the history still has these builds.
 *
 * @param builds their numbers.
 * @returns a reader whose queries fail with `BuildReplaced` if the history no longer has them.
 */
export function historyReader(reader: BuildReader, builds: readonly string[]): BuildReader {
  const { isOfOneBuild, dialect, db } = reader;
  return {
    isOfOneBuild,
    dialect,
    db,
    rows: async (name, query) => {
      const rows = await reader.rows(name, query);
      if (rows.every(isNothing) && !(await hasStatesOf(reader, builds))) throw new BuildReplaced();
      return rows;
    },
  };
}

/** Whether a row consists of zeros and nulls: the sums over no rows. */
const isNothing = (row: unknown): boolean =>
  Object.values(row as Readonly<Record<string, unknown>>).every((value) => value === null || Number(value) === 0);
