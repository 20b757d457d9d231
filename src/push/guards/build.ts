import { type GuardLimits, guardVariables } from '../../config/push.ts';
import { acceptedAge, ageInWords, minutesOld } from '../../domain/freshness.ts';
import { instantFromDate } from '../../domain/instant.ts';
import type { PreviousPush } from '../ledger.ts';
import type { GuardFinding, GuardName } from '../types.ts';

/** What the guards check of a build as a whole. */
export interface GuardedBuild {
  readonly asOf: string;
  /** null if unknown. */
  readonly mirrorRefreshedAt: string | null;
  readonly conversions: number;
  readonly attributed: number;
}

/**
 * Checks the age of a build, and compares its totals with the previous push.
 *
 * @param previous null if nothing was sent before; then nothing is compared.
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
  if (instant === null) return finding(guard, `${what} has an unknown age; ${accepted}.`);
  const minutes = minutesOld(instant, present);
  if (minutes <= limits[limit]) return null;
  return finding(guard, `${what} is ${ageInWords(minutes)} old (${instant}); ${accepted}.`);
}

function unattributedJumped(build: GuardedBuild, previous: PreviousPush, limits: GuardLimits): GuardFinding | null {
  const [now, all] = [BigInt(build.conversions - build.attributed), BigInt(build.conversions)];
  const [before, allBefore] = [BigInt(previous.conversions - previous.attributed), BigInt(previous.conversions)];
  const points = BigInt(limits.unattributedPoints);
  // A build without conversions has no share, and passes: 0 <= 0. The next guard detects it.
  if ((now * allBefore - before * all) * 100n <= points * all * allBefore) return null;
  return finding(
    'UNATTRIBUTED_SHARE_JUMPED',
    `${percent(now, all)} of all conversions have no iteration, up from ${percent(before, allBefore)} in the last push ` +
      `(${previous.runId}); the limit is ${points} percentage points more (${guardVariables.unattributedPoints}).`,
  );
}

function totalJumped(build: GuardedBuild, previous: PreviousPush, limits: GuardLimits): GuardFinding | null {
  const grown = build.conversions - previous.conversions;
  const limit = grown > 0 ? 'growthPercent' : 'shrinkPercent';
  if (Math.abs(grown) * 100 <= limits[limit] * previous.conversions) return null;
  return finding(
    'TOTAL_JUMPED',
    `The build has ${build.conversions} conversions; the last push (${previous.runId}) had ${previous.conversions}; ` +
      `the limit is ${limits[limit]} % ${grown > 0 ? 'more' : 'fewer'} (${guardVariables[limit]}).`,
  );
}

const finding = (guard: GuardName, message: string): GuardFinding => ({ guard, message, iterationId: null });

/** With one digit after the point, for display only. */
const percent = (part: bigint, all: bigint): string => `${(Number((part * 1000n) / all) / 10).toFixed(1)} %`;

/** What a build was compared with, for display. */
export function comparison(previous: PreviousPush | null, { comparedFrom }: GuardLimits): string {
  if (previous === null) return 'Nothing was sent before, so the build is not compared.';
  const push = `push ${previous.runId} (build ${previous.build.version})`;
  if (previous.conversions >= comparedFrom) return `The build is compared with ${push}.`;
  return `The build is not compared with ${push}: it had ${previous.conversions} conversions, fewer than ${comparedFrom} (${guardVariables.comparedFrom}).`;
}

/** Guards that detect a symptom in the metrics, but not its cause. */
const metricsGuards: ReadonlySet<GuardName> = new Set([
  'UNATTRIBUTED_SHARE_JUMPED',
  'TOTAL_JUMPED',
  'PAYOUT_JUMPED',
  'ITERATION_SHRANK',
]);

/** Why a push is refused, in one text; null without findings. */
export function refusalText(findings: readonly GuardFinding[]): string | null {
  if (findings.length === 0) return null;
  const reasons = findings.map(({ message }) => message).join(' ');
  const hint = findings.some(({ guard }) => metricsGuards.has(guard))
    ? ' dataQuality and attributionSummary may show the cause.'
    : '';
  return `${reasons}${hint} To send it anyway, give a reason: override: {reason: "…"}. The reason is kept with the run.`;
}
