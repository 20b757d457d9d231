import { defaultStatesPageSize } from '../config/limits.ts';
import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import { historySince } from '../db/warehouse/queries/builds.ts';
import type { StateRow } from '../db/warehouse/queries/history-states.ts';
import type { ConversionState, StatesArgs } from '../schema/change.ts';
import { toConversion } from '../schema/conversion.ts';
import type { Connection } from '../schema/page.ts';
import { servedBuild } from './builds.ts';
import { pagedConnection } from './paged-connection.ts';

/**
 * The states that a conversion had, batched with those of the other conversions in the response; null if the build that is served
 * has no history.
 */
export async function statesOf(
  loaders: WarehouseLoaders,
  conversionId: string,
  page: StatesArgs,
): Promise<Connection<ConversionState> | null> {
  const served = await servedBuild(loaders);
  if (historySince(served) === null) return null;
  const through = served.build_number;
  return pagedConnection({
    scope: ['Conversion.history', conversionId],
    columns: 1,
    page,
    defaultFirst: defaultStatesPageSize,
    fetch: (request) => loaders.statesOf({ through, page: request }, [conversionId]),
    count: () => loaders.stateCountOf(through, [conversionId]),
    position: (row) => [row.from_build_number],
    node: toState,
  });
}

const toState = (row: StateRow): ConversionState => ({
  beginCause: row.begin_cause,
  endCause: row.end_cause,
  state: toConversion(row),
  fromNumber: row.from_build_number,
  untilNumber: row.until_build_number,
});
