import type { Cell, Figures, Measured } from './measure.ts';
import type { Delayed } from './phases.ts';
import { modes, workloads } from './workloads.ts';

/** The server whose requests per second are 1. */
const reference = 'postgraphile';

const table = (rows: readonly (readonly string[])[]): string =>
  rows
    .flatMap((row, at) => [`| ${row.join(' | ')} |`, ...(at === 0 ? [`|${row.map(() => '---').join('|')}|`] : [])])
    .join('\n');

const number = (value: number): string =>
  Number.isFinite(value) ? value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2) : '-';

const sameCell = (a: Cell, b: Cell): boolean =>
  a.workload === b.workload && a.mode === b.mode && a.concurrency === b.concurrency;

const titleOf = ({ mode, concurrency }: Cell): string => `${mode}, c=${concurrency}`;

/** `2.1x` the reference, or an empty text without it. */
function ratio(measured: readonly Measured[], one: Measured, value: (figures: Figures) => number): string {
  const other = measured.find(({ cell, server }) => server === reference && sameCell(cell, one.cell));
  return other === undefined ? '' : `${number(value(one.figures) / value(other.figures))}x`;
}

/**
 * Two tables with a row per workload and server, and a column per mode and concurrency: requests per second, and CPU time
 * of service and PostgreSQL together, which other programs on the machine disturb less.
 */
export function ratioTables(measured: readonly Measured[]): string {
  return [
    'Requests per second, relative to PostGraphile (more is better)',
    ratioTable(measured, (figures) => figures.perSecond),
    'CPU time of service and PostgreSQL for a request, relative to PostGraphile (less is better)',
    ratioTable(measured, (figures) => figures.cpu),
  ].join('\n\n');
}

function ratioTable(measured: readonly Measured[], value: (figures: Figures) => number): string {
  const columns = [...new Set(measured.map(({ cell }) => titleOf(cell)))];
  const rows = Map.groupBy(measured, ({ cell, server }) => `${cell.workload} | ${server}`);
  return table([
    ['', 'server', ...columns],
    ...[...rows].map(([name, all]) => [
      name,
      ...columns.map((column) => {
        const one = all.find(({ cell }) => titleOf(cell) === column);
        return one === undefined ? '' : ratio(measured, one, value);
      }),
    ]),
  ]);
}

/** A table of all figures for each mode and concurrency. */
export function figureTables(measured: readonly Measured[]): string {
  const header = ['', 'server', 'requests/s', 'ratio', 'p50 ms', 'p99 ms', 'CPU ms: service', 'PostgreSQL', 'kB'];
  const groups = Map.groupBy(measured, ({ cell }) => titleOf(cell));
  return [...groups]
    .map(([title, all]) => {
      const rows = all.map((one) => {
        const { cell, server, figures } = one;
        return [
          cell.workload,
          server,
          number(figures.perSecond),
          ratio(measured, one, ({ perSecond }) => perSecond),
          number(figures.quantile(0.5)),
          number(figures.quantile(0.99)),
          number((1000 * figures.service) / figures.requests),
          number((1000 * figures.postgres) / figures.requests),
          number(figures.bytes / figures.requests / 1024),
        ];
      });
      return `${title}: ${modes[all[0]?.cell.mode ?? 'other']}\n\n${table([header, ...rows])}`;
    })
    .join('\n\n');
}

/** A row per workload and server behind the delaying proxy. */
export function delayedTable(measured: readonly Delayed[], milliseconds: number): string {
  const levels = [...new Set(measured.map(({ cell }) => cell.concurrency))];
  const rows = Map.groupBy(measured, ({ cell, server }) => `${cell.workload} | ${server}`);
  const header = levels.flatMap((c) => [`c=${c} requests/s`, 'ratio', 'p50 ms', 'p99 ms']);
  const body = [...rows].map(([name, all]) => {
    const requests = all.reduce((sum, { figures }) => sum + figures.requests, 0);
    const statements = all.reduce((sum, each) => sum + each.statements, 0);
    const cells = all.flatMap((one) => [
      number(one.figures.perSecond),
      ratio(measured, one, ({ perSecond }) => perSecond),
      number(one.figures.quantile(0.5)),
      number(one.figures.quantile(0.99)),
    ]);
    return [name, (statements / requests).toFixed(2), ...cells];
  });
  return `Every answer of PostgreSQL delayed by ${milliseconds} ms, no request repeated\n\n${table([
    ['', 'server', 'statements per request', ...header],
    ...body,
  ])}`;
}

export function memoryTable(
  servers: readonly { readonly name: string; readonly now: number; readonly peak: number }[],
) {
  const rows = servers.map(({ name, now, peak }) => [name, number(now), number(peak)]);
  return `Memory (RSS) after the requests without a delay\n\n${table([['server', 'MB', 'peak'], ...rows])}`;
}

export const workloadLines = (): string =>
  Object.entries(workloads)
    .map(([name, about]) => `  ${name}  ${about}`)
    .join('\n');
