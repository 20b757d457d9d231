import type { Warehouse } from '../db/warehouse/connect.ts';
import { newestBuild } from '../db/warehouse/queries/builds.ts';
import { openSnapshots, type SnapshotFill, type Snapshots } from '../db/warehouse/snapshots.ts';
import type { Start } from './start.ts';

const megabyte = 1024 * 1024;

/** The snapshots of the warehouse's builds, which log how they are filled; null: they are turned off. */
export function startSnapshots(
  warehouse: Warehouse,
  maxMegabytes: number,
  { logger }: Pick<Start, 'logger'>,
): Snapshots | null {
  if (maxMegabytes === 0) return null;
  return openSnapshots({
    warehouse,
    maxBytes: maxMegabytes * megabyte,
    clock: () => performance.now(),
    onFill: (fill) => logFill(logger, fill),
  });
}

/**
 * Begins to fill the snapshot of the newest build, before the first operation finds it. If the warehouse is down, that operation
 * does.
 */
export async function fillAtStart(warehouse: Warehouse, snapshots: Snapshots | null): Promise<void> {
  if (snapshots) snapshots.noticed(await newestBuild(warehouse).catch(() => null));
}

function logFill(logger: Start['logger'], { build, milliseconds, ...fill }: SnapshotFill): void {
  const about = { build, milliseconds: Math.round(milliseconds) };
  if (fill.outcome === 'COMPLETE') {
    logger.info({ ...about, bytes: fill.bytes, rows: fill.rows }, 'the snapshot of the build is complete');
  } else if (fill.outcome === 'SUPERSEDED') {
    logger.info({ ...about, by: fill.by }, 'the fill of the snapshot has ended, because there is a newer build');
  } else if (fill.outcome === 'FAILED') {
    const { error: err, retrySeconds } = fill;
    logger.warn({ ...about, err, retrySeconds }, 'the snapshot could not be filled; operations use SQL');
  } else {
    const { outcome, reason } = fill;
    logger.warn(
      { ...about, outcome, reason },
      'the snapshot does not hold the whole build; operations use SQL for the rest',
    );
  }
}
