import type { QualityFinding, QualitySubject } from '../db/warehouse/queries/quality.ts';
import { checks } from '../quality.ts';
import type { GuardFinding } from './types.ts';

/** What the checks found in a build; null: nobody looked. */
export type BuildQuality = readonly QualityFinding[] | null;

/** Each check of severity ERROR that found something; or that the build has no record. */
export function qualityFindings(quality: BuildQuality): GuardFinding[] {
  if (quality === null) return [{ guard: 'DATA_QUALITY', message: unrecorded, iterationId: null }];
  return quality.filter(({ severity, count }) => severity === 'ERROR' && count > 0).map(refusing);
}

/** The iterations of which the finding says that their created_at was edited. Beyond the first few it names none. */
export function namedAsEdited(quality: BuildQuality): ReadonlySet<string> {
  const found = quality?.find(({ check }) => check === 'CREATED_AT_EDITED');
  return new Set(found?.subjects.map(({ id }) => id));
}

const unrecorded =
  'The build has no record of data quality: nobody knows whether it is sound. Run the pipeline with the current models.';

function refusing({ check, count, subjects }: QualityFinding): GuardFinding {
  const { subject, meaning, cure } = checks[check];
  const kind = `${subject.toLowerCase()}${count === 1 ? '' : 's'}`;
  const more = count > subjects.length ? `, and ${count - subjects.length} more` : '';
  const [only] = subjects;
  return {
    guard: 'DATA_QUALITY',
    message: `${check} in ${count} ${kind}: ${subjects.map(inWords).join(', ')}${more}. ${meaning} ${cure}`,
    iterationId: subject === 'ITERATION' && count === 1 && only ? only.id : null,
  };
}

const inWords = ({ id, detail }: QualitySubject): string => (detail === null ? id : `${id} (${detail})`);
