import { isDeepStrictEqual } from 'node:util';
import { errorCodes } from '../../src/errors.ts';
import type { Answer, Outcome } from './client.ts';

/** What an outcome says about the service. */
export type Verdict =
  /** The expected answer. */
  | { readonly kind: 'right' }
  /** A documented failure; `label` has its code and status. Some fields of a partial answer are right. */
  | { readonly kind: 'failed'; readonly label: string }
  | { readonly kind: 'disconnected' }
  | { readonly kind: 'wrong' | 'unexpected'; readonly label: string };

/** The statuses of failures that faults of the network and load may cause. */
const transientStatuses = ['429', '502', '503', '504'];
const transientCodes = new Set(
  Object.entries(errorCodes).flatMap(([code, meaning]) =>
    transientStatuses.includes(/HTTP (\d+)\.$/.exec(meaning)?.[1] ?? '') ? [code] : [],
  ),
);
const documentedStatus = (code: string): string => /HTTP ([^.]+)\.$/.exec(errorCodes[code as never] ?? '')?.[1] ?? '';

/**
 * Compares an outcome with the answer that was given without faults.
 *
 * @param expected the right data; null: any data is right.
 * @param isStopped whether the replica was stopped on purpose, so that it could not answer.
 * @param conflicts codes with another status that this operation may get.
 */
export function judge(
  outcome: Outcome,
  expected: unknown,
  isStopped: boolean,
  conflicts: readonly string[] = [],
): Verdict {
  if (outcome.kind === 'disconnected') return outcome;
  if (outcome.kind === 'no answer') {
    if (isStopped) return { kind: 'failed', label: `${outcome.code}, the replica was stopped` };
    return { kind: 'unexpected', label: outcome.code };
  }
  const { status, answer } = outcome;
  const codes = [...new Set((answer.errors ?? []).map(({ extensions }) => extensions.code))];
  const label = `${status} ${codes.join(', ')}`.trim();
  const areExpected = codes.every((code) => transientCodes.has(code) || conflicts.includes(code));
  if (!areExpected) return { kind: 'unexpected', label };
  if (status !== 200) {
    const isDocumented = codes.length > 0 && codes.every((code) => documentedStatus(code).includes(String(status)));
    return { kind: isDocumented ? 'failed' : 'unexpected', label };
  }
  if (expected !== null && !isPartOf(answer.data, expected, errorPaths(answer))) return { kind: 'wrong', label };
  return codes.length === 0 ? { kind: 'right' } : { kind: 'failed', label: `${label} (partial)` };
}

const errorPaths = ({ errors = [] }: Answer): readonly string[] => errors.map(({ path = [] }) => path.join('.'));

/** Whether data is equal to the expected data, except that fields with an error are null. */
function isPartOf(data: unknown, expected: unknown, failed: readonly string[], path = ''): boolean {
  if (failed.length === 0) return isDeepStrictEqual(data, expected);
  if (data === null && expected !== null) {
    // A field that is not nullable makes the nearest nullable one above it null.
    return failed.some((each) => each === path || path === '' || each.startsWith(`${path}.`));
  }
  if (typeof data !== 'object' || typeof expected !== 'object' || data === null || expected === null) {
    return data === expected;
  }
  const keys = Object.keys(data);
  return (
    keys.length === Object.keys(expected).length &&
    keys.every((key) =>
      isPartOf(data[key as never], expected[key as never], failed, path === '' ? key : `${path}.${key}`),
    )
  );
}
