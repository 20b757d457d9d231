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
  const reached = [sources.mirrorRefreshedAt, sources.eventsLoadedThrough, sources.clicksLoadedThrough];
  const oldest = reached.includes(null) ? null : (reached.toSorted()[0] ?? null);
  return {
    lagSeconds: oldest === null ? null : Math.max(0, secondsBetween(oldest, present)),
    // A click at or after `asOf` is attributed by a later build, even if it was already loaded.
    finalThrough: oldest === null || sources.asOf === null ? null : earlier(oldest, sources.asOf),
    isStale: staleReasons.length > 0,
    staleReasons,
  };
}

/** Instants in canonical form compare as text. */
const earlier = (one: string, other: string): string => (one < other ? one : other);

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
