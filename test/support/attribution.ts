import fc from 'fast-check';
import type { AttributionMethodName, AttributionStatusName } from '../../src/db/warehouse/tables.ts';
import type { RawWorld } from './dbt.ts';

/**
 * A second implementation of the attribution rules, by brute force and deliberately unlike the SQL: for each conversion it
 * follows the chain and searches lists. Instants are microseconds since 1970 (exact in a double until the year 2255), or
 * infinite.
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

/** An id, without blanks at its end; null if nothing else is left. */
const idOf = (text: string | null): string | null => text?.replace(/ +$/, '') || null;
const isConversion = (event: RawEvent): boolean => idOf(event.event_type) === 'goal_complete';

/** Ascending, null last. */
function compare(a: string | number | null, b: string | number | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
}

/** The first element of each key in the given order. */
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
    isNaN: boolean;
    at: number;
    loadedAt: number;
    isLoadUnknown: boolean;
  }[];
}

const validFrom = Date.UTC(2000) * 1000;
const validBefore = Date.UTC(2100) * 1000;
const isValid = (instant: number | null): instant is number =>
  instant !== null && instant >= validFrom && instant < validBefore;

/** Ascending by any number of values, null last. */
const byAll =
  <T>(order: (row: T) => (string | number | null)[]) =>
  (a: T, b: T): number => {
    const theirs = order(b);
    return (
      order(a)
        .map((value, at) => compare(value, theirs[at] ?? null))
        .find((each) => each !== 0) ?? 0
    );
  };

type UsableClick = RawClick & { click_id: string; timestamp: number };

/** The copies of each click, the first one first. */
function clickCopies(world: World): UsableClick[][] {
  const usable = world.clicks
    .map((each) => ({ ...each, click_id: idOf(each.click_id) }))
    .filter((each): each is UsableClick => each.click_id !== null && isValid(each.timestamp));
  return grouped(usable, (each) => each.click_id).map((copies) =>
    copies.toSorted(byAll((each) => [each.timestamp, each.campaign_id, each.iteration_id, each.loaded_at])),
  );
}

/** The usable copies of each conversion. */
function eventCopies(world: World): Clean['events'][] {
  const usable = world.events.flatMap((each) => {
    const id = idOf(each.event_id);
    if (!isConversion(each) || id === null || !isValid(each.timestamp)) return [];
    return [
      {
        id,
        clickId: idOf(each.click_id),
        goal: idOf(each.goal_reference_id),
        payout: Number.isNaN(each.payout) ? null : each.payout,
        isNaN: Number.isNaN(each.payout),
        at: each.timestamp,
        loadedAt: isValid(each.loaded_at) ? each.loaded_at : each.timestamp,
        isLoadUnknown: !isValid(each.loaded_at),
      },
    ];
  });
  return grouped(usable, (each) => each.id);
}

/**
 * The conversions' copies that are not older than the one that counts, by id, which is the first: those with the same, last
 * loaded_at, and those without a valid one, if the first has none.
 */
function newestEvents(world: World, present: number): Clean['events'][] {
  return eventCopies(world).map((copies) => {
    const past = copies.filter((each) => each.loadedAt <= present);
    const candidates = past.length > 0 ? past : copies;
    const last = Math.max(...candidates.map((each) => each.loadedAt));
    const [first, ...others] = candidates
      .filter((each) => each.loadedAt === last)
      .toSorted(byAll((each) => [-each.at, each.clickId, each.goal, each.payout]));
    if (!first) throw new Error('a conversion without copies');
    const unordered = copies.filter(
      (each) => first.isLoadUnknown && each.isLoadUnknown && each !== first && !others.includes(each),
    );
    return [first, ...others, ...unordered];
  });
}

