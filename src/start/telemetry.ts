import type { TracesConfig } from '../config/telemetry.ts';
import { throttledLog } from '../http/throttled-log.ts';
import { createTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import type { Closing } from './closing.ts';
import type { Log } from './start.ts';

interface OpeningTracing {
  readonly logger: Log;
  readonly closing: Closing;
}

/** Starts the metrics of this process, and traces if they are configured. */
export async function startTelemetry(traces: TracesConfig | null, opening: OpeningTracing): Promise<Telemetry> {
  return createTelemetry(await openTracing(traces, opening), true);
}

/** Starts the traces of this thread; null if none are configured. */
export async function openTracing(
  traces: TracesConfig | null,
  { logger, closing }: OpeningTracing,
): Promise<Tracing | null> {
  if (traces === null) return null;
  // Loaded here, so that a service without traces has neither its memory nor its start time.
  const { startTracing } = await import('../telemetry/open-telemetry.ts');
  const onFailure = throttledLog((message: string, failures) =>
    logger.warn({ problem: message.slice(0, 300), failures }, 'traces cannot be sent'),
  );
  const tracing = startTracing(traces, onFailure);
  closing.add(() => tracing.close());
  return tracing;
}
