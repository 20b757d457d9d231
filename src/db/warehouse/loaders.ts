import DataLoader from 'dataloader';
import { untilAborted } from '../../abort.ts';
import { compareIds } from '../../domain/ids.ts';
import { BuildReplaced, WarehouseUnavailable } from '../../errors.ts';
import type { Page, PageRequest } from '../page.ts';
import type { BuildWatch } from './build-watch.ts';
import type { JoiningReader, Warehouse } from './connect.ts';
import { historyReader } from './history-reader.ts';
import { countRowsPerParent, fetchPagePerParent, keyText } from './list-query.ts';
import {
  batchScheduleFn,
  byJointKey,
  byKey,
  emptyPage,
  idsOf,
  jointLookUp,
  maxKeys,
  perParent,
} from './loader-factories.ts';
import type { Order } from './order.ts';
import { type BuildRow, buildsByIds, buildsByNumbers, isOfThisRelease, readBuild } from './queries/builds.ts';
import {
  type ClickLoadTime,
  type ConversionFilter,
  type ConversionOrderField,
  type ConversionRow,
  clickLoadTimes,
  conversionList,
  conversionsByIds,
} from './queries/conversions.ts';
import { areInGroups, conversionParent, type MetricDimension } from './queries/dimensions.ts';
import { type CopiesRow, copiesOfConversions, type ExplainedRow, explainedConversions } from './queries/explain.ts';
import { type BuildTime, firstSightings, oldestSightings } from './queries/finding-intervals.ts';
import { type WaitingRow, waitingByFixes } from './queries/fixes.ts';
import { type CauseCountRow, causesOfIterations } from './queries/history-causes.ts';
import { type StateRow, stateList, stateParent } from './queries/history-states.ts';
import { mirrorRefreshes } from './queries/mirror.ts';
import { type FindingCounts, findingCounts, qualityOfBuild } from './queries/quality.ts';
import { smallTableLoaders } from './small-table-loaders.ts';
import type { Snapshots } from './snapshots.ts';
import { sourceLoaders } from './source-loaders.ts';

/** The conversions of a `metrics` group. The group's key is passed separately. */
export interface ConversionsOfGroup {
  readonly dimensions: readonly MetricDimension[];
  readonly filter: ConversionFilter;
  readonly order: Order<ConversionOrderField>;
  readonly page: PageRequest;
  /** Number of the build at whose state; null: the build that is served. */
  readonly atBuild: string | null;
  /** Of the days and hours in the group's key; null: UTC. */
  readonly timeZone: string | null;
}

const conversionById = jointLookUp<ConversionRow>(conversionsByIds, (row) => row.id);

/** A request's reads of the warehouse. Look-ups by key are batched: a hundred parents cost as much as one. */
export type WarehouseLoaders = ReturnType<typeof createLoaders>;

/**
 * Creates the loaders of one request, which also cache what they load. All read one build, the newest at the first use.
 *
 * @param signal ends queries that wait or run, with its reason as the error.
 * @param snapshots asked before the warehouse; null: the warehouse answers everything.
 */
