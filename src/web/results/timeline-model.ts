import type { Cell, ResultList } from './lists.ts';

/** An iteration on the time axis. Times are milliseconds since 1970. */
export interface Bar {
  readonly id: string;
  readonly label: string;
  readonly from: number;
  /** Null: it is the current one. */
  readonly to: number | null;
}

export interface Lane {
  /** The strategy; empty if the answer does not name it. */
  readonly label: string;
  readonly bars: readonly Bar[];
}

/** Sums of a day of all rows of the answer. */
export interface DaySums {
  /** Start of the UTC day. */
  readonly at: number;
  readonly conversions: number;
  /** Null: the answer does not have them. */
  readonly clicks: number | null;
  /** Whether it can still grow. */
  readonly isImmature: boolean;
}

/** The first sighting of a data quality finding. */
export interface Flag {
  readonly at: number;
  readonly label: string;
}

export interface Timeline {
  readonly lanes: readonly Lane[];
  readonly days: readonly DaySums[];
  readonly flags: readonly Flag[];
  /** What the axis covers. */
  readonly from: number;
  readonly to: number;
}

const dayMilliseconds = 86_400_000;

/**
 * The iterations of an answer on a time axis, with its daily conversions and its findings.
 *
 * @param now the end of current iterations, in milliseconds since 1970, unless days follow.
 * @returns null if the answer has no list of iterations with `id` and `createdAt`.
 */
export function timelineOf(lists: readonly ResultList[], now: number): Timeline | null {
  const lanes = lists.flatMap((list) => lanesOf(list));
  const bars = lanes.flatMap((lane) => lane.bars);
  if (bars.length === 0) return null;
  const days = daysOf(lists);
  const flags = lists.flatMap(flagsOf);
  const begins = bars.map(({ from }) => from);
  const ends = bars.map(({ to }) => to ?? now);
  const dayEnds = days.map(({ at }) => at + dayMilliseconds);
  return {
    lanes,
    days,
    flags,
    from: least([...begins, ...days.map(({ at }) => at)]),
    to: greatest([...ends, ...dayEnds]),
  };
}

function lanesOf(list: ResultList): Lane[] {
  const read = reader(list);
  if (list.type !== 'Iteration' || !read.has('id') || !read.has('createdAt')) return [];
  const strategy = ['strategy: name', 'strategies: name', 'strategy.name', 'strategyId', 'strategies: id'].find(
    read.has,
  );
  const lanes = new Map<string, Bar[]>();
  for (const row of list.rows) {
    const from = milliseconds(read.cell(row, 'createdAt'));
    if (from === null) continue;
    const label = strategy === undefined ? '' : String(read.cell(row, strategy) ?? '');
    const bars = lanes.get(label) ?? [];
    lanes.set(label, bars);
    const id = String(read.cell(row, 'id'));
    bars.push({ id, label: String(read.cell(row, 'name') ?? id), from, to: milliseconds(read.cell(row, 'endedAt')) });
  }
  return [...lanes].map(([label, bars]) => ({ label, bars: bars.toSorted((a, b) => a.from - b.from) }));
}

/** Days of the first list that has conversions by day. */
function daysOf(lists: readonly ResultList[]): DaySums[] {
  const list = lists.find((each) => reader(each).has('day') && reader(each).has('metrics.conversions'));
  if (!list) return [];
  const read = reader(list);
  const sums = new Map<number, DaySums>();
  for (const row of list.rows) {
    const at = milliseconds(read.cell(row, 'day'));
    if (at === null) continue;
    const before = sums.get(at);
    const clicks = read.cell(row, 'metrics.clicks');
    sums.set(at, {
      at,
      conversions: (before?.conversions ?? 0) + Number(read.cell(row, 'metrics.conversions')),
      clicks: clicks === null || before?.clicks === null ? null : (before?.clicks ?? 0) + Number(clicks),
      isImmature: (before?.isImmature ?? false) || read.cell(row, 'metrics.isFinal') === false,
    });
  }
  return [...sums.values()].toSorted((a, b) => a.at - b.at);
}

function flagsOf(list: ResultList): Flag[] {
  const read = reader(list);
  if (list.type !== 'DataQualityPeriod' || !read.has('firstSeen.at')) return [];
  return list.rows.flatMap((row) => {
    const at = milliseconds(read.cell(row, 'firstSeen.at'));
    const label = ['check', 'subject', 'detail'].map((name) => read.cell(row, name)).filter((each) => each !== null);
    return at === null ? [] : [{ at, label: label.join(' ') }];
  });
}

function reader({ columns }: ResultList) {
  const indexes = new Map(columns.map(({ name }, index) => [name, index]));
  return {
    has: (name: string): boolean => indexes.has(name),
    cell: (row: readonly Cell[], name: string): Cell => row[indexes.get(name) ?? -1] ?? null,
  };
}

function milliseconds(cell: Cell): number | null {
  const parsed = cell === null ? Number.NaN : Date.parse(String(cell));
  return Number.isNaN(parsed) ? null : parsed;
}

const least = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.min(a, b));
const greatest = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b));
