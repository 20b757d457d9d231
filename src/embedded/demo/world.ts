import { appName, campaignName, changeName } from './names.ts';
import { Random } from './random.ts';
import { day, dayCount, hour, minute } from './time.ts';

export interface DemoStrategy {
  readonly id: number;
  readonly name: string;
  readonly offer: number | null;
  readonly createdAt: number;
}

export interface DemoIteration {
  readonly id: number;
  readonly strategy: number;
  readonly name: string | null;
  readonly createdAt: number;
}

export interface Goal {
  readonly id: string;
  readonly payout: string;
  /** Share of the users at the previous step who reach this goal. */
  readonly share: number;
}

export interface Campaign {
  readonly id: number;
  readonly name: string;
  readonly offer: number | null;
  readonly weight: number;
  readonly goals: readonly Goal[];
}

export interface World {
  /** The demo data are those of this time. The end is exclusive. */
  readonly start: number;
  readonly end: number;
  readonly strategies: readonly DemoStrategy[];
  readonly iterations: readonly DemoIteration[];
  readonly campaigns: readonly Campaign[];
}

const offerCount = 300;
/** Ranks of the unusual offers; the most popular offers are ordinary. */
const odd = { late: [61, 74, 92, 110, 133, 171, 204, 240], bare: [83, 127, 166, 219], shared: [69, 101, 158] };
const neverPlanned = [78, 115, 149, 188, 263];

/** Creates the small tables: strategies, iterations and campaigns. Another end moves all times by the same. Deterministic. */
export function makeWorld(end: number): World {
  const random = new Random(20260105);
  const start = end - dayCount * day;
  const strategies: DemoStrategy[] = [];
  const iterations: Omit<DemoIteration, 'id'>[] = [];
  const campaigns: Campaign[] = [];
  for (let rank = 1; rank <= offerCount; rank++) {
    const offer = 20_000 + rank * 7 + random.int(0, 6);
    const app = appName(random);
    const goals = makeGoals(random);
    const weight = rank ** -0.9;
    campaigns.push(...makeCampaigns(random, offer, app, goals, weight));
    if (neverPlanned.includes(rank)) continue;
    const owners = odd.shared.includes(rank) ? 2 : 1;
    for (let owner = 0; owner < owners; owner++) {
      const id = 1001 + strategies.length;
      // Some strategies were created weeks after their campaigns started.
      const createdAt = random.chance(0.08)
        ? start + random.int(10, 45) * day + random.int(0, day)
        : start - random.int(1, 60) * day - random.int(0, day);
      const name = owner === 0 ? app : `${app} (copy)`;
      strategies.push({ id, name, offer: odd.late.includes(rank) ? null : offer, createdAt });
      if (!odd.bare.includes(rank)) iterations.push(...makeIterations(random, id, createdAt, end));
    }
  }
  for (let index = 0; index < 4; index++) {
    const app = appName(random);
    campaigns.push(...makeCampaigns(random, null, app, makeGoals(random), 0.006));
  }
  iterations.sort((a, b) => a.createdAt - b.createdAt);
  return {
    start,
    end,
    strategies,
    iterations: iterations.map((row, index) => ({ id: 5001 + index, ...row })),
    campaigns,
  };
}

function makeIterations(random: Random, strategy: number, createdAt: number, end: number): Omit<DemoIteration, 'id'>[] {
  const wanted = 2 + Math.floor(34 * random.unit() ** 2.5);
  const gap = (end - createdAt) / wanted;
  const rows: Omit<DemoIteration, 'id'>[] = [];
  let at = createdAt + random.int(1, 90) * minute + random.int(0, minute);
  while (at < end && rows.length < 48) {
    const name = random.chance(0.04) ? null : changeName(rows.length + 1, random);
    rows.push({ strategy, name, createdAt: at });
    // Occasionally two iterations have the same created_at: the first was never live.
    if (random.chance(0.003)) rows.push({ strategy, name: 'correction', createdAt: at });
    at += Math.max(hour, Math.floor(gap * (0.2 + 1.6 * random.unit())));
  }
  return rows;
}

function makeCampaigns(random: Random, offer: number | null, app: string, goals: Goal[], weight: number): Campaign[] {
  const count = random.int(1, 5);
  return Array.from({ length: count }, (_, index) => ({
    id: 700_000 + (offer ?? random.int(1000, 1999)) * 10 + index,
    name: campaignName(app, random),
    offer,
    weight: (weight * (count - index)) / ((count * (count + 1)) / 2),
    goals,
  }));
}

/** Install, then levels, then perhaps a purchase: each step pays more and is reached by fewer users. */
function makeGoals(random: Random): Goal[] {
  const first = random.int(30_000, 89_999);
  const install = 0.2 + random.unit() * 1.2;
  const steps = random.int(2, 4);
  return Array.from({ length: steps }, (_, step) => ({
    id: String(first + step),
    payout: (install * 3.2 ** step * (0.8 + 0.4 * random.unit())).toFixed(step === 0 ? 4 : 2),
    share: step === 0 ? 0.06 + random.unit() * 0.24 : 0.15 + random.unit() * 0.35,
  }));
}
