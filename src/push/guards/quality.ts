import type { QualityFinding, QualitySubject } from '../../db/warehouse/queries/quality.ts';
import { checks, errorChecks, kindInWords } from '../../domain/quality.ts';
import type { GuardFinding } from '../types.ts';

/** What the checks found in a build; null: nobody looked. */
export type BuildQuality = readonly QualityFinding[] | null;

/** Each check of severity ERROR that found something, also one that this service does not know; or that nobody looked. */
export function qualityFindings(quality: BuildQuality): GuardFinding[] {
  if (quality === null) return [{ guard: 'DATA_QUALITY', message: unrecorded, iterationId: null }];
  const looked = new Set(quality.map(({ check }) => check));
  const missing = errorChecks.filter((check) => !looked.has(check));
  const found = quality.filter(({ severity, count }) => severity === 'ERROR' && count > 0).map(refusing);
  return missing.length > 0 ? [...found, notLooked(missing)] : found;
}

/** The iterations of which the finding says that their created_at was edited. Beyond the first few it names none. */
export function namedAsEdited(quality: BuildQuality): ReadonlySet<string> {
  const found = quality?.find(({ check }) => check === 'CREATED_AT_EDITED');
  return new Set(found?.subjects.map(({ id }) => id));
}

const unrecorded =
  'The build has no record of data quality: nobody knows whether it is sound. Its models are older than the checks, or it ' +
  'was made in parts (dbt retry). Make a new one with the current models (dbt build).';

const notLooked = (missing: readonly string[]): GuardFinding => ({
  guard: 'DATA_QUALITY',
  message: `Nobody looked for ${missing.join(', ')} in the build: its models are older than this service. Run the current ones.`,
  iterationId: null,
});

function refusing({ check, count, subjects }: QualityFinding): GuardFinding {
  // Models that are newer than this service may know more.
  const known = check in checks ? checks[check] : null;
  const kind = known ? kindInWords(known.subject, count) : 'subjects';
  const advice = known
    ? `${known.meaning} ${known.remedy}`
    : 'This service is too old to know the check; docs/attribution.md of the models does.';
  const more = count > subjects.length ? `, and ${count - subjects.length} more` : '';
  const [only] = subjects;
  return {
    guard: 'DATA_QUALITY',
    message: `${check} in ${count} ${kind}: ${subjects.map(inWords).join(', ')}${more}. ${advice}`,
    iterationId: known?.subject === 'ITERATION' && count === 1 && only ? only.id : null,
  };
}

const inWords = ({ id, detail }: QualitySubject): string => (detail === null ? id : `${id} (${detail})`);
