import { ClicksFill, IterationRowsFill, MetricsFill } from '../snapshot/facts.ts';
import { bytesOfFacts, bytesOfTables } from '../snapshot/size.ts';
import { Campaigns, Iterations, Strategies } from '../snapshot/small-tables.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { eachIndex, inTurns } from '../snapshot/steps.ts';
import { CampaignsFill, IterationsFill, StrategiesFill } from '../snapshot/tables-fill.ts';
import { Unsuitable } from '../snapshot/unsuitable.ts';
import type { BuildReader } from './connect.ts';
import {
  isReadByDay,
  type SnapshotCounts,
  snapshotCampaigns,
  snapshotClicks,
  snapshotCounts,
  snapshotGoals,
  snapshotIterationRows,
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
 * @param check called before each statement and each step. It ends the fill if it throws.
 * @throws {Unsuitable} if they exceed the bound, or hold values that the snapshot can't.
 */
export async function readSnapshot(
  all: BuildReader,
  hasCampaigns: boolean,
  maxBytes: number,
  check: () => void = () => {},
): Promise<ReadSnapshot> {
  const reader: BuildReader = {
    ...all,
    rows: async (name, query) => {
      check();
      return all.rows(name, query);
    },
  };
  const counts = await snapshotCounts(reader, hasCampaigns);
  if (!counts.distinguishesCase) throw new Unsuitable('the warehouse compares texts without regard to case');
  const tableBytes = bytesOfTables(counts);
  if (tableBytes > maxBytes) throw new Unsuitable(`the tables need ${megabytes(tableBytes)} MiB`);
  const tables = await readTables(reader, hasCampaigns, check);
  const tableRows = counts.strategies + counts.iterations + counts.campaigns;
  const without = { ...tables, metrics: null, clicks: null, bytes: tableBytes, rows: tableRows };
  const bytes = tableBytes + bytesOfFacts(counts);
  if (bytes > maxBytes)
    return { snapshot: without, reason: `with the daily tables it would need ${megabytes(bytes)} MiB` };
  try {
    const facts = await readFacts(reader, counts, check);
    const rows = tableRows + counts.metrics + counts.clicks;
    return { snapshot: { ...tables, ...facts, bytes, rows }, reason: null };
  } catch (error) {
    if (error instanceof Unsuitable) return { snapshot: without, reason: error.message };
    throw error;
  }
}

const megabytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);

async function readTables(reader: BuildReader, hasCampaigns: boolean, check: () => void) {
  const strategies = await each(snapshotStrategies(reader), new StrategiesFill(), check);
  const iterations = await each(snapshotIterations(reader), new IterationsFill(), check);
  const campaigns = hasCampaigns ? await each(snapshotCampaigns(reader), new CampaignsFill(), check) : null;
  return {
    strategies: await inTurns(Strategies.of(strategies.finish()), check),
    iterations: await inTurns(Iterations.of(iterations.rows), check),
    campaigns: campaigns && (await inTurns(Campaigns.of(campaigns.finish()), check)),
  };
}

async function readFacts(reader: BuildReader, counts: SnapshotCounts, check: () => void) {
  const counted = async (table: 'iteration_metrics_daily' | 'iteration_clicks_daily') =>
    isReadByDay(reader) ? each(snapshotIterationRows(reader, table), new IterationRowsFill(table), check) : null;
  const goals = await snapshotGoals(reader);
  const metricsFill = new MetricsFill(counts, goals, await counted('iteration_metrics_daily'));
  const metrics = await inTurns((await each(snapshotMetrics(reader), metricsFill, check)).finish(counts), check);
  const clicksFill = new ClicksFill(counts, await counted('iteration_clicks_daily'));
  const clicks = await inTurns((await each(snapshotClicks(reader), clicksFill, check)).finish(counts), check);
  return { metrics, clicks };
}

/** Adds the rows of all pages to a fill. */
async function each<Row, Fill extends { add(row: Row): void }>(
  pages: AsyncIterable<readonly Row[]>,
  fill: Fill,
  check: () => void,
): Promise<Fill> {
  for await (const page of pages)
    await inTurns(
      eachIndex(page.length, (index) => fill.add(page[index] as Row)),
      check,
    );
  return fill;
}
