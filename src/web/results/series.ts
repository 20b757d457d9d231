import type { Cell, Column, ResultList } from './lists.ts';

/** Lines of a chart that can be told apart. */
export const maxSeries = 12;

export interface ChartChoice {
  /** Columns by name. */
  readonly time: string;
  readonly metric: string;
  /** Null: one line. */
  readonly group: string | null;
}

/** The columns that a chart can use, and what it begins with. */
export interface ChartOptions {
  readonly times: readonly Column[];
  readonly metrics: readonly Column[];
  readonly groups: readonly Column[];
  readonly choice: ChartChoice;
}

export interface Chart {
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[];
  /** One value per time; null: none. */
  readonly lines: readonly { readonly label: string; readonly values: readonly (number | null)[] }[];
  /** Lines that were left out: those with the smallest sums. */
  readonly left: number;
  /** Rows that have the time and the group of an earlier one, and are left out: the list has more dimensions than the chart. */
  readonly repeated: number;
}

/**
 * What can be drawn of a list.
 *
 * @returns null if it has no days or instants, or no numbers.
 */
export function chartOptions(list: ResultList): ChartOptions | null {
  const of = (...kinds: Column['kind'][]) => list.columns.filter(({ kind }) => kinds.includes(kind));
  // Days before instants, such as that of the first conversion.
  const times = [...of('day'), ...of('instant')];
  const metrics = of('number');
  const groups = of('text').filter(
    ({ name }) => new Set(values(list, name)).size < list.rows.length || list.rows.length === 1,
  );
  const [time, metric] = [times[0], metrics.find(({ name }) => name.startsWith('metrics.')) ?? metrics[0]];
  if (!time || !metric) return null;
  const group = [null, ...groups.map(({ name }) => name)].find(
    (name) => chartOf(list, { time: time.name, metric: metric.name, group: name }).repeated === 0,
  );
  return { times, metrics, groups, choice: { time: time.name, metric: metric.name, group: group ?? null } };
}

/** The lines of a chart, largest sums first. */
export function chartOf(list: ResultList, { time, metric, group }: ChartChoice): Chart {
  const [times, metrics] = [values(list, time), values(list, metric)];
  const groups = group === null ? [] : values(list, group);
  const lines = new Map<string, Map<number, number | null>>();
  let repeated = 0;
  for (const [index, at] of times.entries()) {
    const seconds = secondsOf(at);
    const value = metrics[index] ?? null;
    if (seconds === null) continue;
    const label = group === null ? metric : String(groups[index] ?? 'none');
    const line = lines.get(label) ?? new Map<number, number | null>();
    lines.set(label, line);
    if (line.has(seconds)) repeated += 1;
    else line.set(seconds, value === null ? null : Number(value));
  }
  const all = [...new Set([...lines.values()].flatMap((line) => [...line.keys()]))].sort((a, b) => a - b);
  const largest = [...lines].sort(([, a], [, b]) => sum(b) - sum(a)).slice(0, maxSeries);
  return {
    times: all,
    lines: largest.map(([label, line]) => ({ label, values: all.map((at) => line.get(at) ?? null) })),
    left: lines.size - largest.length,
    repeated,
  };
}

function values({ columns, rows }: ResultList, name: string): readonly Cell[] {
  const index = columns.findIndex((column) => column.name === name);
  return rows.map((row) => row[index] ?? null);
}

/** Of a day, its start in UTC. */
function secondsOf(cell: Cell): number | null {
  const milliseconds = cell === null ? Number.NaN : Date.parse(String(cell));
  return Number.isNaN(milliseconds) ? null : milliseconds / 1000;
}

const sum = (line: ReadonlyMap<number, number | null>): number =>
  [...line.values()].reduce<number>((total, each) => total + (each ?? 0), 0);
