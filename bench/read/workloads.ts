/** The operations that are measured. */
export const workloads = {
  A: '20 strategies with all their iterations and the totals of each',
  B: '1,000 conversions, each with its iteration',
  C: 'one conversion with its strategy and iteration',
  D: 'totals by day and strategy for a month, of 30 strategies',
  E: 'page 200 of 100 conversions, by keyset',
} as const;

export type Workload = keyof typeof workloads;

export const workloadNames = Object.keys(workloads) as readonly Workload[];

/** How requests differ from each other. */
export const modes = {
  same: 'one request, repeated',
  other: 'other variables in each request, never repeated',
  new: 'another document in each request, and other variables',
} as const;

export type Mode = keyof typeof modes;

export const modeNames = Object.keys(modes) as readonly Mode[];

/** A row of the list of conversions by time and id. */
export interface Position {
  readonly convertedAt: string;
  readonly id: string;
}

/** From what requests take their variables. Times are RFC 3339 with six fractional digits, in UTC. */
export interface Source {
  readonly strategyIds: readonly string[];
  /** Random conversions. */
  readonly conversions: readonly Position[];
  /** Consecutive conversions, latest first; the one before page 200 is in the middle. */
  readonly positions: readonly Position[];
  /** First and last day of the conversions, in milliseconds since 1970. */
  readonly days: readonly [number, number];
}

/** The variables of one request, for each workload. */
export interface Inputs {
  readonly A: { readonly strategyIds: readonly string[] };
  readonly B: { readonly since: string };
  readonly C: { readonly id: string };
  /** Days as YYYY-MM-DD; `until` is exclusive. */
  readonly D: { readonly since: string; readonly until: string; readonly strategyIds: readonly string[] };
  /** The row before the page, and its index in the source's positions. */
  readonly E: Position & { readonly index: number };
}

const day = 24 * 3_600_000;
const monthDays = 30;
const dayText = (milliseconds: number) => new Date(milliseconds).toISOString().slice(0, 10);

/** The variables of the request with a number: the same for every server, and others for each number below `distinct`. */
export const inputs: { readonly [W in Workload]: (source: Source, number: number) => Inputs[W] } = {
  A: ({ strategyIds }, number) => ({ strategyIds: someOf(strategyIds, 20, random(number)) }),
  B: ({ conversions }, number) => ({ since: at(conversions, number).convertedAt }),
  C: ({ conversions }, number) => ({ id: at(conversions, number).id }),
  D: ({ strategyIds, days: [first, last] }, number) => {
    const next = random(number);
    const since = first + Math.floor(next() * ((last - first) / day - monthDays)) * day;
    return {
      since: dayText(since),
      until: dayText(since + monthDays * day),
      strategyIds: someOf(strategyIds, 30, next),
    };
  },
  E: ({ positions }, number) => {
    // From the middle outwards.
    const step = Math.ceil((number % positions.length) / 2) * (number % 2 === 0 ? 1 : -1);
    const index = (Math.floor(positions.length / 2) + step + positions.length) % positions.length;
    return { ...at(positions, index), index };
  },
};

/** How many requests of a workload have different variables. */
export function distinct(workload: Workload, { conversions, positions }: Source): number {
  if (workload === 'B' || workload === 'C') return conversions.length;
  return workload === 'E' ? positions.length : Number.POSITIVE_INFINITY;
}

function at<Item>(items: readonly Item[], number: number): Item {
  const item = items[number % items.length];
  if (item === undefined) throw new Error('the source is empty');
  return item;
}

/** Different items in the order of their ids. */
function someOf(ids: readonly string[], count: number, next: () => number): string[] {
  const chosen = new Set<string>();
  while (chosen.size < Math.min(count, ids.length)) chosen.add(at(ids, Math.floor(next() * ids.length)));
  return [...chosen].sort((a, b) => Number(a) - Number(b));
}

/** Reproducible random numbers from 0 to 1 (mulberry32). */
function random(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
