import { dayMilliseconds, everyDay, startOfDay } from './days.ts';
import type { Cell } from './kinds.ts';
import { isZeroWithoutRow } from './missing-rows.ts';
import type { ResultList } from './result-list.ts';

/** An iteration on the time axis. Times are milliseconds since 1970. */
export interface Bar {
  readonly id: string;
  readonly label: string;
  readonly from: number;
  /** Null: it is the current one, or its end is not known. */
  readonly to: number | null;
  /** Whether the answer has, or implies, when it ends. */
  readonly isEndKnown: boolean;
}

export interface Lane {
  /** Different for each strategy. */
  readonly key: string;
  /** The strategy; empty if the answer does not name it. */
  readonly label: string;
  readonly bars: readonly Bar[];
}

/** Sums of a day of all rows of the answer. */
export interface DaySums {
  /** Start of the UTC day. */
  readonly at: number;
  /** Of days that the list omits, 0 if it is complete. Null: they are not known. */
  readonly conversions: number | null;
  /** Null: the answer does not have them, or not of all rows. */
  readonly clicks: number | null;
  /** Whether it can still grow. */
  readonly isImmature: boolean;
}

export interface Finding {
  /** When it was seen first, in milliseconds since 1970. */
  readonly seen: number;
  readonly label: string;
}

/** Where data quality findings are drawn: when they were seen first, or at the edge of the axis if that is outside of it. */
export interface Flag {
  readonly at: number;
  readonly findings: readonly Finding[];
}

export interface Timeline {
  /** One per strategy. */
  readonly lanes: readonly Lane[];
  readonly days: readonly DaySums[];
  /** Whether the axis has days after the last one that can still get conversions: the list is complete and says which are final. */
  readonly canGrow: boolean;
  /** Of the days; null if unknown. */
  readonly timeZone: string | null;
  readonly flags: readonly Flag[];
  /** What the axis covers. */
  readonly from: number;
  readonly to: number;
}

/**
 * The iterations of an answer on a time axis, with its daily conversions and its findings.
 *
 * @param now the end of current iterations, in milliseconds since 1970, unless one begins later or days follow.
 * @returns null if the answer has no list of iterations with `id` and `createdAt`.
 */
export function timelineOf(lists: readonly ResultList[], now: number): Timeline | null {
  const lanes = lanesOf(lists);
  const bars = lanes.flatMap((lane) => lane.bars);
  if (bars.length === 0) return null;
  const list = dayList(lists);
  const begins = bars.map(({ from }) => from);
  const ends = bars.map(({ from, to }) => to ?? Math.max(from, now));
  const days = list ? daysOf(list, least(begins), greatest(ends)) : [];
  const from = least([...begins, ...days.map(({ at }) => at)]);
  const to = greatest([...ends, ...days.map(({ at }) => at + dayMilliseconds)]);
  const timeZone = list?.timeZone ?? null;
  const canGrow = list?.extent === 'complete' && canGrowAfter(days.at(-1), to, timeZone);
  return { lanes, days, canGrow, timeZone, flags: flagsOf(lists, from, to), from, to };
}

/** Whether days follow that the answer does not have, and that are not final: no day is final before the one before it. */
const canGrowAfter = (last: DaySums | undefined, to: number, timeZone: string | null): boolean =>
  last?.isImmature === true && last.at + dayMilliseconds < to && startOfDay(to - 1, timeZone) > last.at;

/** Columns with the id and the name of the strategy of an iteration, the best first. */
const strategyIds = ['strategyId', 'strategy.id', 'strategy: id', 'strategies: id'];
const strategyNames = ['strategy.name', 'strategy: name', 'strategies: name'];

interface GrowingLane {
  readonly id: string | null;
  readonly name: string | null;
  readonly bars: Bar[];
}

