import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { LocalError } from '../../local/errors.ts';
import type { SentStatement } from './statements.ts';

type Report = (line: string) => void;

interface Parsed {
  /** Each starts with the reason, and ends with the statement. */
  readonly faults: readonly string[];
  /** How many datediffs the statements without a fault have. */
  readonly datediffs: number;
}

/** Parses statements with sqlglot, in the environment of dbt. */
function parse(python: string, statements: readonly string[]): Parsed {
  const answer = execFileSync(python, [join(import.meta.dirname, 'parse_redshift.py')], {
    input: JSON.stringify(statements),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return JSON.parse(answer) as Parsed;
}

/**
 * Checks that sqlglot parses every statement as Redshift SQL, and that no datediff depends on the session's time zone.
 *
 * @throws {LocalError} with the others
 */
export function parseStatements(python: string, statements: readonly SentStatement[], report: Report): void {
  const { faults, datediffs } = parse(
    python,
    statements.map(({ sql }) => sql),
  );
  if (faults.length > 0) throw new LocalError(`sqlglot refuses statements:\n${faults.join('\n\n')}`);
  if (datediffs === 0) throw new LocalError('No statement has a datediff, so its time zone was not checked.');
  report(`  ${statements.length} distinct statements parsed by sqlglot as Redshift SQL, ${datediffs} datediffs in UTC`);
}

const inUtc = (column: string) => `(${column} at time zone 'UTC')`;

/** A statement of each kind, with the reason why it is a fault; null if it is none. */
const samples: readonly (readonly [sql: string, fault: RegExp | null])[] = [
  [`select datediff(hour, ${inUtc('a')}, ${inUtc('b')}) from t`, null],
  [`select datediff(hour, ${inUtc('a')}, b) from t`, /^DATEDIFF.* depends on the session's time zone/],
  [`select datediff(hour, a, ${inUtc('b')}) from t`, /^DATEDIFF.* depends on the session's time zone/],
  ["select datediff(hour, a at time zone 'EST', b at time zone 'EST') from t", /depends on the session's time zone/],
  ['select (1 from t', /^Expecting \)/],
  ['vacuum full t', /^sqlglot does not know this statement/],
];

/**
 * Checks parse_redshift.py itself: that it reports each kind of fault.
 *
 * @throws {LocalError} if it does not
 */
export function requireParserFindsFaults(python: string, report: Report): void {
  for (const [sql, expected] of samples) {
    const { faults } = parse(python, [sql]);
    const isRight = expected === null ? faults.length === 0 : faults.length === 1 && expected.test(faults[0] ?? '');
    if (isRight) continue;
    const found = faults.length === 0 ? 'no fault' : faults.join('\n');
    throw new LocalError(`parse_redshift.py must report ${expected ?? 'no fault'} for "${sql}". It reports: ${found}`);
  }
  report(`  parse_redshift.py reports the faults of ${samples.length} sample statements`);
}
