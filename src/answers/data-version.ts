import { type BuildRow, tablesOf } from '../db/warehouse/queries/builds.ts';

/**
 * Identifies the data of a build; null if there is none, or if it shares tables with the next build: those change before that
 * one is served.
 */
export function dataVersionOf(build: BuildRow | null): string | null {
  const tables = build && tablesOf(build);
  return build === null || tables === null ? null : `${build.build_id} ${tables}`;
}
