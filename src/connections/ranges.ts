import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import { daysBefore, daysOfInstants, instantsOfDays } from '../domain/day-ranges.ts';
import { queriedZone } from '../domain/time-zones.ts';
import { WarehouseUnavailable } from '../errors.ts';
import { type AppliedRange, InstantRangeInput, type RangedSource } from '../schema/range.ts';

/** Arguments of a field, which may have ranges anywhere in their inputs. */
interface ZonedArguments {
  readonly timeZone?: string | null;
  readonly atBuild?: string | null;
}

/**
 * Sets the instants of all ranges of days in a field's arguments.
 *
 * @returns undefined if there is nothing to wait for: only `last` needs the build.
 */
export function applyRanges(args: object, loaders: WarehouseLoaders): Promise<void> | undefined {
  const { timeZone, atBuild }: ZonedArguments = args;
  const zone = queriedZone(timeZone);
  const relative: InstantRangeInput[] = [];
  for (const range of rangesIn(args)) {
    const { fromDay = null, toDay = null, last } = range;
    if (last) relative.push(range);
    else if (fromDay !== null || toDay !== null) Object.assign(range, instantsOfDays(zone, { fromDay, toDay }));
  }
  return relative.length === 0 ? undefined : applyLast(relative, zone, loaders, atBuild);
}

async function applyLast(
  ranges: readonly InstantRangeInput[],
  zone: string | null,
  loaders: WarehouseLoaders,
  atBuild: string | null | undefined,
): Promise<void> {
  // An unknown build is refused by the field itself.
  const named = typeof atBuild === 'string' ? (await loaders.recordedBuild.load(atBuild)).build : null;
  const build = named ?? (await loaders.build());
  if (build === null) throw new WarehouseUnavailable('unbuilt');
  for (const range of ranges) {
    const days = daysBefore(zone, build.as_of, range.last?.days ?? 0);
    Object.assign(range, days, instantsOfDays(zone, days));
  }
}

/** Inputs are objects in objects. Their lists are of ids and names. */
function rangesIn(input: object): InstantRangeInput[] {
  if (input instanceof InstantRangeInput) return [input];
  return Object.values(input).flatMap((value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? rangesIn(value) : [],
  );
}

/**
 * A range of a filter as it was applied; null if the filter has none. Its days are those of the client, or of `last`, also if the
 * zone skipped one; those of instants are computed.
 */
export function appliedRange(
  { filter, timeZone }: RangedSource,
  name: 'convertedBetween' | 'clickedBetween',
): AppliedRange | null {
  const range = filter[name];
  if (!range) return null;
  const { from = null, to = null, fromDay = null, toDay = null } = range;
  const isOfDays = fromDay !== null || toDay !== null;
  const days = isOfDays ? { fromDay, toDay } : daysOfInstants(queriedZone(timeZone), { from, to });
  return { from, to, ...days, timeZone: timeZone ?? 'UTC' };
}
