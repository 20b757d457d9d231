/** What is looked at of a run. */
export interface StaleRun {
  readonly retryOf: string | null;
  readonly build: { readonly version: number };
  readonly counts: { readonly accepted: number; readonly stale: number };
}

/**
 * What it means that AdSuite called rows of a run stale, for a person; null where nothing is wrong. Rows of a retry may have
 * been overtaken. Those of any other run are of the newest build: AdSuite has what no build of this warehouse gave it.
 */
export function staleReason({ retryOf, build, counts }: StaleRun): string | null {
  if (retryOf !== null || counts.stale === 0) return null;
  const rows = counts.stale === 1 ? '1 row' : `${counts.stale} rows`;
  const found = `AdSuite has newer versions of ${rows} than build number ${build.version}, the newest one here`;
  const mend =
    'AdSuite takes higher numbers only, and pushDrift shows which it has (heldVersion). Let attribution_builds go on from ' +
    'the highest, or let AdSuite begin anew too.';
  return counts.accepted === 0
    ? `${found}, and accepted nothing: the builds are numbered anew, or somebody else pushes. ${mend}`
    : `${found}: somebody else pushes, or builds were numbered anew. ${mend}`;
}
