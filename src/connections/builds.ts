import { countRows, fetchPage } from '../db/warehouse/list-query.ts';
import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import { type BuildRow, buildList, buildTimes, historySince } from '../db/warehouse/queries/builds.ts';
import type { ConversionFilter } from '../db/warehouse/queries/conversions.ts';
import { finalThrough } from '../domain/freshness.ts';
import { instantOrNull, secondsBetween } from '../domain/instant.ts';
import { shareOf } from '../domain/rates.ts';
import { BadUserInput, BuildNotKept, WarehouseUnavailable } from '../errors.ts';
import { reasonCounts } from '../schema/attribution-summary.ts';
import type { Build, BuildsArgs } from '../schema/build.ts';
import type { Connection } from '../schema/page.ts';
import { quoted } from '../text.ts';
import { isKept } from '../trust/kept-builds.ts';
import { pagedConnection } from './paged-connection.ts';

/** The build that the request reads. @throws {WarehouseUnavailable} before the first build. */
export async function servedBuild(loaders: WarehouseLoaders): Promise<BuildRow> {
  const build = await loaders.build();
  if (build === null) throw new WarehouseUnavailable('unbuilt');
  return build;
}

/** The builds up to the one that is served, newest first. */
export async function allBuilds(loaders: WarehouseLoaders, page: BuildsArgs): Promise<Connection<Build>> {
  const list = buildList(loaders.warehouse, (await servedBuild(loaders)).build_number);
  return pagedConnection({
    scope: ['builds'],
    columns: list.sort.length,
    page,
    fetch: (request) => fetchPage(loaders.warehouse, list, request),
    count: () => countRows(loaders.warehouse, list),
    position: (row) => [row.build_number],
    node: (row) => toBuild(loaders, row),
  });
}

/**
 * A build by its id; null if there is none. It may be newer than the one that is served: another process, which looked for builds
 * later, may have named it.
 */
export async function buildById(loaders: WarehouseLoaders, id: string): Promise<Build | null> {
  const { build } = await loaders.recordedBuild.load(id);
  return build && toBuild(loaders, build);
}

/**
 * The build that an argument names, whose state the history must have. It may be newer than the one that is served, which was
 * looked up a moment ago.
 *
 * @throws {BuildNotKept} if there is no such build, or the history does not go back to it.
 */
export async function keptBuild(loaders: WarehouseLoaders, field: string, id: string): Promise<BuildRow> {
  const { build, newest } = await loaders.recordedBuild.load(id);
  if (build && isKept(build, newest)) return build;
  const oldest = await oldestBuild(loaders, newest);
  throw new BuildNotKept({ field, buildId: quoted(id), isRecorded: build !== null, oldestBuild: oldest });
}

/**
 * The number of the build of `atBuild`; null without one, for the build that is served.
 *
 * @param filter of the conversions to read at this build.
 * @throws {BadUserInput} if the filter needs what the history does not have.
 */
export async function numberAt(
  loaders: WarehouseLoaders,
  atBuild: string | null | undefined,
  filter: ConversionFilter | null | undefined,
): Promise<string | null> {
  if (typeof atBuild !== 'string') return null;
  requireFilterOfHistory('filter', filter);
  return (await keptBuild(loaders, 'atBuild', atBuild)).build_number;
}

/**
 * Checks that the history can answer a filter.
 *
 * @param path of the argument with the filter.
 * @throws {BadUserInput} if the filter needs what the history does not have.
 */
export function requireFilterOfHistory(path: string, filter: ConversionFilter | null | undefined): void {
  if (typeof filter?.aroundBoundary !== 'number') return;
  throw new BadUserInput(
    `${path}.aroundBoundary`,
    'needs the ends of iterations, which have no history; use boundaryWithin',
  );
}

async function oldestBuild(loaders: WarehouseLoaders, build: BuildRow): Promise<string | null> {
  const since = historySince(build);
  return since === null ? null : ((await loaders.buildByNumber.load(since))?.build_id ?? null);
}

/** A build by its number; null without one, or if it is not recorded. */
export async function buildByNumber(loaders: WarehouseLoaders, number: string | null): Promise<Build | null> {
  const row = number === null ? null : await loaders.buildByNumber.load(number);
  return row && toBuild(loaders, row);
}

/** A build as the API shows it. */
function toBuild(loaders: WarehouseLoaders, row: BuildRow): Build {
  const times = buildTimes(row);
  const startedAt = instantOrNull(row.started_at);
  const [conversions, attributed] = [Number(row.conversions), Number(row.attributed)];
  const { rule_version: ruleVersion = null } = row;
  return {
    id: row.build_id,
    number: row.build_number,
    ...times,
    startedAt,
    durationSeconds: startedAt === null || times.builtAt === null ? null : secondsBetween(startedAt, times.builtAt),
    finalThrough: finalThrough(times),
    conversions,
    attributed,
    unattributed: conversions - attributed,
    unattributedShare: shareOf(conversions - attributed, conversions),
    reasons: reasonCounts((status) => Number(row[status.toLowerCase() as Lowercase<typeof status>])),
    findings: () => loaders.findingCounts.load(row.build_id),
    ruleVersion: ruleVersion === null ? null : Number(ruleVersion),
    historySince: () => oldestBuild(loaders, row),
  };
}
