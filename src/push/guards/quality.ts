import { checks, errorChecks, kindInWords, type QualityFinding, type QualitySubject } from '../../domain/quality.ts';
import type { BuildQuality } from '../plan/source.ts';
import type { GuardFinding } from '../types.ts';

/** A finding for each check of severity ERROR that failed (also a check that this service does not know) or was not run. */
export function qualityFindings(quality: BuildQuality): GuardFinding[] {
  if (quality === null) return [{ guard: 'DATA_QUALITY', message: unrecorded, iterationId: null }];
  const ran = new Set(quality.map(({ check }) => check));
  const missing = errorChecks.filter((check) => !ran.has(check));
  const found = quality.filter(({ severity, count }) => severity === 'ERROR' && count > 0).map(failed);
  return missing.length > 0 ? [...found, notRun(missing)] : found;
}

/** The iterations that the finding names as edited (created_at). It names only the first few. */
export function namedAsEdited(quality: BuildQuality): ReadonlySet<string> {
  const found = quality?.find(({ check }) => check === 'CREATED_AT_EDITED');
  return new Set(found?.subjects.map(({ id }) => id));
}

const unrecorded =
  'The build has no data-quality record, so it may be wrong. Its models are older than the checks, or it was completed in ' +
  'parts (dbt retry). Run dbt build with the current models.';

const notRun = (missing: readonly string[]): GuardFinding => ({
  guard: 'DATA_QUALITY',
  message: `The build was not checked for ${missing.join(', ')}: its dbt models are older than this service. Run the current models.`,
  iterationId: null,
});

function failed({ check, count, subjects }: QualityFinding): GuardFinding {
  // Models newer than this service may have more checks.
  const known = check in checks ? checks[check] : null;
  const kind = known ? kindInWords(known.subject, count) : 'subjects';
  const advice = known
    ? `${known.meaning} ${known.remedy}`
    : 'This service is older than the check; see docs/attribution.md of the dbt models.';
  const more = count > subjects.length ? `, and ${count - subjects.length} more` : '';
  const [only] = subjects;
  return {
    guard: 'DATA_QUALITY',
    message: `${check} in ${count} ${kind}: ${subjects.map(inWords).join(', ')}${more}. ${advice}`,
    iterationId: known?.subject === 'ITERATION' && count === 1 && only ? only.id : null,
  };
}

const inWords = ({ id, detail }: QualitySubject): string => (detail === null ? id : `${id} (${detail})`);
