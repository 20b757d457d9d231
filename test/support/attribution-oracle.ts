import type { AttributionMethodName, AttributionStatusName } from '../../src/db/warehouse/tables.ts';

/**
 * The attribution rules once more, by brute force and on purpose unlike the SQL: for each conversion it walks the
 * chain and searches lists. Instants are microseconds since 1970 (exact in a double until the year 2255).
 */
export interface RawStrategy {
  id: number | null;
  name: string | null;
  tune_offer_id: number | null;
  created_at: number;
}
export interface RawIteration {
  iteration_id: number | null;
  strategy_id: number | null;
  name: string | null;
  created_at: number | null;
}
export interface RawCampaign {
  id: number | null;
  name: string | null;
  adaction_id: number | null;
}
export interface RawClick {
  click_id: string | null;
  campaign_id: number | null;
  timestamp: number | null;
  iteration_id: number | null;
  loaded_at: number | null;
}
export interface RawEvent {
  event_id: string | null;
  event_type: string;
  click_id: string | null;
  goal_reference_id: string | null;
  payout: number | null;
  timestamp: number | null;
  loaded_at: number | null;
}
export interface World {
  strategies: RawStrategy[];
  iterations: RawIteration[];
  campaigns: RawCampaign[];
  clicks: RawClick[];
  events: RawEvent[];
}

export interface Conversion {
  event_id: string;
  click_id: string | null;
  goal_reference_id: string | null;
  payout: number | null;
  converted_at: number;
  loaded_at: number;
  click_timestamp: number | null;
  campaign_id: number | null;
  strategy_id: number | null;
  iteration_id: number | null;
  attribution_status: AttributionStatusName;
  attribution_method: AttributionMethodName | null;
  microseconds_into_iteration: number | null;
}

type Verdict = Pick<
  Conversion,
  'strategy_id' | 'iteration_id' | 'attribution_status' | 'attribution_method' | 'microseconds_into_iteration'
>;

const isBlank = (text: string | null) => text === null || /^ *$/.test(text);

/** Ascending, null last. */
function compare(a: string | number | null, b: string | number | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
}

/** The one of each key that comes first in the given order. */
function firsts<T>(rows: readonly T[], keyOf: (row: T) => unknown, order: (row: T) => (string | number | null)[]): T[] {
  const best = new Map<unknown, T>();
  for (const row of rows) {
    const other = best.get(keyOf(row));
    const [mine, theirs] = [order(row), other && order(other)];
    const difference = theirs
      ? mine.map((value, at) => compare(value, theirs[at] ?? null)).find((each) => each !== 0)
      : -1;
    if ((difference ?? 0) < 0) best.set(keyOf(row), row);
  }
  return [...best.values()];
}

export interface Clean {
  strategies: RawStrategy[];
  iterations: (RawIteration & { iteration_id: number; strategy_id: number; created_at: number })[];
  campaigns: RawCampaign[];
  clicks: (RawClick & { click_id: string; timestamp: number })[];
  events: {
    id: string;
    clickId: string | null;
    goal: string | null;
    payout: number | null;
    at: number;
    loadedAt: number;
  }[];
}

/** What staging and silver make of a world. */
export function clean(world: World): Clean {
  const complete = <T extends object, K extends keyof T>(rows: readonly T[], ...keys: K[]) =>
    rows.filter((row) => keys.every((key) => row[key] !== null)) as (T & { [key in K]: NonNullable<T[key]> })[];
  const events = complete(world.events, 'event_id', 'timestamp')
    .filter((each) => each.event_type === 'goal_complete' && !isBlank(each.event_id))
    .map((each) => ({
      id: each.event_id,
      clickId: isBlank(each.click_id) ? null : each.click_id,
      goal: each.goal_reference_id,
      payout: each.payout,
      at: each.timestamp,
      loadedAt: each.loaded_at ?? each.timestamp,
    }));
  return {
    strategies: firsts(
      complete(world.strategies, 'id'),
      (each) => each.id,
      (each) => [each.created_at, each.tune_offer_id, each.name],
    ),
    iterations: firsts(
      complete(world.iterations, 'iteration_id', 'strategy_id', 'created_at'),
      (each) => each.iteration_id,
      (each) => [each.created_at, each.strategy_id, each.name],
    ),
    campaigns: firsts(
      complete(world.campaigns, 'id'),
      (each) => each.id,
      (each) => [each.adaction_id, each.name],
    ),
    clicks: firsts(
      complete(world.clicks, 'click_id', 'timestamp').filter((each) => !isBlank(each.click_id)),
      (each) => each.click_id,
      (each) => [each.timestamp, each.campaign_id, each.iteration_id, each.loaded_at],
    ),
    events: firsts(
      events,
      (each) => each.id,
      (each) => [-each.loadedAt, -each.at, each.clickId, each.goal, each.payout],
    ),
  };
}

