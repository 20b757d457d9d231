import type { DailyClicks } from './daily-clicks.ts';
import type { DailyMetrics } from './daily-metrics.ts';
import type { Campaigns, Iterations, Strategies } from './small-tables.ts';

/**
 * The small tables of one build in memory. They never change, so answers are those of SQL on the build's tables, text for text.
 * What a part can't answer is undefined, and is read with SQL.
 */
export interface Snapshot {
  readonly strategies: Strategies;
  readonly iterations: Iterations;
  /** Null: the build has no such table. */
  readonly campaigns: Campaigns | null;
  /** Null: they exceed the memory, or hold values that it can't. */
  readonly metrics: DailyMetrics | null;
  readonly clicks: DailyClicks | null;
  /** An estimate, rounded up. */
  readonly bytes: number;
  /** Rows of all tables. */
  readonly rows: number;
}
