import { setImmediate } from 'node:timers/promises';
import { ClicksFill, MetricsFill } from '../snapshot/facts.ts';
import { bytesOfFacts, bytesOfTables } from '../snapshot/size.ts';
import { Campaigns, Iterations, Strategies } from '../snapshot/small-tables.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { checkedIterations, namedCampaigns, namedStrategies } from '../snapshot/tables-fill.ts';
import { Unsuitable } from '../snapshot/unsuitable.ts';
import type { BuildReader } from './connect.ts';
import {
  type SnapshotCounts,
  snapshotCampaigns,
  snapshotClicks,
  snapshotCounts,
  snapshotGoals,
  snapshotIterations,
  snapshotMetrics,
  snapshotStrategies,
} from './queries/snapshot.ts';

interface ReadSnapshot {
  readonly snapshot: Snapshot;
  /** Why it lacks the daily tables; null: it has them. */
  readonly reason: string | null;
}

/**
 * Reads the small tables of a build, page by page.
 *
 * @throws {Unsuitable} if they exceed the bound, or hold values that the snapshot can't.
 */
export async function readSnapshot(
  reader: BuildReader,
  hasCampaigns: boolean,
  maxBytes: number,
): Promise<ReadSnapshot> {
  const counts = await snapshotCounts(reader, hasCampaigns);
  if (!counts.distinguishesCase) throw new Unsuitable('the warehouse compares texts without regard to case');
  const tableBytes = bytesOfTables(counts);
  if (tableBytes > maxBytes) throw new Unsuitable(`the tables need ${megabytes(tableBytes)} MiB`);
  const tables = await readTables(reader, hasCampaigns);
  const tableRows = counts.strategies + counts.iterations + counts.campaigns;
  const without = { ...tables, metrics: null, clicks: null, bytes: tableBytes, rows: tableRows };
  const bytes = tableBytes + bytesOfFacts(counts);
  if (bytes > maxBytes)
    return { snapshot: without, reason: `with the daily tables it would need ${megabytes(bytes)} MiB` };
  try {
    const facts = await readFacts(reader, counts);
    const rows = tableRows + counts.metrics + counts.clicks;
    return { snapshot: { ...tables, ...facts, bytes, rows }, reason: null };
  } catch (error) {
    if (error instanceof Unsuitable) return { snapshot: without, reason: error.message };
    throw error;
  }
}

const megabytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);

async function readTables(reader: BuildReader, hasCampaigns: boolean) {
  const strategies = new Strategies(namedStrategies(await all(snapshotStrategies(reader))));
  const iterations = new Iterations(checkedIterations(await all(snapshotIterations(reader))));
  const campaigns = hasCampaigns ? new Campaigns(namedCampaigns(await all(snapshotCampaigns(reader)))) : null;
  return { strategies, iterations, campaigns };
}

async function readFacts(reader: BuildReader, counts: SnapshotCounts) {
  const metrics = new MetricsFill(counts, await snapshotGoals(reader));
  await each(snapshotMetrics(reader), (row) => metrics.add(row));
  const clicks = new ClicksFill(counts);
  await each(snapshotClicks(reader), (row) => clicks.add(row));
  return { metrics: metrics.finish(counts), clicks: clicks.finish(counts) };
}

/** Rows that are processed before requests get their turn. */
const rowsPerTurn = 1_000;

async function each<Row>(pages: AsyncIterable<readonly Row[]>, add: (row: Row) => void): Promise<void> {
  for await (const page of pages) {
    for (let from = 0; from < page.length; from += rowsPerTurn) {
      for (const row of page.slice(from, from + rowsPerTurn)) add(row);
      await setImmediate();
    }
  }
}

async function all<Row>(pages: AsyncIterable<readonly Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  await each(pages, (row) => rows.push(row));
  return rows;
}
