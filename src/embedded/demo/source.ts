import type { CsvSource } from '../csv/source.ts';
import type { RawTable } from '../raw-tables.ts';
import { type Journey, journeys } from './clicks.ts';
import { dayOf, formatInstant, startOf } from './time.ts';
import { makeWorld, type World } from './world.ts';

/** Increment with every change of the demo data: data folders with older demo data are then loaded again. */
const demoVersion = 4;
const chunkCharacters = 1 << 16;
/** Approximate bytes of the files at scale 1, for the progress. */
const sizes: Readonly<Record<string, number>> = { clicks: 20_000_000, events: 9_000_000 };

export interface DemoOptions {
  /** The UTC day before which the data end, like 2026-06-29. */
  readonly end: string;
  /** Multiplies the clicks; 1 if omitted. */
  readonly scale?: number;
}

/** The demo data: synthetic, deterministic, and read as CSV like a user's files. */
export function demoSource({ end, scale = 1 }: DemoOptions): CsvSource {
  const fingerprint = `demo:${demoVersion}:${scale}:${end}`;
  return {
    name: `the demo data until ${end}`,
    hasNotices: false,
    // The demo data is never edited, so another version or end is another origin.
    history: fingerprint,
    advice: null,
    size: (table) => (sizes[table.name] ?? 100_000) * scale,
    problem: () => null,
    open: (table) => encoded(demoFile(table, { end, scale })),
    fingerprint: async () => fingerprint,
    fingerprintOf: () => fingerprint,
  };
}

/**
 * The demo data that are loaded, so that a start on a later day changes nothing and no build is lost; otherwise those until the
 * last midnight.
 *
 * @param loaded origin of the loaded data (CsvSource.history); null if there are none.
 */
export function currentDemoSource(loaded: string | null, now: Date): CsvSource {
  const end = loaded?.split(':').at(-1) ?? '';
  const same = demoSource({ end });
  if (same.history !== loaded) return demoSource({ end: dayOf(now) });
  return { ...same, advice: end < dayOf(now) ? oldDemoAdvice(end) : null };
}

const oldDemoAdvice = (end: string): string =>
  `Notice: they end on ${end} at 00:00 UTC, so answers may be reported as stale. For newer ones see the table in docs/embedded.md.`;

/** One file of the demo data, in chunks of CSV text. */
export function* demoFile(table: RawTable, { end, scale = 1 }: DemoOptions): Generator<string> {
  let chunk = `${table.columns.map((column) => column.name).join(',')}\n`;
  for (const row of rowsOf(table.name, makeWorld(startOf(end)), scale)) {
    chunk += `${row.join(',')}\n`;
    if (chunk.length < chunkCharacters) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

type Row = readonly (string | number | null)[];

/** The rows, in the order of the table's columns. No text contains a comma or a quote. */
function* rowsOf(name: string, world: World, scale: number): Generator<Row> {
  switch (name) {
    case 'strategies':
      for (const { id, name, offer, createdAt } of world.strategies) yield [id, name, offer, formatInstant(createdAt)];
      return;
    case 'iterations':
      for (const row of world.iterations) yield [row.id, row.strategy, row.name, formatInstant(row.createdAt)];
      return;
    case 'campaigns':
      for (const { id, name, offer } of world.campaigns) yield [id, name, offer];
      return;
    case 'clicks':
      for (const { id, campaign, at, iteration, loadedAt } of loaded(world, scale, 'clicks'))
        yield [id, campaign, formatInstant(at), iteration, formatInstant(loadedAt)];
      return;
    case 'events':
      for (const { id, type, click, goal, payout, at, loadedAt } of loaded(world, scale, 'events'))
        yield [id, type, click, goal, payout, formatInstant(at), formatInstant(loadedAt)];
      return;
    default:
      throw new Error(`no demo data for ${name}`);
  }
}

/**
 * The clicks or the events that are loaded before the end of the world, and the last click, or the last conversion, again in its last
 * microsecond: other events do not count for the age of the data. Otherwise the
 * last load, and with it the age of the data, would depend on chance: on some days it is ten minutes before midnight, and the data of a
 * first start in the last ten minutes of the next day would be more than a day old, which is stale.
 */
function* loaded<Kind extends 'clicks' | 'events'>(
  world: World,
  scale: number,
  kind: Kind,
): Generator<Journey[Kind][number]> {
  let last: Journey[Kind][number] | null = null;
  for (const journey of journeys(world, scale)) {
    const rows: readonly Journey[Kind][number][] = journey[kind];
    for (const row of rows) {
      if (row.loadedAt >= world.end) continue;
      yield row;
      if (!('type' in row) || row.type === 'goal_complete') last = row;
    }
  }
  if (last !== null) yield { ...last, loadedAt: world.end - 1 };
}

function* encoded(texts: Iterable<string>): Generator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