export function createLoaders(
  all: Warehouse,
  builds: BuildWatch,
  signal: AbortSignal,
  snapshots: Snapshots | null = null,
) {
  const shared = all.within(signal);
  let picked: ReturnType<BuildWatch['newest']> | undefined;
  let mirror: ReturnType<typeof mirrorRefreshes> | undefined;
  const quality = new Map<string, ReturnType<typeof qualityOfBuild>>();
  const oldest = new Map<string, ReturnType<typeof oldestSightings>>();
  const build = () => {
    // Other requests share the look-up, so it continues.
    picked ??= untilAborted(builds.newest(), signal);
    return picked;
  };
  const reads = { snapshot: 0, tables: 0 };
  const onRead = () => {
    reads.tables += 1;
  };
  const warehouse = watched(readBuild(shared, build), builds, onRead);
  /** The models of earlier releases have not published all tables. */
  const current = readBuild(shared, async () => {
    const picked = await build();
    if (picked !== null && !isOfThisRelease(picked)) throw new WarehouseUnavailable('outdated');
    return picked;
  });
  const ofThisRelease = watched(current, builds, onRead);
  const at = (number: string | null) => (number === null ? warehouse : historyReader(warehouse, [number]));
  const smallTables = smallTableLoaders({ warehouse, ofThisRelease, at, build, snapshots, reads });
  return {
    ...smallTables,
    /** Whether the build's rows and totals that were read all came from its snapshot. */
    isFromSnapshot: () => reads.snapshot > 0 && reads.tables === 0,
    /** The tables of the build. */
    warehouse,
    /** The same, for tables that only the models of this release publish. */
    ofThisRelease,
    /** The state of another build in the history, by its number; null: the tables of the build. */
    warehouseAt: at,
    /** The build that the request reads. */
    build,
    /** The build of what was read; null if nothing was. */
    buildOfAnswer: async () => picked ?? null,
    /** How fresh the AdSuite mirror is now. */
    mirror: () => {
      mirror ??= mirrorRefreshes(shared);
      return mirror;
    },
    /** The data-quality findings of a build; null if the build was not checked. */
    quality: (buildId: string) => {
      const known = quality.get(buildId) ?? qualityOfBuild(shared, buildId);
      quality.set(buildId, known);
      return known;
    },
    /** A build by its id, and the newest one, which may be newer than the build that the request reads. */
    recordedBuild: new DataLoader<string, RecordedBuild>(
      async (ids) => {
        const rows = await buildsByIds(warehouse, ids);
        const newest = rows.toSorted((one, other) => compareIds(other.build_number, one.build_number))[0];
        if (newest === undefined) throw new WarehouseUnavailable('unbuilt');
        return ids.map((id) => ({ build: rows.find((row) => row.build_id === id) ?? null, newest }));
      },
      { maxBatchSize: maxKeys, batchScheduleFn },
    ),
    /** A build by its number. */
    buildByNumber: byKey<BuildRow>(
      (numbers) => buildsByNumbers(warehouse, numbers),
      (row) => row.build_number,
    ),
    /** How many checks found something in a build, by its id; null if it was not checked. */
    findingCounts: new DataLoader<string, FindingCounts | null>(
      async (ids) => {
        const counts = await findingCounts(warehouse, ids);
        return ids.map((id) => counts.get(id) ?? null);
      },
      { maxBatchSize: maxKeys, batchScheduleFn },
    ),
    /** The states of a conversion, newest first. By the conversion's id. */
    statesOf: perParent<StatesOfConversion, Page<StateRow>>(
      ({ through, page }, ids) => {
        const reader = at(through);
        return fetchPagePerParent(reader, stateList(reader, idsOf(ids), through), [stateParent], page);
      },
      () => emptyPage,
    ),
    /** By the conversion's id. */
    stateCountOf: perParent<string, number>(
      (through, ids) => countRowsPerParent(warehouse, stateList(warehouse, idsOf(ids), through), stateParent),
      () => 0,
    ),
    /** Since when a build has found the oldest subject of each check, by check; empty if builds do not record it. */
    oldestFindings: async (buildId: string): Promise<ReadonlyMap<string, BuildTime>> => {
      if (!(await recordsIntervals(build()))) return new Map();
      const known = oldest.get(buildId) ?? oldestSightings(shared, buildId);
      oldest.set(buildId, known);
      return known;
    },
    /** Since when a build (the argument) has found a subject. By check and subject; null if builds do not record it. */
    firstSighting: perParent<string, BuildTime | null>(
      async (buildId, keys) =>
        (await recordsIntervals(build())) ? firstSightings(shared, buildId, keys) : new Map<string, BuildTime>(),
      () => null,
    ),
    /** Why an iteration changed after a build, up to another one. By the iteration's id and the number of the earlier build. */
    causesOfIteration: perParent<string, readonly CauseCountRow[]>(
      async (through, keys) => {
        const iterations = keys.map(([id, since]) => ({ iterationId: String(id), since: String(since) }));
        const rows = await causesOfIterations(at(through), iterations, through);
        return Map.groupBy(rows, (row) => keyText([row.iteration_id, row.since]));
      },
      () => [],
    ),
    conversion: byJointKey(warehouse, conversionById),
    /** What explains a conversion, by its id. */
    explained: byKey<ExplainedRow>(
      (ids) => explainedConversions(warehouse, ids),
      (row) => row.id,
    ),
    /** The copies behind a conversion, by its id: those of the newest build, or of one under way. */
    copiesOf: byKey<CopiesRow>(
      (ids) => copiesOfConversions(shared, ids),
      (row) => row.id,
    ),
    /** What waits for an entry of the work list, by its id. */
    waiting: byKey<WaitingRow>(
      (ids) => waitingByFixes(ofThisRelease, ids),
      (row) => row.id,
    ),
    ...sourceLoaders(shared, warehouse),
    /** What kind of fault of the warehouse an error of these loaders is. */
    kindOfFault: (error: unknown) => shared.explain(error).kind,
    /** By the conversion's id. */
    clickLoadTime: byKey<ClickLoadTime>(
      (ids) => clickLoadTimes(warehouse, ids),
      (row) => row.id,
    ),
    /** By the group's key. */
    conversionsOf: perParent<ConversionsOfGroup, Page<ConversionRow>>(
      ({ dimensions, filter, order, page, atBuild, timeZone }, keys) => {
        const within = areInGroups(dimensions, timeZone, keys);
        const parent = conversionParent(dimensions, timeZone, filter.convertedBetween ?? {});
        const reader = at(atBuild);
        return fetchPagePerParent(reader, conversionList(reader, { filter, within, order, atBuild }), parent, page);
      },
      () => emptyPage,
    ),
  };
}

/** A build, and the newest one when it was looked up. */
export interface RecordedBuild {
  /** Null: there is none with this id. */
  readonly build: BuildRow | null;
  readonly newest: BuildRow;
}

/** The states of a conversion up to a build. */
export interface StatesOfConversion {
  readonly through: string;
  readonly page: PageRequest;
}

const recordsIntervals = async (build: Promise<BuildRow | null>): Promise<boolean> => {
  const newest = await build;
  return newest !== null && isOfThisRelease(newest);
};

/** If the tables of the known build are gone, the next request must find the newest build. */
function watched(reader: JoiningReader, builds: BuildWatch, onRead: () => void): JoiningReader {
  const watch = async <Result>(read: () => Promise<Result>): Promise<Result> => {
    onRead();
    try {
      return await read();
    } catch (error) {
      if (error instanceof BuildReplaced) builds.forget();
      throw error;
    }
  };
  return {
    ...reader,
    rows: (name, query) => watch(() => reader.rows(name, query)),
    lookUp: (lookUp, keys) => watch(() => reader.lookUp(lookUp, keys)),
  };
}
