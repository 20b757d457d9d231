export interface StaleCounts {
  readonly retryOf: string | null;
  readonly build: { readonly version: number };
  readonly counts: { readonly accepted: number; readonly stale: number };
}

/**
 * Explains stale rows, for display; null if they are no problem. Rows of a retry may have been sent by a newer push. Any other
 * run sends the newest build, so AdSuite has versions that no build of this warehouse had.
 */
export function staleReason({ retryOf, build, counts }: StaleCounts): string | null {
  if (retryOf !== null || counts.stale === 0) return null;
  const rows = counts.stale === 1 ? '1 row' : `${counts.stale} rows`;
  const found = `AdSuite has newer versions of ${rows} than build number ${build.version}, the newest build here`;
  const remedy =
    'AdSuite accepts higher numbers only, and pushDrift shows its numbers (heldVersion). Continue attribution_builds from ' +
    'the highest, or reset AdSuite as well.';
  return counts.accepted === 0
    ? `${found}, and accepted nothing: build numbers were reset, or another service pushes too. ${remedy}`
    : `${found}: another service pushes too, or build numbers were reset. ${remedy}`;
}
