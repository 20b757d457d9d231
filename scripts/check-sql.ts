/**
 * Checks every statement that the service sent while `npm test` ran with the guard in scripts/redshift-guard, and that
 * the record is whole: each query of src/db/warehouse/query-timeouts.ts was sent at least once. `--list` prints the rules.
 *
 * Exits with 1 on a finding, or where a query is not on record: no test sends it, or no tests ran.
 */
import { querySeconds } from '../src/db/warehouse/query-timeouts.ts';
import { readRecord } from './redshift-guard/record.ts';
import { describeRules, reviewRecord } from './redshift-guard/report.ts';
import { rules } from './redshift-guard/rules/index.ts';

if (process.argv.includes('--list')) {
  console.log(describeRules());
} else {
  const { shapes, faults } = reviewRecord(readRecord(), Object.keys(querySeconds));
  for (const [name, count] of shapes) console.log(`${String(count).padStart(5)}  ${name}`);
  const statements = [...shapes.values()].reduce((sum, count) => sum + count, 0);
  console.log(`${statements} statements of ${shapes.size} queries guarded with ${rules.length} rules`);
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
