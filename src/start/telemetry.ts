import type { TracesConfig } from '../config/telemetry.ts';
import { throttledLog } from '../http/throttled-log.ts';
import { createTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import type { Start } from './start.ts';

/** Starts the metrics of this process, and traces if they are configured. */
export async function startTelemetry(
  traces: TracesConfig | null,
  { logger, closing }: Pick<Start, 'logger' | 'closing'>,
): Promise<Telemetry> {
  if (traces === null) return createTelemetry(null, true);
  // Loaded here, so that a service without traces has neither its memory nor its start time.
  const { startTracing } = await import('../telemetry/open-telemetry.ts');
  const onFailure = throttledLog((message: string, failures) =>
    logger.warn({ problem: message.slice(0, 300), failures }, 'traces cannot be sent'),
  );
  const tracing = startTracing(traces, onFailure);
  closing.add(() => tracing.close());
  return createTelemetry(tracing, true);
}
