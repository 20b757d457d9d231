import fc from 'fast-check';
import type { World } from './attribution-oracle.ts';
import type { RawWorld } from './dbt-world.ts';

/** Five microseconds before midnight UTC at the end of a month: the instants of a world lie around it. */
const base = Date.UTC(2026, 0, 31, 23, 59, 59, 999) * 1000 + 995;

const instant = fc.integer({ min: 0, max: 10 }).map((offset) => base + offset);
const maybe = <T>(values: fc.Arbitrary<T>, freq = 4) => fc.option(values, { nil: null, freq });
const rarelyNull = <T>(values: fc.Arbitrary<T>) => maybe(values, 25);
const id = (max: number) => fc.integer({ min: 1, max });
const name = maybe(fc.constantFrom('a', 'b'));
const list = <T>(values: fc.Arbitrary<T>, maxLength: number, minLength = 0) =>
  fc.array(values, { minLength, maxLength, size: 'max' });

const clickName = fc.constantFrom('c1', 'c2', 'c3', 'c4', 'c5', 'c6');

/** Few ids and few instants, so that ties, boundaries, duplicates and dangling ids are the rule. */
export const messyWorlds: fc.Arbitrary<World> = fc.record({
  strategies: list(
    fc.record({ id: rarelyNull(id(4)), name, tune_offer_id: maybe(id(4), 9), created_at: instant }),
    5,
    1,
  ),
  iterations: list(
    fc.record({
      iteration_id: rarelyNull(id(9)),
      strategy_id: rarelyNull(id(4)),
      name,
      created_at: rarelyNull(instant),
    }),
    9,
    2,
  ),
  campaigns: list(fc.record({ id: rarelyNull(id(4)), name, adaction_id: maybe(id(4), 9) }), 7, 3),
  clicks: list(
    fc.record({
      click_id: rarelyNull(fc.oneof({ weight: 15, arbitrary: clickName }, { weight: 1, arbitrary: fc.constant(' ') })),
      campaign_id: rarelyNull(id(4)),
      timestamp: rarelyNull(instant),
      iteration_id: fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: id(10) }),
      loaded_at: maybe(instant),
    }),
    10,
    4,
  ),
  events: list(
    fc.record({
      event_id: rarelyNull(fc.constantFrom('e1', 'e2', 'e3', 'e4', 'e5', 'e6', 'e7', 'e8', 'e9', ' ')),
      event_type: fc.constantFrom('goal_complete', 'goal_complete', 'goal_complete', 'install'),
      click_id: rarelyNull(fc.oneof({ weight: 12, arbitrary: clickName }, { weight: 1, arbitrary: fc.constant('') })),
      goal_reference_id: maybe(fc.constantFrom('g1', 'g2')),
      payout: maybe(fc.integer({ min: -1, max: 5 })),
      timestamp: rarelyNull(instant),
      loaded_at: maybe(instant),
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

/** Unique clicks, one strategy per offer, no explicit ids. */
export const cleanWorlds: fc.Arbitrary<World> = messyWorlds.map((world) => {
  const strategies = uniqueBy(world.strategies, (each) => each.id);
  const offers = new Set(uniqueBy(strategies, (each) => each.tune_offer_id));
  return {
    strategies: strategies.map((each) => (offers.has(each) ? each : { ...each, tune_offer_id: null })),
    iterations: uniqueBy(world.iterations, (each) => each.iteration_id).filter(
      (each) => each.strategy_id !== null && each.created_at !== null,
    ),
    campaigns: uniqueBy(world.campaigns, (each) => each.id),
    clicks: uniqueBy(world.clicks, (each) => each.click_id)
      .filter((each) => each.timestamp !== null && each.click_id !== ' ')
      .map((each) => ({ ...each, iteration_id: null })),
    events: world.events,
  };
});

export const asOfs: fc.Arbitrary<number> = instant;

/** Puts many worlds into one, each in an id space of its own and in the same order within it. */
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

/** Microseconds since 1970 as RFC 3339 text. */
export function rfc3339(micros: number): string {
  const seconds = new Date(Math.floor(micros / 1000)).toISOString().slice(0, 23);
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
