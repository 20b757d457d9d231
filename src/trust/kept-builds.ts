import { compareIds } from '../domain/ids.ts';

/** What decides whether the state of a build can be read. */
export interface NumberedBuild {
  readonly build_number: string;
  readonly history_since_build_number?: string | null;
}

/**
 * Whether the history has the state of a build: it began at or before it, and has not merged it away.
 *
 * @param newest the newest build, which says how far the history goes back now.
 */
export function isKept(build: NumberedBuild, newest: NumberedBuild): boolean {
  const since = newest.history_since_build_number ?? null;
  return since !== null && compareIds(build.build_number, since) >= 0;
}

/** The later one of two builds; the first if they are the same. */
export const laterBuild = <Build extends NumberedBuild>(one: Build, other: Build): Build =>
  compareIds(one.build_number, other.build_number) >= 0 ? one : other;