/** The rows of staging and silver for a world, in a run that starts at `present`. */
export function clean(world: World, present: number): Clean {
  const complete = <T extends object, K extends keyof T>(rows: readonly T[], ...keys: K[]) =>
    rows.filter((row) => keys.every((key) => row[key] !== null)) as (T & { [key in K]: NonNullable<T[key]> })[];
  return {
    strategies: firsts(
      complete(world.strategies, 'id'),
      (each) => each.id,
      (each) => [isValid(each.created_at) ? 0 : 1, each.created_at, each.tune_offer_id, each.name],
    ),
    iterations: firsts(
      complete(world.iterations, 'iteration_id', 'strategy_id', 'created_at').filter((each) =>
        isValid(each.created_at),
      ),
      (each) => each.iteration_id,
      (each) => [each.created_at, each.strategy_id, each.name],
    ),
    campaigns: firsts(
      complete(world.campaigns, 'id'),
      (each) => each.id,
      (each) => [each.adaction_id, each.name],
    ),
    clicks: clickCopies(world).map((copies) => ({
      ...copies[0],
      campaign_id: copies.find((each) => each.campaign_id !== null)?.campaign_id ?? null,
      iteration_id: copies.find((each) => each.iteration_id !== null)?.iteration_id ?? null,
    })) as UsableClick[],
    events: newestEvents(world, present).flatMap((copies) => copies.slice(0, 1)),
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
  // The newest iteration that had begun; of several, the one with the highest id. Equivalent to the windows.
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
export function attribute(world: World, asOf: number, present: number): Conversion[] {
  const cleaned = clean(world, present);
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

/** iteration_metrics_daily, by brute force, with the columns in the table's order. */
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

/** iteration_clicks_daily, by brute force, with the columns in the table's order. */
export const clicksDaily = (world: World, asOf: number, present: number): (string | number | null)[][] =>
  clicksPer(world, asOf, present, day);

/** The same for iteration_clicks_quarter_hourly. */
export const clicksQuarterHourly = (world: World, asOf: number, present: number): (string | number | null)[][] =>
  clicksPer(world, asOf, present, (instant) => Math.floor(instant / 900_000_000) * 900_000_000);

function clicksPer(world: World, asOf: number, present: number, period: (instant: number) => string | number) {
  const cleaned = clean(world, present);
  const judged = cleaned.clicks
    .map((click) => ({ ...judge(cleaned, click, asOf), period: period(click.timestamp) }))
    .filter((each) => each.iteration_id !== null);
  return grouped(judged, (each) => JSON.stringify([each.iteration_id, each.period])).map((rows) => {
    const [first] = rows;
    return [first?.iteration_id ?? null, first?.strategy_id ?? null, first?.period ?? null, rows.length];
  });
}

/** The subjects of the checks of copies, times and payouts, by brute force, for a build that reads all events. */
export function findings(world: World, present: number): Record<string, string[]> {
  const ids = (values: readonly (string | number | null)[]) => [...new Set(values)].map(String).sort();
  const isWrong = (instant: number | null) => instant !== null && !isValid(instant);
  const events = newestEvents(world, present);
  const future = present + 3_600_000_000;
  const converted = new Set(clean(world, present).events.map((each) => each.clickId));
  const iterations = new Set(clean(world, present).iterations.map((each) => each.iteration_id as number | null));
  const differ = (values: readonly unknown[]) => new Set(values).size > 1;
  const known = <T>(values: readonly (T | null)[]) => values.filter((each) => each !== null);
  const conversions = world.events.filter((each) => isConversion(each) && idOf(each.event_id) !== null);
  const tables = [
    ...(eventCopies(world).some((copies) => copies.some(({ loadedAt }) => loadedAt > future)) ? ['events.events'] : []),
    ...(world.clicks.some((each) => (each.loaded_at ?? 0) > future) ? ['adgem.clicks'] : []),
  ];
  return {
    EVENT_TIME_OUT_OF_RANGE: ids(
      conversions
        .filter((each) => isWrong(each.timestamp) || isWrong(each.loaded_at))
        .map((each) => idOf(each.event_id)),
    ),
    CLICK_TIME_OUT_OF_RANGE: ids(
      known(world.clicks.map((each) => (isWrong(each.timestamp) ? idOf(each.click_id) : null))),
    ),
    ITERATION_TIME_OUT_OF_RANGE: ids(
      known(
        world.iterations.map((each) =>
          isWrong(each.created_at) && !iterations.has(each.iteration_id) ? each.iteration_id : null,
        ),
      ),
    ),
    STRATEGY_TIME_OUT_OF_RANGE: ids(known(world.strategies.map((each) => (isWrong(each.created_at) ? each.id : null)))),
    PAYOUT_NOT_A_NUMBER: ids(events.flatMap(([first]) => (first?.isNaN ? [first.id] : []))),
    EVENT_CONFLICT: ids(
      events
        .filter((copies) =>
          differ(copies.map(({ at, clickId, goal, payout }) => JSON.stringify([at, clickId, goal, payout]))),
        )
        .flatMap(([first]) => (first ? [first.id] : [])),
    ),
    CLICK_CONFLICT: ids(
      clickCopies(world)
        .filter(
          (copies) =>
            differ(known(copies.map((each) => each.campaign_id))) ||
            differ(known(copies.map((each) => each.iteration_id))) ||
            (copies.at(-1)?.timestamp ?? 0) - (copies[0]?.timestamp ?? 0) > 1_000_000,
        )
        .flatMap(([first]) => (first && converted.has(first.click_id) ? [first.click_id] : [])),
    ),
    LOADED_IN_THE_FUTURE: ids(tables),
  };
}

/** Five microseconds before midnight UTC at the end of a month. The instants of a world are close to it. */
const base = Date.UTC(2026, 0, 31, 23, 59, 59, 999) * 1000 + 995;

const instant = fc.integer({ min: 0, max: 10 }).map((offset) => base + offset);
/** Seconds and milliseconds mixed up, infinity, and the instants beside the bounds of the valid range. */
const invalidInstant = fc.constantFrom(
  ...[Math.floor(base / 1000), Date.UTC(2026, 1) * 1_000_000, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  ...[validFrom - 1, validBefore],
);
const rarely = <T>(values: fc.Arbitrary<T>, exceptions: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 25, arbitrary: values }, { weight: 1, arbitrary: exceptions });
const anyInstant = rarely(instant, invalidInstant);
/** Sometimes about a second after another copy, which is the limit of a conflict. */
const clickInstant = fc.oneof(
  { weight: 6, arbitrary: anyInstant },
  { weight: 1, arbitrary: instant.map((each) => each + 1_000_000) },
);
/** The last ones are later than the run of a test. */
const loadedAt = fc.oneof(
  { weight: 12, arbitrary: anyInstant },
  { weight: 1, arbitrary: fc.constantFrom(Date.UTC(2027) * 1000, validBefore - 1) },
);
const maybe = <T>(values: fc.Arbitrary<T>, freq = 4) => fc.option(values, { nil: null, freq });
const rarelyNull = <T>(values: fc.Arbitrary<T>) => maybe(values, 25);
const id = (max: number) => fc.integer({ min: 1, max });
const name = maybe(fc.constantFrom('a', 'b'));
const list = <T>(values: fc.Arbitrary<T>, maxLength: number, minLength = 0) =>
  fc.array(values, { minLength, maxLength, size: 'max' });

/** Rarely with blanks at the end, which do not count. */
const spelled = (texts: fc.Arbitrary<string>) =>
  fc.tuple(texts, rarely(fc.constant(''), fc.constantFrom(' ', '   '))).map((parts) => parts.join(''));
const clickName = spelled(fc.constantFrom('c1', 'c2', 'c3', 'c4', 'c5', 'c6'));

/** Few ids and few instants, so that ties, boundaries, duplicates and dangling ids are frequent. */
export const messyWorlds: fc.Arbitrary<World> = fc.record({
  strategies: list(
    fc.record({ id: rarelyNull(id(4)), name, tune_offer_id: maybe(id(4), 9), created_at: anyInstant }),
    5,
    1,
  ),
  iterations: list(
    fc.record({
      iteration_id: rarelyNull(id(9)),
      strategy_id: rarelyNull(id(4)),
      name,
      created_at: rarelyNull(anyInstant),
    }),
    9,
    2,
  ),
  campaigns: list(fc.record({ id: rarelyNull(id(4)), name, adaction_id: maybe(id(4), 9) }), 7, 3),
  clicks: list(
    fc.record({
      click_id: rarelyNull(fc.oneof({ weight: 15, arbitrary: clickName }, { weight: 1, arbitrary: fc.constant(' ') })),
      campaign_id: maybe(id(4), 9),
      timestamp: rarelyNull(clickInstant),
      iteration_id: fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: id(10) }),
      loaded_at: maybe(loadedAt),
    }),
    10,
    4,
  ),
  events: list(
    fc.record({
      event_id: rarelyNull(spelled(fc.constantFrom('e1', 'e2', 'e3', 'e4', 'e5', 'e6', 'e7', 'e8', 'e9', ' '))),
      event_type: spelled(fc.constantFrom('goal_complete', 'goal_complete', 'goal_complete', 'install')),
      click_id: rarelyNull(fc.oneof({ weight: 12, arbitrary: clickName }, { weight: 1, arbitrary: fc.constant('') })),
      goal_reference_id: maybe(spelled(fc.constantFrom('g1', 'g2', ''))),
      payout: maybe(rarely(fc.integer({ min: -1, max: 5 }), fc.constant(Number.NaN))),
      timestamp: rarelyNull(anyInstant),
      loaded_at: maybe(loadedAt),
    }),
    10,
    3,
  ),
});

function uniqueBy<T>(rows: readonly T[], keyOf: (row: T) => unknown): T[] {
  const seen = new Set<unknown>();
  return rows.filter((row) => {
    const key = keyOf(row);
    if (key === null || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Unique clicks without blanks at the end of their ids, one strategy per offer, no explicit ids. */
export const cleanWorlds: fc.Arbitrary<World> = messyWorlds.map((world) => {
  const strategies = uniqueBy(world.strategies, (each) => each.id);
  const offers = new Set(uniqueBy(strategies, (each) => each.tune_offer_id));
  return {
    strategies: strategies.map((each) => (offers.has(each) ? each : { ...each, tune_offer_id: null })),
    iterations: uniqueBy(world.iterations, (each) => each.iteration_id).filter(
      (each) => each.strategy_id !== null && isValid(each.created_at),
    ),
    campaigns: uniqueBy(world.campaigns, (each) => each.id),
    clicks: uniqueBy(
      world.clicks.map((each) => ({ ...each, click_id: idOf(each.click_id), iteration_id: null })),
      (each) => each.click_id,
    ).filter((each) => isValid(each.timestamp)),
    events: world.events,
  };
});

export const asOfs: fc.Arbitrary<number> = instant;

/** Combines worlds into one. Each gets its own range of ids and keeps its order. */
export function together(worlds: readonly World[]): World {
  const all: World = { strategies: [], iterations: [], campaigns: [], clicks: [], events: [] };
  for (const [index, world] of worlds.entries()) {
    const number = (value: number | null) => (value === null ? null : index * 100 + value);
    const text = (value: string | null) => (value === null || value.trim() === '' ? value : `w${index}-${value}`);
    for (const each of world.strategies) {
      all.strategies.push({ ...each, id: number(each.id), tune_offer_id: number(each.tune_offer_id) });
    }
    for (const each of world.iterations) {
      all.iterations.push({
        ...each,
        iteration_id: number(each.iteration_id),
        strategy_id: number(each.strategy_id),
      });
    }
    for (const each of world.campaigns) {
      all.campaigns.push({ ...each, id: number(each.id), adaction_id: number(each.adaction_id) });
    }
    for (const each of world.clicks) {
      all.clicks.push({
        ...each,
        click_id: text(each.click_id),
        campaign_id: number(each.campaign_id),
        iteration_id: number(each.iteration_id),
      });
    }
    for (const each of world.events) {
      all.events.push({ ...each, event_id: text(each.event_id), click_id: text(each.click_id) });
    }
  }
  return all;
}

/** Microseconds since 1970 as RFC 3339 text, or in PostgreSQL's format if it has none. */
export function rfc3339(micros: number): string {
  if (!Number.isFinite(micros)) return micros < 0 ? '-infinity' : 'infinity';
  const seconds = new Date(Math.floor(micros / 1000)).toISOString().replace(/^\+0/, '').slice(0, -1);
  return `${seconds}${String(((micros % 1000) + 1000) % 1000).padStart(3, '0')}Z`;
}

const instantColumns = new Set(['created_at', 'timestamp', 'loaded_at']);

/** A world as rows of the raw tables. */
export function rawRows(world: World): RawWorld {
  const rows = (table: readonly object[]) =>
    table.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([column, value]: [string, unknown]) => [
          column,
          typeof value === 'number' && instantColumns.has(column) ? rfc3339(value) : (value as string | number | null),
        ]),
      ),
    );
  return {
    strategies: rows(world.strategies),
    iterations: rows(world.iterations),
    campaigns: rows(world.campaigns),
    clicks: rows(world.clicks),
    events: rows(world.events),
  };
}
