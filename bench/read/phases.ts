import type { PostgresConnection } from '../../local/postgres/server.ts';
import { type DelayingProxy, startDelayingProxy } from './delaying-proxy.ts';
import type { Generator } from './generator.ts';
import { type Cell, Figures, type Measured, measure } from './measure.ts';
import { type RunningServer, type Setting, startServer, stopServers } from './running.ts';
import type { Mode, Workload } from './workloads.ts';

export interface Options {
  readonly workloads: readonly Workload[];
  readonly modes: readonly Mode[];
  /** Requests in progress at a time. */
  readonly concurrency: readonly number[];
  readonly rounds: number;
  readonly seconds: number;
  /** Of each answer of PostgreSQL, in milliseconds. */
  readonly delay: number;
}

/** What both phases measure, and with what. */
export interface Bench extends Setting {
  readonly generator: Generator;
  readonly servers: readonly RunningServer[];
  readonly report: (line: string) => void;
}

/** A server behind a delaying proxy. */
export interface Delayed extends Measured {
  readonly statements: number;
}

const instrumentsOf = ({ generator, source, data: { postmaster } }: Bench) => ({ generator, source, postmaster });

const warmUpSeconds = 1.5;

/** Measures every workload in every mode, round by round. */
export async function measureLocal(options: Options, bench: Bench): Promise<Measured[]> {
  const { workloads, modes, concurrency, rounds } = options;
  const cells = modes.flatMap((mode) =>
    concurrency.flatMap((each) => workloads.map((workload): Cell => ({ workload, mode, concurrency: each }))),
  );
  for (const server of bench.servers) await warmUp(server, workloads, bench);
  const measured: Measured[] = [];
  for (const [at, cell] of cells.entries()) {
    // A server without documents has no new ones.
    const all = bench.servers
      .filter(({ dialect }) => cell.mode !== 'new' || dialect !== 'bare')
      .map((server) => ({ server, figures: new Figures() }));
    for (let round = 0; round < rounds; round += 1) {
      for (const { server, figures } of all) {
        await measure(instrumentsOf(bench), server, cell, options.seconds, figures);
      }
    }
    measured.push(...all.map(({ server, figures }) => ({ cell, server: server.name, figures })));
    bench.report(`${at + 1}/${cells.length} ${lineOf(cell, measured.slice(-all.length))}`);
  }
  return measured;
}

async function warmUp(server: RunningServer, workloads: readonly Workload[], bench: Bench): Promise<void> {
  bench.report(`Warming up ${server.name}`);
  for (const workload of workloads) {
    const cell: Cell = { workload, mode: 'other', concurrency: 8 };
    await measure(instrumentsOf(bench), server, cell, warmUpSeconds, new Figures());
  }
}

const lineOf = ({ workload, mode, concurrency }: Cell, all: readonly Measured[]): string => {
  const rates = all.map(({ server, figures }) => `${server} ${figures.perSecond.toFixed(1)}`);
  return `${workload} ${mode} c=${concurrency}: ${rates.join(', ')} requests/s`;
};

/** Starts the same servers again, each behind a proxy, and measures every workload without repeated requests. */
export async function measureDelayed(options: Options, bench: Bench): Promise<Delayed[]> {
  const { workloads, concurrency, seconds, delay } = options;
  const { report, data } = bench;
  report(`Starting the servers again, with every answer of PostgreSQL delayed by ${delay} ms`);
  const started: { readonly server: RunningServer; readonly proxy: DelayingProxy }[] = [];
  const proxies: DelayingProxy[] = [];
  try {
    for (const { name, cursors } of bench.servers) {
      const proxy = await startDelayingProxy(data.warehouse.port, delay);
      proxies.push(proxy);
      const behind: PostgresConnection = { ...data.warehouse, port: proxy.port };
      started.push({ server: await startServer(name, bench, behind, cursors), proxy });
    }
    for (const { server } of started) await warmUp(server, workloads, bench);
    const measured: Delayed[] = [];
    for (const workload of workloads) {
      for (const each of concurrency) {
        const cell: Cell = { workload, mode: 'other', concurrency: each };
        for (const { server, proxy } of started) {
          const figures = new Figures();
          const before = proxy.statements;
          await measure(instrumentsOf(bench), server, cell, seconds, figures);
          measured.push({ cell, server: server.name, figures, statements: proxy.statements - before });
        }
        report(`delayed: ${lineOf(cell, measured.slice(-started.length))}`);
      }
    }
    return measured;
  } finally {
    await stopServers(started.map(({ server }) => server));
    await Promise.all(proxies.map((proxy) => proxy.close()));
  }
}
