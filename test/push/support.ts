import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readContractSchemas } from '../../local/adsuite.ts';
import { startSandbox } from '../../src/embedded/sandbox/index.ts';
import { type AdsuiteClientOptions, createAdsuiteClient } from '../../src/push/adsuite/client.ts';
import type { Batch, OutboxRow } from '../../src/push/types.ts';
import { valuesText } from '../../src/push/values.ts';

export const token = 'the-token-of-the-tests';

/** An outbox row with consistent values. */
export function row(iterationId: string, version = 1, conversions = 2): OutboxRow {
  const payout = `${conversions}.5000`;
  return {
    iterationId,
    strategyId: '3',
    version,
    valuesText: valuesText({
      clicks: 10,
      conversions,
      payout,
      firstConversionAt: '2026-01-08T10:18:24.372261Z',
      lastConversionAt: '2026-02-03T03:59:59.999999Z',
      byGoal: [{ goalReferenceId: 'g1', conversions, payout }],
    }),
  };
}

export function batch(rows: readonly OutboxRow[], given: Partial<Batch> = {}): Batch {
  const build = { id: 'b1', version: 1, asOf: '2026-02-03T04:05:06.000000Z' };
  return { runId: 'run-1', number: 1, build, rows, attempts: 1, ...given };
}

/** A clock that stands still; `strike` ends all its sleeps. */
export function stoppedClock(date = '2026-02-03T04:05:06Z') {
  const sleepers = new Set<() => void>();
  return {
    date: () => new Date(date),
    sleep: (_milliseconds: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        const wake = () => {
          sleepers.delete(wake);
          resolve();
        };
        sleepers.add(wake);
        signal?.addEventListener('abort', wake);
      }),
    strike: () => {
      for (const wake of sleepers) wake();
    },
    /** The number of current sleeps. */
    sleeping: () => sleepers.size,
  };
}

/** A sandbox in memory, and a client for it with a stopped clock. */
export async function startPair(options: Partial<AdsuiteClientOptions> = {}) {
  const sandbox = await startSandbox({ port: 0, token, folder: null, now: () => new Date() });
  const clock = stoppedClock();
  const client = createAdsuiteClient({ url: sandbox.url, token, timeoutMilliseconds: 30_000, clock, ...options });
  return { sandbox, client, clock };
}

/** A signal that is never aborted. */
export const unhurried = (): AbortSignal => new AbortController().signal;

/** Checks values against a schema of the contract; `errors` says why a value does not fit. */
export function contractCheck(schema: 'MetricsPush' | 'MetricsPushAnswer' | 'HeldMetricsPage' | 'Refusal') {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'contract', components: { schemas: readContractSchemas() } });
  const validate = ajv.compile({ $ref: `contract#/components/schemas/${schema}` });
  return (value: unknown): { readonly fits: boolean; readonly errors: string } => ({
    fits: validate(value),
    errors: ajv.errorsText(validate.errors),
  });
}
