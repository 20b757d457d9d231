import { errorChecks, type QualityFinding } from '../../src/domain/quality.ts';

/** The record of a build in which nothing was found. */
export const soundQuality: readonly QualityFinding[] = errorChecks.map((check) => ({
  ...{ check, severity: 'ERROR', count: 0 },
  subjects: [],
}));
