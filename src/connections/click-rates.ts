import { type Answer, mapAnswer } from '../db/answer.ts';
import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import {
  type AggregateRow,
  type ConversionGroup,
  isAttributedOnly,
  isBounded,
} from '../db/warehouse/queries/aggregates.ts';
import { clickFilter } from '../db/warehouse/queries/clicks.ts';
import { compareGoalIds } from '../domain/ids.ts';
import { type Interval, wilsonInterval } from '../domain/rates.ts';
import { ErrorsAsValues } from '../schema/getters.ts';
import type { GoalMetrics } from '../schema/goal-metrics.ts';

// Clicks of groups, and what part of them has conversions.

/** The clicks of the iterations of a group in its period; null if they can't be counted. */
export function clicksOf(loaders: WarehouseLoaders, group: ConversionGroup): Answer<number | null> {
  // There is no history of clicks.
  if (group.atBuild) return null;
  const filter = clickFilter(group.dimensions, group.filter, group.timeZone);
  // Clicks are counted per iteration, so a group with a null strategy or iteration has no click count.
  if (!filter || group.key.includes(null)) return null;
  const { day, ...rest } = withoutDay(group);
  // A parent has few days, so all of them are read at once, but many hours.
  if (group.dimensions.includes('HOUR')) return loaders.clicksOf({ dimensions: group.dimensions, filter }, group.key);
  if (day === null) return loaders.clicksOf({ dimensions: rest.dimensions, filter }, rest.key);
  const byDay = loaders.clicksByDayOf({ dimensions: rest.dimensions, filter }, rest.key);
  return mapAnswer(byDay, (clicks) => clicks.get(day) ?? 0);
}

function withoutDay({ dimensions, key }: ConversionGroup) {
  const at = dimensions.indexOf('DAY');
  if (at < 0) return { dimensions, key, day: null };
  return { dimensions: dimensions.toSpliced(at, 1), key: key.toSpliced(at, 1), day: key[at] ?? null };
}

/** Whether a group has no unattributed conversions, which belong to the clicks of no iteration. */
function countsAttributedOnly({ dimensions, key, filter }: ConversionGroup): boolean {
  const iteration = dimensions.indexOf('ITERATION');
  return isAttributedOnly(filter) || (iteration >= 0 && key[iteration] !== null);
}

/** The clicks by which the rates of a group divide; null if it has no rates. */
const clicksOfRates = (loaders: WarehouseLoaders, group: ConversionGroup): Answer<number | null> =>
  countsAttributedOnly(group) ? clicksOf(loaders, group) : null;

/** Conversions per click of a group; more than 1 if clicks have several. */
export const conversionsPerClick = (
  loaders: WarehouseLoaders,
  group: ConversionGroup,
  conversions: number,
): Answer<number | null> =>
  mapAnswer(clicksOfRates(loaders, group), (clicks) => (clicks ? conversions / clicks : null));

/** The part of a group's clicks that has a conversion; null if the converted clicks are not some of the clicks. */
export const clickConversionRate = (
  loaders: WarehouseLoaders,
  group: ConversionGroup,
  convertedClicks: () => Answer<number>,
): Answer<number | null> => {
  if (!convertsOwnClicks(group)) return null;
  return mapAnswer(clicksOfRates(loaders, group), (clicks) =>
    clicks ? mapAnswer(convertedClicks(), (converted) => converted / clicks) : null,
  );
};

/** Its Wilson interval; null if the rate is. */
export const clickConversionInterval = (
  loaders: WarehouseLoaders,
  group: ConversionGroup,
  convertedClicks: () => Answer<number>,
): Answer<Interval | null> => {
  if (!convertsOwnClicks(group)) return null;
  return mapAnswer(clicksOfRates(loaders, group), (clicks) =>
    clicks ? mapAnswer(convertedClicks(), (converted) => wilsonInterval(converted, clicks)) : null,
  );
};

/**
 * Whether the converted clicks of a group are some of its clicks. In a period of conversions, clicks of that period are divided by, of
 * which others may convert later, and clicks of an earlier period convert: there may be more converted clicks than clicks.
 */
export const convertsOwnClicks = ({ dimensions, filter }: Pick<ConversionGroup, 'dimensions' | 'filter'>): boolean =>
  !isBounded(filter.convertedBetween) && !dimensions.includes('DAY') && !dimensions.includes('HOUR');

/** The goals of a group, most conversions first. */
export function goalsOf(loaders: WarehouseLoaders, group: ConversionGroup, row: AggregateRow): Answer<GoalMetrics[]> {
  const { key, ...query } = group;
  const { dimensions } = query;
  // A group of one goal is its own breakdown.
  const ofGoal = dimensions.indexOf('GOAL');
  if (ofGoal >= 0) return [new GoalOfGroup(loaders, group, key[ofGoal] ?? null, row)];
  return mapAnswer(loaders.breakdownOf({ ...query, by: 'GOAL' }, key), (goals) =>
    goals
      .map((goal) => new GoalOfGroup(loaders, group, goal.key.at(-1) ?? null, goal))
      .sort((a, b) => b.conversions - a.conversions || compareGoalIds(a.goalReferenceId, b.goalReferenceId)),
  );
}

/** A goal of a group. Its rates divide by the clicks of the group, whatever their goals. */
@ErrorsAsValues()
class GoalOfGroup implements GoalMetrics {
  readonly goalReferenceId: string | null;
  readonly conversions: number;
  readonly payout: string;
  readonly #loaders: WarehouseLoaders;
  readonly #group: ConversionGroup;

  constructor(
    loaders: WarehouseLoaders,
    group: ConversionGroup,
    goal: string | null,
    { conversions, payout }: Pick<AggregateRow, 'conversions' | 'payout'>,
  ) {
    this.#loaders = loaders;
    this.#group = group;
    this.goalReferenceId = goal;
    this.conversions = conversions;
    this.payout = payout;
  }

  async convertedClicks(): Promise<number> {
    const { key, ...query } = this.#group;
    if (query.dimensions.includes('GOAL')) return this.#loaders.convertedClicksOf(query, key);
    const goals = await this.#loaders.breakdownOf({ ...query, by: 'GOAL', countsClicks: true }, key);
    return goals.find((row) => (row.key.at(-1) ?? null) === this.goalReferenceId)?.convertedClicks ?? 0;
  }

  conversionsPerClick(): Answer<number | null> {
    return conversionsPerClick(this.#loaders, ofAllGoals(this.#group), this.conversions);
  }

  clickConversionRate(): Answer<number | null> {
    return clickConversionRate(this.#loaders, ofAllGoals(this.#group), () => this.convertedClicks());
  }

  clickConversionInterval(): Answer<Interval | null> {
    return clickConversionInterval(this.#loaders, ofAllGoals(this.#group), () => this.convertedClicks());
  }
}

/** The group without its conditions on goals. */
function ofAllGoals({ dimensions, key, filter, ...group }: ConversionGroup): ConversionGroup {
  const at = dimensions.indexOf('GOAL');
  const { goalReferenceIds: _, ...rest } = filter;
  if (at < 0) return { ...group, dimensions, key, filter: rest };
  return { ...group, dimensions: dimensions.toSpliced(at, 1), key: key.toSpliced(at, 1), filter: rest };
}
