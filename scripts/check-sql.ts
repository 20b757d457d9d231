/**
 * Lints every statement that the service sent during `npm test` (scripts/redshift-lint), and checks that the record is
 * complete: each query in src/db/warehouse/query-timeouts.ts was sent at least once. `--list` prints the rules.
 *
 * Exits with 1 on a finding or if a query is missing, which means that no test sends it or that no tests ran.
 */

import { querySeconds } from '../src/db/warehouse/query-timeouts.ts';
import { describeRules } from './redshift-lint/check.ts';
import { readRecord, reviewRecord } from './redshift-lint/record.ts';
import { rules } from './redshift-lint/rules/index.ts';

if (process.argv.includes('--list')) {
  console.log(describeRules());
} else {
  const { shapes, faults } = reviewRecord(readRecord(), Object.keys(querySeconds));
  for (const [name, count] of shapes) console.log(`${String(count).padStart(5)}  ${name}`);
  const statements = [...shapes.values()].reduce((sum, count) => sum + count, 0);
  console.log(`${statements} statements of ${shapes.size} queries checked with ${rules.length} rules`);
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