function judge(world: Clean, click: Clean['clicks'][number], asOf: number): Verdict {
  const fail = (attribution_status: AttributionStatusName, strategy_id: number | null = null): Verdict => ({
    strategy_id,
    iteration_id: null,
    attribution_status,
    attribution_method: null,
    microseconds_into_iteration: null,
  });
  const found = (iteration: Clean['iterations'][number], attribution_method: AttributionMethodName): Verdict => ({
    strategy_id: iteration.strategy_id,
    iteration_id: iteration.iteration_id,
    attribution_status: 'ATTRIBUTED',
    attribution_method,
    microseconds_into_iteration: click.timestamp - iteration.created_at,
  });

  const named = world.iterations.find((each) => each.iteration_id === click.iteration_id);
  if (named) return found(named, 'EXPLICIT');
  const campaign = world.campaigns.find((each) => each.id === click.campaign_id);
  if (!campaign) return fail('CAMPAIGN_NOT_FOUND');
  if (campaign.adaction_id === null) return fail('CAMPAIGN_WITHOUT_OFFER');
  const [strategy, other] = world.strategies.filter((each) => each.tune_offer_id === campaign.adaction_id);
  if (!strategy) return fail('STRATEGY_NOT_FOUND');
  if (other) return fail('SHARED_OFFER');
  const iterations = world.iterations.filter((each) => each.strategy_id === strategy.id);
  if (iterations.length === 0) return fail('NO_ITERATIONS', strategy.id);
  // The newest iteration that had begun, ties going to the higher id: what the windows come to, without windows.
  const begun = iterations
    .filter((each) => each.created_at <= click.timestamp)
    .sort((a, b) => a.created_at - b.created_at || a.iteration_id - b.iteration_id);
  const last = begun.at(-1);
  if (!last) return fail('BEFORE_FIRST_ITERATION', strategy.id);
  const isOpen = begun.length === iterations.length;
  if (isOpen && click.timestamp >= asOf) return fail('CLICK_AFTER_BUILD', strategy.id);
  return found(last, 'DERIVED');
}

/** Gold, by brute force. */
export function attribute(world: World, asOf: number): Conversion[] {
  const cleaned = clean(world);
  return cleaned.events.map((event) => {
    const click = event.clickId === null ? undefined : cleaned.clicks.find((each) => each.click_id === event.clickId);
    const nothing: Verdict = {
      strategy_id: null,
      iteration_id: null,
      attribution_status: event.clickId === null ? 'NO_CLICK_ID' : 'CLICK_NOT_FOUND',
      attribution_method: null,
      microseconds_into_iteration: null,
    };
    return {
      event_id: event.id,
      click_id: event.clickId,
      goal_reference_id: event.goal,
      payout: event.payout,
      converted_at: event.at,
      loaded_at: event.loadedAt,
      click_timestamp: click?.timestamp ?? null,
      campaign_id: click?.campaign_id ?? null,
      ...(click ? judge(cleaned, click, asOf) : nothing),
    };
  });
}

const day = (micros: number) => new Date(Math.floor(micros / 1000)).toISOString().slice(0, 10);

function grouped<T>(rows: readonly T[], keyOf: (row: T) => string): T[][] {
  return [...Map.groupBy(rows, keyOf).values()];
}

/** iteration_metrics_daily, by brute force; the columns in the table's order. */
export function metricsDaily(conversions: readonly Conversion[]): (string | number | null)[][] {
  const attributed = conversions.filter((each) => each.iteration_id !== null);
  const keyOf = (each: Conversion) =>
    JSON.stringify([each.iteration_id, each.goal_reference_id, day(each.converted_at)]);
  return grouped(attributed, keyOf).map((rows) => {
    const [first] = rows;
    if (!first) throw new Error('an empty group');
    const times = rows.map((each) => each.converted_at);
    const payout = rows.reduce((sum, each) => sum + (each.payout ?? 0), 0);
    const [iteration, strategy, goal] = [first.iteration_id, first.strategy_id, first.goal_reference_id];
    return [
      iteration,
      strategy,
      goal,
      day(first.converted_at),
      rows.length,
      payout,
      Math.min(...times),
      Math.max(...times),
    ];
  });
}

/** iteration_clicks_daily, by brute force; the columns in the table's order. */
export function clicksDaily(world: World, asOf: number): (string | number | null)[][] {
  const cleaned = clean(world);
  const judged = cleaned.clicks
    .map((click) => ({ ...judge(cleaned, click, asOf), day: day(click.timestamp) }))
    .filter((each) => each.iteration_id !== null);
  return grouped(judged, (each) => JSON.stringify([each.iteration_id, each.day])).map((rows) => {
    const [first] = rows;
    return [first?.iteration_id ?? null, first?.strategy_id ?? null, first?.day ?? null, rows.length];
  });
}
