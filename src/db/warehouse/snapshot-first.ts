import type { Answer } from '../answer.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { BuildRow } from './queries/builds.ts';
import type { Snapshots } from './snapshots.ts';

export interface SnapshotFirst {
  readonly build: () => Promise<BuildRow | null>;
  /** Null: the warehouse answers everything. */
  readonly snapshots: Snapshots | null;
  /** Counts the answers from memory. */
  readonly reads: { snapshot: number };
}

export type Ask = <Value>(
  inMemory: (snapshot: Snapshot) => Value | undefined,
  inSql: () => Promise<Value>,
) => Answer<Value>;

/** How the snapshot of a request's build is asked before the warehouse. */
export interface AskFirst {
  readonly ask: Ask;
  /** The same for sums. Those of a request that would hold up others, about 40 ms together, are left to the warehouse. */
  readonly askForSums: Ask;
}

/** Iterations and rows that a request may look at in memory. */
const maxWork = 1_000_000;

const workOf = ({ metrics, clicks }: Snapshot): number => (metrics?.work ?? 0) + (clicks?.work ?? 0);

/** Asks the snapshot of the build, without a promise once the build is known; then the warehouse. */
export function snapshotFirst({ build, snapshots, reads }: SnapshotFirst): AskFirst {
  // Picked once, so that a snapshot that is completed or dropped meanwhile changes nothing.
  let picked: Snapshot | null | undefined = snapshots === null ? null : undefined;
  let picking: Promise<void> | undefined;
  const pick = async (): Promise<void> => {
    // An error of the look-up is that of the statement, too.
    const row = await build().catch(() => null);
    picked = row && snapshots ? snapshots.of(row) : null;
  };
  const ask: Ask = (inMemory, inSql) => {
    if (picked === undefined) {
      picking ??= pick();
      return picking.then(() => ask(inMemory, inSql));
    }
    const answer = picked ? inMemory(picked) : undefined;
    if (answer === undefined) {
      snapshots?.counted('warehouse');
      return inSql();
    }
    reads.snapshot += 1;
    snapshots?.counted('snapshot');
    return answer;
  };
  let work = 0;
  const askForSums: Ask = (inMemory, inSql) => {
    const withinLimit: typeof inMemory = (snapshot) => {
      if (work >= maxWork) return undefined;
      // Nothing else runs meanwhile.
      const before = workOf(snapshot);
      const answer = inMemory(snapshot);
      work += workOf(snapshot) - before;
      return answer;
    };
    return ask(withinLimit, inSql);
  };
  return { ask, askForSums };
}
