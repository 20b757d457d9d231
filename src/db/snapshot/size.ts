import type { SnapshotCounts } from '../warehouse/queries/snapshot.ts';

// Bytes on a 64-bit Node 24, rounded up; test/snapshot/size.test.ts compares them with the heap.

/** A row as an object with its ids and times as texts, its place in two orders, and its entry in the index by id. */
const strategyBytes = 400;
const iterationBytes = 480;
const campaignBytes = 360;
/** Day, goal, conversions, payout, first and last time. */
const metricsBytes = 4 + 4 + 4 + 8 + 8 + 8;
/** Day and clicks. */
const clicksBytes = 4 + 4;
/** An iteration in the indexes of both daily tables, with its totals. */
const indexBytes = 2 * 250 + 40;

/** Bytes of the strategies, iterations and campaigns of a build in memory. A text that is not Latin takes at most twice the bytes of UTF-8. */
export const bytesOfTables = ({ strategies, iterations, campaigns, nameBytes }: SnapshotCounts): number =>
  strategies * strategyBytes + iterations * iterationBytes + campaigns * campaignBytes + 2 * nameBytes;

/** Bytes of its daily metrics and clicks. */
export const bytesOfFacts = ({ iterations, metrics, clicks }: SnapshotCounts): number =>
  metrics * metricsBytes + clicks * clicksBytes + iterations * indexBytes;
