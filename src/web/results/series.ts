import { everyDay, everyHour } from './days.ts';
import type { Cell } from './kinds.ts';
import { isZeroWithoutRow } from './missing-rows.ts';
import { type Column, nameIn, type ResultList } from './result-list.ts';
import type { Choices } from './view.ts';

/** Lines of a chart that can be told apart. */
export const maxSeries = 8;

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
  /** Whether the times are days. */
  readonly isByDay: boolean;
  /** One value per time; null: not known, which breaks the line. */
  readonly lines: readonly { readonly label: string; readonly values: readonly (number | null)[] }[];
  /** Number of lines that are not drawn: those with the smallest sums. */
  readonly omitted: number;
  /** Rows that have the time and the group of an earlier one: the list has more dimensions than the chart. */
  readonly repeated: number;
  /** Whether the values of repeated rows were added up. Otherwise they are left out: a sum of rates means nothing. */
  readonly isSum: boolean;
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
  const repeatedBy = (group: string | null) => chartOf(list, { time: time.name, metric: metric.name, group }).repeated;
  const { name: group } = [null, ...groups.map(({ name }) => name)]
    .map((name) => ({ name, repeated: repeatedBy(name) }))
    .reduce((least, each) => (each.repeated < least.repeated ? each : least));
  return { times, metrics, groups, choice: { time: time.name, metric: metric.name, group } };
}

/** What is drawn: what was chosen, as far as the list has it. */
export function chartChoice({ times, metrics, groups, choice }: ChartOptions, chosen: Choices): ChartChoice {
  return {
    time: nameIn(times, chosen.time) ?? choice.time,
    metric: nameIn(metrics, chosen.metric) ?? choice.metric,
    group: chosen.group === null ? null : (nameIn(groups, chosen.group) ?? choice.group),
  };
}

/** The lines of a chart, largest sums first. */
export function chartOf(list: ResultList, { time, metric, group }: ChartChoice): Chart {
  const [times, metrics] = [values(list, time), values(list, metric)];
  const groups = group === null ? [] : values(list, group);
  const isSum = isCount(list, metric);
  // By the values: null is another one than the text that names it.
  const lines = new Map<Cell, Map<number, number | null>>();
  let repeated = 0;
  for (const [index, at] of times.entries()) {
    const seconds = secondsOf(at);
    const value = metrics[index] ?? null;
    if (seconds === null) continue;
    const key = groups[index] ?? null;
    const line = lines.get(key) ?? new Map<number, number | null>();
    lines.set(key, line);
    const before = line.get(seconds);
    if (before !== undefined) repeated += 1;
    if (before === undefined || before === null) line.set(seconds, value === null ? null : Number(value));
    else if (isSum) line.set(seconds, sumOf(before, Number(value)));
  }
  const seconds = [...lines.values()].flatMap((line) => [...line.keys()]);
  const every = stepsOf(list, time);
  const all = every
    ? every(seconds.map((each) => each * 1000)).map((each) => each / 1000)
    : [...new Set(seconds)].sort((a, b) => a - b);
  const missing = every && isZeroWithoutRow(list, time, metric) ? 0 : null;
  const largest = [...lines].sort(([, a], [, b]) => sum(b) - sum(a)).slice(0, maxSeries);
  return {
    times: all,
    isByDay: every === everyDay,
    lines: largest.map(([key, line]) => ({
      label: group === null ? metric : key === null ? '(none)' : String(key),
      values: all.map((at) => (line.has(at) ? (line.get(at) ?? null) : missing)),
    })),
    omitted: lines.size - largest.length,
    repeated,
    isSum,
  };
}

/** Amounts have at most ten decimals; a binary sum of them can have more. */
const sumOf = (a: number, b: number): number => Number((a + b).toFixed(10));

/** All days or hours between others, of a column with days or hours; undefined for one with other instants. */
const stepsOf = ({ columns }: ResultList, time: string): typeof everyDay | undefined => {
  const kind = columns.find(({ name }) => name === time)?.kind;
  if (kind === 'day') return everyDay;
  return kind === 'instant' && /(^|[ .])hour$/.test(time) ? everyHour : undefined;
};

const typesOfCounts: ReadonlySet<string | null> = new Set(['Int', 'Decimal']);

/** Whether the values of a column can be added up: counts and amounts, but not rates. */
function isCount(list: ResultList, name: string): boolean {
  const type = list.columns.find((column) => column.name === name)?.type ?? null;
  if (type !== null) return typesOfCounts.has(type);
  return values(list, name).every((cell) => typeof cell !== 'number' || Number.isInteger(cell));
}

/** The cells of a column; null where it is not known. */
export function values({ columns, rows }: ResultList, name: string): readonly Cell[] {
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
