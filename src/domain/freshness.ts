import { instantFromDate, secondsBetween } from './instant.ts';

/** How far each source's data reached when it was last built; null if unknown. */
export interface Sources {
  readonly asOf: string | null;
  readonly mirrorRefreshedAt: string | null;
  readonly eventsLoadedThrough: string | null;
  readonly clicksLoadedThrough: string | null;
}

/** Maximum age of each source, in minutes. */
export interface FreshnessLimits {
  readonly build: number;
  readonly mirror: number;
  readonly events: number;
  readonly clicks: number;
}

export interface Freshness {
  readonly lagSeconds: number | null;
  readonly finalThrough: string | null;
  readonly isStale: boolean;
  readonly staleReasons: string[];
}

/**
 * Computes how old the data is at `now`, and whether it exceeds the limits.
 *
 * @param sources null before the first build, which counts as stale.
 */
export function freshness(sources: Sources | null, now: Date, limits: FreshnessLimits): Freshness {
  if (!sources) {
    const staleReasons = ['The attribution has not been built yet.'];
    return { lagSeconds: null, finalThrough: null, isStale: true, staleReasons };
  }
  const present = instantFromDate(now);
  const ages: [what: string, instant: string | null, limit: number][] = [
    ['The build', sources.asOf, limits.build],
    ["The mirror of AdSuite's tables", sources.mirrorRefreshedAt, limits.mirror],
    ['The latest event', sources.eventsLoadedThrough, limits.events],
    ['The latest click', sources.clicksLoadedThrough, limits.clicks],
  ];
  const staleReasons = ages.flatMap(([what, instant, limit]) => {
    if (instant === null) return [`${what} has an unknown age.`];
    const minutes = minutesOld(instant, present);
    if (minutes <= limit) return [];
    return [`${what} is ${ageInWords(minutes)} old (${instant}); ${acceptedAge(limit)}.`];
  });
  const oldest = oldestSource(sources);
  return {
    lagSeconds: oldest === null ? null : Math.max(0, secondsBetween(oldest, present)),
    finalThrough: finalThrough(sources),
    isStale: staleReasons.length > 0,
    staleReasons,
  };
}

/** The time before which conversions of a build are final; null if a time that it follows from is unknown. */
export function finalThrough(sources: Sources): string | null {
  const oldest = oldestSource(sources);
  // A click at or after `asOf` is attributed by a later build, even if it was already loaded.
  return oldest === null || sources.asOf === null ? null : earlier(oldest, sources.asOf);
}

function oldestSource({ mirrorRefreshedAt, eventsLoadedThrough, clicksLoadedThrough }: Sources): string | null {
  const reached = [mirrorRefreshedAt, eventsLoadedThrough, clicksLoadedThrough];
  return reached.includes(null) ? null : (reached.toSorted()[0] ?? null);
}

/** Instants in canonical form compare as text. */
const earlier = (one: string, other: string): string => (one < other ? one : other);

/** How final the conversions of a group are. */
export interface Finality {
  /** The group's conversions before this instant are final; null if unknown. */
  readonly finalThrough: string | null;
  /** Whether all are, and the group can't grow. */
  readonly isFinal: boolean;
}

/**
 * How final a group is.
 *
 * @param ends the ends of the periods of conversions that bound the group, exclusive. Without one, the group can grow.
 * @param finalThrough that of the build.
 */
export function finalityOf(ends: readonly string[], finalThrough: string | null): Finality {
  const end = ends.toSorted()[0] ?? null;
  if (end === null || finalThrough === null) return { finalThrough, isFinal: false };
  return { finalThrough: earlier(end, finalThrough), isFinal: end <= finalThrough };
}

/** Whole minutes from one instant to another, rounded down. */
export const minutesOld = (instant: string, present: string): number =>
  Math.floor(secondsBetween(instant, present) / 60);

/** An age in minutes, for display. */
export function ageInWords(minutes: number): string {
  if (minutes === 1) return '1 minute';
  if (minutes < 120) return `${minutes} minutes`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} hours`;
  return `${Math.floor(minutes / (24 * 60))} days`;
}

/** The maximum age, for display. */
export const acceptedAge = (minutes: number): string => `the limit is ${ageInWords(minutes)}`;