/** Each iteration once, also if several lists have it. Lists of objects that have an `endedAt` are iterations without a schema, too. */
function lanesOf(lists: readonly ResultList[]): Lane[] {
  const lanes = new Map<string, GrowingLane>();
  const known = new Set<string>();
  for (const list of lists) {
    const read = reader(list);
    const isIteration = list.type === 'Iteration' || (list.type === null && read.has('endedAt'));
    if (!isIteration || !read.has('id') || !read.has('createdAt')) continue;
    for (const row of list.rows) {
      const from = milliseconds(read.cell(row, 'createdAt'));
      const id = String(read.cell(row, 'id'));
      if (from === null || known.has(id)) continue;
      known.add(id);
      const strategy = { id: read.first(row, strategyIds), name: read.first(row, strategyNames) };
      const key = JSON.stringify(strategy.id === null ? { name: strategy.name } : strategy.id);
      const lane = lanes.get(key) ?? { ...strategy, bars: [] };
      lanes.set(key, lane);
      lane.bars.push({
        id,
        label: String(read.cell(row, 'name') ?? id),
        from,
        to: milliseconds(read.cell(row, 'endedAt')),
        isEndKnown: read.has('endedAt'),
      });
    }
  }
  return [...lanes].map(([key, lane]) => ({ key, label: labelOf(lane, [...lanes.values()]), bars: barsOf(lane) }));
}

/** The name of a strategy; its id, too, if others have the name. */
function labelOf({ id, name }: GrowingLane, all: readonly GrowingLane[]): string {
  const isRepeated = all.filter((each) => each.name === name).length > 1;
  return [name, name === null || isRepeated ? id : null].filter((part) => part !== null).join(' ');
}

/**
 * Without `endedAt`, an iteration ends where the next one of its strategy begins. If the strategy is not known, the next one may
 * be of another strategy.
 */
function barsOf({ id, name, bars }: GrowingLane): Bar[] {
  const inOrder = bars.toSorted((a, b) => a.from - b.from);
  if (id === null && name === null) return inOrder;
  return inOrder.map((bar, index) => ({
    ...bar,
    to: bar.isEndKnown ? bar.to : (inOrder[index + 1]?.from ?? null),
    isEndKnown: true,
  }));
}

/** The first list that has conversions by day. */
const dayList = (lists: readonly ResultList[]): ResultList | undefined =>
  lists.find((each) => reader(each).has('day') && reader(each).has('metrics.conversions'));

/**
 * All days between those of a list: the API omits days without conversions, and those after one that can still grow can grow, too.
 * Of a list that is cut, all days of the iterations in its time zone: the service may have more of any of them.
 *
 * @param from when the first iteration begins.
 * @param to when the last one ends.
 */
function daysOf(list: ResultList, from: number, to: number): DaySums[] {
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
  const firstImmature = [...sums.values()].reduce(
    (first, { at, isImmature }) => (isImmature ? Math.min(first, at) : first),
    Number.POSITIVE_INFINITY,
  );
  const missing = isZeroWithoutRow(list, 'day', 'metrics.conversions') ? 0 : null;
  const edges = missing === null && sums.size > 0 ? [from, to - 1].map((at) => startOfDay(at, list.timeZone)) : [];
  return everyDay([...sums.keys(), ...edges]).map(
    (at) => sums.get(at) ?? { at, conversions: missing, clicks: null, isImmature: at > firstImmature },
  );
}

/** Findings from outside of the axis are drawn at its edges. */
function flagsOf(lists: readonly ResultList[], from: number, to: number): Flag[] {
  const flags = new Map<number, Finding[]>();
  for (const list of lists) {
    const read = reader(list);
    if (!read.has('check') || !read.has('firstSeen.at')) continue;
    for (const row of list.rows) {
      const seen = milliseconds(read.cell(row, 'firstSeen.at'));
      if (seen === null) continue;
      const at = Math.min(Math.max(seen, from), to);
      const texts = ['check', 'subject', 'detail'].map((name) => read.cell(row, name));
      const label = texts.filter((text) => text !== null).join(' ');
      flags.set(at, [...(flags.get(at) ?? []), { seen, label }]);
    }
  }
  return [...flags].map(([at, findings]) => ({ at, findings })).toSorted((a, b) => a.at - b.at);
}

function reader({ columns }: ResultList) {
  const indexes = new Map(columns.map(({ name }, index) => [name, index]));
  const cell = (row: readonly Cell[], name: string): Cell => row[indexes.get(name) ?? -1] ?? null;
  return {
    has: (name: string): boolean => indexes.has(name),
    cell,
    /** The first value of several columns, as text. */
    first: (row: readonly Cell[], names: readonly string[]): string | null => {
      const found = names.map((name) => cell(row, name)).find((value) => value !== null);
      return found === undefined ? null : String(found);
    },
  };
}

function milliseconds(cell: Cell): number | null {
  const parsed = cell === null ? Number.NaN : Date.parse(String(cell));
  return Number.isNaN(parsed) ? null : parsed;
}

const least = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.min(a, b));
const greatest = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b));
