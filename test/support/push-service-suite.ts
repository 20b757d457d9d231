import { describe } from 'vitest';
import type { TestLedger } from './memory-ledger.ts';
import { describeGuards } from './push-suite/guards.ts';
import { describePlanning } from './push-suite/planning.ts';
import { describeRuns } from './push-suite/runs.ts';
import { describeSending } from './push-suite/sending.ts';

/** Planning, recording, retrying and cancelling, on whatever keeps the ledger; `open` makes an empty one. */
export function describePushService(name: string, open: () => Promise<TestLedger>): void {
  describe(`pushing over ${name}`, () => {
    describeSending(open);
    describePlanning(open);
    describeGuards(open);
    describeRuns(open);
  });
}
