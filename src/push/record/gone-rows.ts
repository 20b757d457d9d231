import { compareIds } from '../../domain/ids.ts';
import type { RunRecord } from '../ledger.ts';
import { namedGoneIds, unknownIterationCode } from '../types.ts';

/** Says how many rows of a run are GONE, and what to do if the build has metrics of their iterations; null if none is GONE. */
export function goneReason({
  counts: { gone },
  goneWithValues,
}: {
  readonly counts: Pick<RunRecord['counts'], 'gone'>;
  readonly goneWithValues: readonly string[];
}): string | null {
  if (gone === 0) return null;
  const found = `AdSuite does not know ${gone === 1 ? '1 iteration' : `${gone} iterations`} (${unknownIterationCode})`;
  if (goneWithValues.length === 0) {
    return `${found}. The build has no clicks or conversions of ${gone === 1 ? 'it' : 'them'}: nothing is left to send.`;
  }
  const named = goneWithValues.toSorted(compareIds).slice(0, namedGoneIds);
  const others = goneWithValues.length > namedGoneIds ? ' and others' : '';
  const [which, exist, it] =
    named.length === 1 ? (['iteration', 'it exists', 'it'] as const) : (['iterations', 'they exist', 'them'] as const);
  return (
    `${found}. The build has metrics of ${which} ${named.join(', ')}${others}: check that ${exist} in AdSuite, and that ` +
    `ADSUITE_URL is the AdSuite whose tables the warehouse has. Each push sends ${it} again until AdSuite accepts ${it} or ` +
    `the build no longer has ${it}.`
  );
}
