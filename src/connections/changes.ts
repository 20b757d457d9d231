import { maxPageSize } from '../config/limits.ts';
import { cursorScope, decodeCursor } from '../db/cursor.ts';
import { historyReader } from '../db/warehouse/history-reader.ts';
import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import type { BuildRow } from '../db/warehouse/queries/builds.ts';
import { causesOfConversions } from '../db/warehouse/queries/history-causes.ts';
import { type ChangeRow, changePage, countChanges } from '../db/warehouse/queries/history-changes.ts';
import { causeCounts, iterationChanges, moves } from '../db/warehouse/queries/history-diff.ts';
import { BadUserInput } from '../errors.ts';
import type { BuildDiff, BuildDiffArgs } from '../schema/build-diff.ts';
import type { ChangeConnectionSource, ChangesArgs, ConversionChange } from '../schema/change.ts';
import { toConversion } from '../schema/conversion.ts';
import { causeCountsInOrder, toIterationChange, toMove } from '../trust/build-diff.ts';
import { causesById } from '../trust/causes.ts';
import { laterBuild } from '../trust/kept-builds.ts';
import { keptBuild, requireFilterOfHistory, servedBuild } from './builds.ts';
import { pagedConnection } from './paged-connection.ts';

/**
 * The conversions that differ between two builds, by event id. A cursor carries the newer build of the first page, so that all pages
 * compare the same two, whatever builds finish meanwhile.
 */
export async function changesOf(loaders: WarehouseLoaders, args: ChangesArgs): Promise<ChangeConnectionSource> {
  const { sinceBuild, throughBuild, filter, change, first, after } = args;
  requireFilterOfHistory('filter', filter);
  requireFilterOfHistory('change.before', change?.before);
  requireFilterOfHistory('change.after', change?.after);
  const scope = ['changes', sinceBuild, throughBuild ?? '', filter ?? {}, change ?? {}];
  const pinned = typeof after === 'string' ? decodeCursor(cursorScope(scope), after, 2)[0] : null;
  const since = await keptBuild(loaders, 'sinceBuild', sinceBuild);
  const through = await newerBuild(loaders, since, 'throughBuild', pinned ?? throughBuild ?? null);
  const range = { since: since.build_number, through: through.build_number };
  const warehouse = historyReader(loaders.warehouse, [range.since, range.through]);
  const query = { ...range, filter: filter ?? {}, change: change ?? {} };
  const connection = pagedConnection({
    scope,
    columns: 2,
    page: { first, after },
    fetch: async (request) => {
      const position = request.after?.[1] ?? null;
      const page = await changePage(warehouse, query, { first: request.first, after: position });
      const ids = page.rows.map((row) => row.id);
      const found = once(async () => causesById(await causesOfConversions(warehouse, range, ids)));
      const rows = page.rows.map((row) => ({ ...row, causes: async () => (await found()).get(row.id) ?? [] }));
      return { ...page, rows };
    },
    count: () => countChanges(warehouse, query),
    position: (row) => [through.build_id, row.id],
    node: toChange,
  });
  return { ...connection, throughBuild: through.build_id };
}

/** What differs between two builds. Each part is read when it is selected. */
export async function buildDiff(loaders: WarehouseLoaders, { from, to }: BuildDiffArgs): Promise<BuildDiff> {
  const since = await keptBuild(loaders, 'from', from);
  const through = await newerBuild(loaders, since, 'to', to ?? null);
  const range = { since: since.build_number, through: through.build_number };
  const warehouse = historyReader(loaders.warehouse, [range.since, range.through]);
  const moved = once(() => moves(warehouse, range, maxPageSize));
  const iterations = once(() => iterationChanges(warehouse, range, maxPageSize));
  return {
    from: since.build_id,
    to: through.build_id,
    changed: async () => Number((await moved())[0]?.total ?? 0),
    moveCount: async () => Number((await moved())[0]?.group_count ?? 0),
    largestMoves: async (first) => (await moved()).slice(0, first).map(toMove),
    iterationCount: async () => Number((await iterations())[0]?.group_count ?? 0),
    mostChanged: async (first) => (await iterations()).slice(0, first).map(toIterationChange),
    causes: async () => causeCountsInOrder(await causeCounts(warehouse, range)),
  };
}

/**
 * The newer build of a comparison: the one that is named, or else that which is served. If the older one is newer than that, because
 * this process has not looked for builds since, it is both.
 *
 * @throws {BadUserInput} if the one that is named is older than the other.
 */
async function newerBuild(
  loaders: WarehouseLoaders,
  since: BuildRow,
  field: string,
  named: string | null,
): Promise<BuildRow> {
  if (named === null) return laterBuild(await servedBuild(loaders), since);
  const build = await keptBuild(loaders, field, named);
  if (laterBuild(build, since) === build) return build;
  throw new BadUserInput(field, `build ${named} is older than build ${since.build_id}`);
}

function toChange(row: ChangeRow & Pick<ConversionChange, 'causes'>): ConversionChange {
  const { id, before, after, causes } = row;
  return { id, before: before && toConversion(before), after: after && toConversion(after), causes };
}

/** Calls `read` at the first use only. */
function once<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined;
  return () => {
    value ??= read();
    return value;
  };
}
