import { acceptedAge, ageInWords, minutesOld } from '../../domain/freshness.ts';
import { instantFromDate } from '../../domain/instant.ts';
import type { PreviousPush } from '../ledger.ts';
import type { GuardFinding, GuardName } from '../types.ts';

/** From where on a push is refused unless somebody overrides it; a limit itself is still accepted. Whole numbers. */
export interface GuardLimits {
  /** How old the build may be, in minutes since its asOf. */
  readonly buildMinutes: number;
  /** How old the mirror of AdSuite's tables that it was made of may be, in minutes. */
  readonly mirrorMinutes: number;
  /** By how many percentage points the share of conversions without an iteration may grow. That it falls is no fault. */
  readonly unattributedPoints: number;
  /** By how many percent the number of all conversions may grow. */
  readonly growthPercent: number;
  /** By how many percent it may shrink. */
  readonly shrinkPercent: number;
  /** By how many percent the average payout of a conversion may be more than before, or before more than now. */
  readonly payoutPercent: number;
  /** A last push of fewer conversions than this is not compared with. */
  readonly comparedFrom: number;
  /** By how many percent the conversions of one iteration may shrink … */
  readonly iterationShrinkPercent: number;
  /** … if they shrink by more than this many. */
  readonly iterationShrinkMinimum: number;
}

/** The limits where nothing else is configured. Those of age are the ones of `dataStatus`. */
export const defaultGuardLimits = {
  unattributedPoints: 10,
  growthPercent: 50,
  shrinkPercent: 10,
  payoutPercent: 50,
  comparedFrom: 100,
  iterationShrinkPercent: 50,
  iterationShrinkMinimum: 20,
} as const satisfies Omit<GuardLimits, 'buildMinutes' | 'mirrorMinutes'>;

/** Where each limit is set; a finding names it. */
export const guardVariables: Readonly<Record<keyof GuardLimits, string>> = {
  buildMinutes: 'BUILD_STALE_AFTER_MINUTES',
  mirrorMinutes: 'MIRROR_STALE_AFTER_MINUTES',
  unattributedPoints: 'PUSH_UNATTRIBUTED_POINTS',
  growthPercent: 'PUSH_GROWTH_PERCENT',
  shrinkPercent: 'PUSH_SHRINK_PERCENT',
  payoutPercent: 'PUSH_PAYOUT_PERCENT',
  comparedFrom: 'PUSH_COMPARED_FROM',
  iterationShrinkPercent: 'PUSH_ITERATION_SHRINK_PERCENT',
  iterationShrinkMinimum: 'PUSH_ITERATION_SHRINK_MINIMUM',
};

/** What the guards look at of a build. */
export interface GuardedBuild {
  readonly asOf: string;
  /** null: nobody knows. */
  readonly mirrorRefreshedAt: string | null;
  readonly conversions: number;
  readonly attributed: number;
}

/**
 * What is wrong with a build as a whole.
 *
 * @param previous the last push that was sent; null where there was none: then there is nothing to compare with.
 */
export function buildFindings(
  build: GuardedBuild,
  previous: PreviousPush | null,
  now: Date,
  limits: GuardLimits,
): GuardFinding[] {
  const present = instantFromDate(now);
  const found = [
    tooOld('BUILD_TOO_OLD', 'The build', build.asOf, present, limits, 'buildMinutes'),
    tooOld(
      'MIRROR_TOO_OLD',
      "The mirror of AdSuite's tables",
      build.mirrorRefreshedAt,
      present,
      limits,
      'mirrorMinutes',
    ),
  ];
  if (previous && previous.conversions >= limits.comparedFrom) {
    found.push(unattributedJumped(build, previous, limits), totalJumped(build, previous, limits));
  }
  return found.filter((finding) => finding !== null);
}

function tooOld(
  guard: GuardName,
  what: string,
  instant: string | null,
  present: string,
  limits: GuardLimits,
  limit: 'buildMinutes' | 'mirrorMinutes',
): GuardFinding | null {
  const accepted = `${acceptedAge(limits[limit])} (${guardVariables[limit]})`;
  if (instant === null) return finding(guard, `${what} is of unknown age; ${accepted}.`);
  const minutes = minutesOld(instant, present);
  if (minutes <= limits[limit]) return null;
  return finding(guard, `${what} is ${ageInWords(minutes)} old (${instant}); ${accepted}.`);
}

function unattributedJumped(build: GuardedBuild, previous: PreviousPush, limits: GuardLimits): GuardFinding | null {
  // A build without conversions has no share; that there are none is the next guard's.
  if (build.conversions === 0) return null;
  const [now, all] = [BigInt(build.conversions - build.attributed), BigInt(build.conversions)];
  const [before, allBefore] = [BigInt(previous.conversions - previous.attributed), BigInt(previous.conversions)];
  const points = BigInt(limits.unattributedPoints);
  if ((now * allBefore - before * all) * 100n <= points * all * allBefore) return null;
  return finding(
    'UNATTRIBUTED_SHARE_JUMPED',
    `${percent(now, all)} of all conversions have no iteration, after ${percent(before, allBefore)} at the last push ` +
      `(${previous.runId}); ${points} percentage points more are accepted (${guardVariables.unattributedPoints}).`,
  );
}

function totalJumped(build: GuardedBuild, previous: PreviousPush, limits: GuardLimits): GuardFinding | null {
  const grown = build.conversions - previous.conversions;
  const limit = grown > 0 ? 'growthPercent' : 'shrinkPercent';
  if (Math.abs(grown) * 100 <= limits[limit] * previous.conversions) return null;
  return finding(
    'TOTAL_JUMPED',
    `The build has ${build.conversions} conversions, after ${previous.conversions} at the last push ` +
      `(${previous.runId}); ${limits[limit]} % ${grown > 0 ? 'more' : 'fewer'} are accepted (${guardVariables[limit]}).`,
  );
}

const finding = (guard: GuardName, message: string): GuardFinding => ({ guard, message, iterationId: null });

/** With one digit after the point, for a person only. */
const percent = (part: bigint, all: bigint): string => `${(Number((part * 1000n) / all) / 10).toFixed(1)} %`;

/** What a build was compared with, for a person. */
export function comparison(previous: PreviousPush | null, { comparedFrom }: GuardLimits): string {
  if (previous === null) return 'Nothing was sent before, so there is nothing to compare the build with.';
  const push = `push ${previous.runId} (build ${previous.build.version})`;
  if (previous.conversions >= comparedFrom) return `The build is compared with ${push}.`;
  return `The build is not compared with ${push}, which had ${previous.conversions} conversions: fewer than ${comparedFrom} (${guardVariables.comparedFrom}).`;
}

/** The guards that see that something is wrong with the metrics, and not what. */
const isOfMetrics: ReadonlySet<GuardName> = new Set([
  'UNATTRIBUTED_SHARE_JUMPED',
  'TOTAL_JUMPED',
  'PAYOUT_JUMPED',
  'ITERATION_SHRANK',
]);

/** Why a push is refused, in one text; null where nothing was found. */
export function refusal(findings: readonly GuardFinding[]): string | null {
  if (findings.length === 0) return null;
  const reasons = findings.map(({ message }) => message).join(' ');
  const where = findings.some(({ guard }) => isOfMetrics.has(guard))
    ? ' What is behind it, dataQuality and attributionSummary may tell.'
    : '';
  return `${reasons}${where} To send all the same, say why: override: {reason: "…"}. The reason is kept with the run.`;
}
