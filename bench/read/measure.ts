import { LocalError } from '../../local/errors.ts';
import type { Generator } from './generator.ts';
import { cpuSeconds } from './processes.ts';
import type { RunningServer } from './running.ts';
import { distinct, type Mode, type Source, type Workload } from './workloads.ts';

/** What is measured together: one row of a table. */
export interface Cell {
  readonly workload: Workload;
  readonly mode: Mode;
  readonly concurrency: number;
}

/** The figures of one server in one cell. */
export interface Measured {
  readonly cell: Cell;
  readonly server: string;
  readonly figures: Figures;
}

/** The figures of a server in a cell, over all rounds. */
export class Figures {
  readonly latencies: number[] = [];
  seconds = 0;
  bytes = 0;
  /** CPU time in seconds. */
  service = 0;
  postgres = 0;

  get requests(): number {
    return this.latencies.length;
  }

  get perSecond(): number {
    return this.requests / this.seconds;
  }

  /** CPU time of the service and PostgreSQL for a request, in seconds. */
  get cpu(): number {
    return (this.service + this.postgres) / this.requests;
  }

  /** In milliseconds. */
  quantile(part: number): number {
    const sorted = Float64Array.from(this.latencies).sort();
    return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
  }
}

/** What measures. */
export interface Instruments {
  readonly generator: Generator;
  readonly source: Source;
  /** The process id of PostgreSQL, whose CPU time counts with that of its children. */
  readonly postmaster: number;
}

/**
 * Sends requests to a server for some seconds, and adds what they took to the figures.
 *
 * @throws {LocalError} if an answer is not right, or there were more requests than different variables
 */
export async function measure(
  { generator, source, postmaster }: Instruments,
  server: RunningServer,
  { workload, mode, concurrency }: Cell,
  seconds: number,
  figures: Figures,
): Promise<void> {
  const before = { service: cpuSeconds(server.process.pid), postgres: cpuSeconds(postmaster) };
  const result = await generator.run({
    origin: server.origin,
    dialect: server.dialect,
    headers: server.headers,
    cursors: workload === 'E' ? server.cursors : null,
    workload,
    mode,
    concurrency,
    seconds,
    first: server.next.get(workload) ?? 0,
  });
  if (result.failures > 0)
    throw new LocalError(
      `${result.failures} of ${result.latencies.length} answers of ${server.name} to ${workload} failed.`,
    );
  figures.service += cpuSeconds(server.process.pid) - before.service;
  figures.postgres += cpuSeconds(postmaster) - before.postgres;
  server.next.set(workload, result.next);
  if (result.next > distinct(workload, source))
    throw new LocalError(
      `${server.name} got so many requests of ${workload} that they repeat. Measure for fewer seconds.`,
    );
  for (const latency of result.latencies) figures.latencies.push(latency);
  figures.seconds += result.seconds;
  figures.bytes += result.bytes;
}
