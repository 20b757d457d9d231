import { Random, Weighted } from './random.ts';
import { day, dayCount, hour, minute, second, weekday } from './time.ts';
import type { Campaign, World } from './world.ts';

export interface Click {
  readonly id: string;
  readonly campaign: number;
  readonly at: number;
  readonly iteration: number | null;
  readonly loadedAt: number;
}

export interface DemoEvent {
  readonly id: string;
  readonly type: string;
  readonly click: string | null;
  readonly goal: string | null;
  readonly payout: string | null;
  readonly at: number;
  readonly loadedAt: number;
}

/** A click and its events. `clicks` has several rows if the click was delivered twice. */
export interface Journey {
  readonly clicks: Click[];
  readonly events: DemoEvent[];
}

/** Weights of weekdays (Monday first) and of the hours of a UTC day: evenings and weekends are busy. */
const weekRhythm = [0.94, 0.91, 0.93, 0.97, 1.04, 1.14, 1.07];
const dayRhythm = Array.from({ length: 24 }, (_, at) => 1 + 0.75 * Math.cos(((at - 20) / 12) * Math.PI));

/**
 * All journeys of the demo, day by day; about 200,000 clicks at scale 1. Deterministic, so that clicks and events can
 * be written one after the other without being held in memory. Some of the last day are loaded after the end.
 */
export function* journeys(world: World, scale: number): Generator<Journey> {
  const random = new Random(20260628);
  const campaigns = new Weighted(world.campaigns.map((campaign) => campaign.weight));
  const hours = new Weighted(dayRhythm);
  yield* boundaryJourneys(world, random);
  for (let index = 0; index < dayCount; index++) {
    const today = world.start + index * day;
    const growth = 0.8 + (0.4 * index) / dayCount;
    const count = Math.round(1140 * scale * (weekRhythm[weekday(today)] ?? 1) * growth * (0.94 + 0.12 * random.unit()));
    const times = new Float64Array(count);
    for (let click = 0; click < count; click++) {
      times[click] = today + hours.pick(random) * hour + Math.floor(random.unit() * hour);
    }
    for (const at of times.sort()) {
      const campaign = world.campaigns[campaigns.pick(random)];
      if (campaign !== undefined) yield journey(random, world, campaign, at);
    }
  }
}

function journey(random: Random, world: World, campaign: Campaign, at: number): Journey {
  const id = random.hex(4);
  const loadedAt = at + random.int(2, 9) * minute + random.int(0, minute);
  const unusual = random.unit();
  const click: Click = {
    id,
    // A campaign that is not in the warehouse yet.
    campaign: unusual < 0.006 ? 990_000 + random.int(1, 40) : campaign.id,
    // A device whose clock is years ahead.
    at: unusual > 0.997 ? at + 4400 * day : at,
    iteration: null,
    loadedAt,
  };
  const clicks = [click];
  if (unusual > 0.985 && unusual < 0.992) clicks[0] = { ...click, iteration: random.pick(world.iterations).id };
  else if (unusual > 0.984 && unusual < 0.985) clicks[0] = { ...click, iteration: random.int(90_001, 90_999) };
  if (random.chance(0.004)) {
    // The same click, delivered again later, sometimes with another campaign.
    const campaignAgain = random.chance(0.5) ? random.pick(world.campaigns).id : click.campaign;
    clicks.push({
      ...click,
      campaign: campaignAgain,
      at: click.at + random.int(0, 5) * second,
      loadedAt: loadedAt + hour,
    });
  }
  return { clicks, events: outcomes(random, campaign, id, at) };
}

function outcomes(random: Random, campaign: Campaign, click: string, clickedAt: number): DemoEvent[] {
  const events: DemoEvent[] = [];
  let at = clickedAt;
  for (const [step, goal] of campaign.goals.entries()) {
    if (!random.chance(goal.share * (step === 0 ? 0.96 : 1))) break;
    at += Math.floor(Math.max(2, random.logNormal(step === 0 ? 260 : 1300, 1.55)) * second);
    if (random.chance(0.12))
      events.push(event(random, { type: 'session_start', click, goal: null, payout: null, at: at - 1 }));
    const lost = random.unit();
    const source = lost < 0.012 ? null : lost < 0.03 ? random.hex(4) : click;
    const payout = random.chance(0.02) ? null : goal.payout;
    const reached = event(random, { type: 'goal_complete', click: source, goal: goal.id, payout, at });
    events.push(reached);
    if (random.chance(0.005)) events.push({ ...reached, loadedAt: reached.loadedAt + 3 * hour });
  }
  return events;
}

function event(random: Random, row: Omit<DemoEvent, 'id' | 'loadedAt'>): DemoEvent {
  // Most events arrive within minutes, some only with the next day's batch.
  const delay = random.chance(0.01) ? random.int(6, 30) * hour : random.int(1, 6) * minute;
  return { id: random.hex(4), ...row, loadedAt: row.at + delay + random.int(0, minute) };
}

/** Clicks at the start of an iteration and one microsecond before it, each with a conversion. */
function* boundaryJourneys(world: World, random: Random): Generator<Journey> {
  for (let index = 0; index < world.iterations.length; index += 97) {
    const iteration = world.iterations[index];
    const strategy = world.strategies.find(({ id }) => id === iteration?.strategy);
    const campaign = world.campaigns.find(({ offer }) => offer !== null && offer === strategy?.offer);
    const goal = campaign?.goals[0];
    if (iteration === undefined || campaign === undefined || goal === undefined) continue;
    for (const at of [iteration.createdAt - 1, iteration.createdAt]) {
      const click = random.hex(4);
      const row = { type: 'goal_complete', click, goal: goal.id, payout: goal.payout, at: at + 5 * minute };
      yield {
        clicks: [{ id: click, campaign: campaign.id, at, iteration: null, loadedAt: at + 3 * minute }],
        events: [event(random, row)],
      };
    }
  }
}
