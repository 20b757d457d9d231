import { setTimeout as delay } from 'node:timers/promises';
import type { NetworkFault, Proxy as NetworkProxy } from '../../local/tcp-proxy.ts';

interface Step {
  readonly seconds: number;
  readonly warehouse?: NetworkFault;
  readonly ledger?: NetworkFault;
}

const latency = { kind: 'latency', milliseconds: 30 } as const;
const reset = { kind: 'reset' } as const;
const blackHole = { kind: 'black hole' } as const;

/** One round of faults, with pauses in which the service recovers. */
const schedule: readonly Step[] = [
  { seconds: 1 },
  { seconds: 2, warehouse: latency, ledger: latency },
  { seconds: 1 },
  { seconds: 0.5, warehouse: reset },
  { seconds: 2 },
  { seconds: 2, warehouse: blackHole },
  { seconds: 4 },
  { seconds: 0.5, ledger: reset },
  { seconds: 5 },
  { seconds: 2, ledger: blackHole },
  { seconds: 5 },
  { seconds: 0.5, warehouse: { kind: 'half-close' }, ledger: { kind: 'no answers' } },
  { seconds: 4 },
];

/** For the output. */
export const scheduleText = schedule
  .filter(({ warehouse, ledger }) => warehouse || ledger)
  .map(({ seconds, warehouse, ledger }) => {
    const parts = Object.entries({ warehouse, ledger }).flatMap(([name, fault]) =>
      fault ? [`${name} ${fault.kind}`] : [],
    );
    return `${parts.join(' and ')} ${seconds} s`;
  })
  .join(', ');

/** Repeats the schedule until the signal is aborted, and leaves the network whole. */
export async function breakNetwork(warehouse: NetworkProxy, ledger: NetworkProxy, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      for (const step of schedule) {
        warehouse.setFault(step.warehouse ?? null);
        ledger.setFault(step.ledger ?? null);
        await delay(step.seconds * 1000, undefined, { signal });
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    warehouse.setFault(null);
    ledger.setFault(null);
  }
}
